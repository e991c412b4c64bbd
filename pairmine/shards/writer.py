"""Write a pair set: beside its place, epoch by epoch, renamed when whole; a killed run is continued."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import __version__, store
from pairmine.errors import DamagedError, PairmineError, UsageError
from pairmine.kernels.matching import Matches
from pairmine.schema import PAIR_TABLES, PAIRS

REQUEST = "request.json"
PART_ROWS = 1_000_000


class Writer:
    """The set in the making. `write_epoch` may be called from several threads, for different epochs."""

    def __init__(self, partial: Path, request: dict[str, Any]):
        self.partial, self._request = partial, request
        self._files: list[store.FileEntry] = []
        self._epochs: dict[int, int] = {}

    def finished(self, epoch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Take over an epoch an interrupted run finished; return its anchors, positives and vias, or None."""
        folder, record = self.partial / _epoch_name(epoch), self.partial / _record_name(epoch)
        if not (folder.is_dir() and record.is_file()):
            return None
        entries = [store.FileEntry(**entry) for entry in json.loads(record.read_bytes())]
        if any(store.damages(self.partial, {"files": [asdict(entry) for entry in entries]})):
            return None
        table = read_parts(folder)
        self._keep(epoch, entries)
        return tuple(table.column(name).fill_null(-1).to_numpy() for name in ("anchor", "positive", "via"))

    def _keep(self, epoch: int, entries: list[store.FileEntry]) -> None:
        self._files += entries
        self._epochs[epoch] = sum(entry.rows for entry in entries)

    def write_epoch(self, epoch: int, matches: Matches) -> None:
        """Write one epoch, its rows in the order given; it is there whole or not at all."""
        name = _epoch_name(epoch)
        temporary = self.partial / f"{name}.tmp"
        table = pa.table(
            [
                matches.anchor,
                matches.positive,
                pa.array(matches.via, pa.int32(), mask=matches.via < 0),
                matches.score,
            ],
            schema=PAIRS.arrow,
        )
        starts = range(0, max(table.num_rows, 1), PART_ROWS)
        entries = [
            store.write_parquet(temporary, f"part-{number:05d}.parquet", table.slice(start, PART_ROWS))
            for number, start in enumerate(starts)
        ]
        store.sync_folder(temporary)
        final = self.partial / name
        if final.exists():
            store.remove(final)
        temporary.rename(final)
        entries = [store.FileEntry(f"{name}/{e.path}", e.rows, e.bytes, e.sha256) for e in entries]
        store.write_bytes(self.partial / _record_name(epoch), json.dumps([asdict(e) for e in entries]).encode())
        self._keep(epoch, entries)

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write `tracks.parquet`, `vias.parquet`, …"""
        table = table.cast(PAIR_TABLES[name].arrow)
        self._files.append(store.write_parquet(self.partial, f"{name}.parquet", table))

    def commit(self, final: Path) -> dict[str, Any]:
        """Write the manifest and put the set in its place; return the manifest."""
        for record in (self.partial / REQUEST, *self.partial.glob("epoch=*.json")):
            record.unlink()
        epochs = [{"epoch": epoch, "pairs": pairs} for epoch, pairs in sorted(self._epochs.items())]
        manifest = store.write_manifest(self.partial, {**self._request, "pairs": epochs}, self._files)
        store.publish(self.partial, final)
        return manifest


def _epoch_name(epoch: int) -> str:
    return f"epoch={epoch:04d}"


def _record_name(epoch: int) -> str:
    """Return the name of the file that says, while the set is in the making, what a finished epoch holds."""
    return f"{_epoch_name(epoch)}.json"


def read_parts(folder: Path) -> pa.Table:
    """Read the part files of one epoch, in order."""
    return pa.concat_tables([pq.ParquetFile(path).read() for path in sorted(folder.glob("*.parquet"))])


def request(**content: Any) -> dict[str, Any]:
    """Return what a pair set is asked to be; its manifest begins with it."""
    return {"pairmine_version": __version__, **content}


def already_there(final: Path, wanted: dict[str, Any], force: bool) -> bool:
    """Tell whether the set asked for is there already; with `force` it never is, but only a set may be replaced.

    Raises:
        UsageError: another set is there, or something that is no set.
    """
    if not final.exists():
        return False
    if not (final / store.MANIFEST).is_file():
        raise UsageError(f"{final} exists and is no pair set: name another --out")
    if force:
        return False
    try:
        manifest = store.read_manifest(final)
    except DamagedError as error:
        raise UsageError(f"{error}; --force replaces it") from None
    different = [name for name in wanted if manifest.get(name) != wanted[name]]
    if not different:
        return True
    raise UsageError(
        f"{final} holds a set that differs in {', '.join(different)}: name another --out, or replace it with --force"
    )


@contextmanager
def writer(final: Path, wanted: dict[str, Any], force: bool) -> Iterator[Writer]:
    """Open a writer beside `final`; what an interrupted run of the same request left is kept.

    Raises:
        UsageError: another run writes this set, or has just written one there.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with store.claim(final.with_name(final.name + ".partial")) as partial:
        if already_there(final, wanted, force):
            partial.rmdir()
            raise UsageError(f"another run has just written {final}: there is nothing left to do")
        asked = (json.dumps(wanted, indent=1, sort_keys=True) + "\n").encode()
        file = partial / REQUEST
        if not file.exists() or file.read_bytes() != asked:
            store.clear(partial)
            store.write_bytes(file, asked)
        for scrap in partial.glob("*.tmp"):
            store.remove(scrap)
        try:
            yield Writer(partial, wanted)
        except PairmineError:  # the same request would fail again: there is nothing to continue
            store.clear(partial)
            partial.rmdir()
            raise
