"""Write a pair set: beside its place, epoch by epoch, renamed when whole; a killed run is continued."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import __version__, making, store
from pairmine.errors import UsageError
from pairmine.kernels.matching import Matches
from pairmine.schema import EPOCH_PART_ROWS, EPOCHS, pair_table


class Writer:
    """The set in the making. `write_epoch` may be called from several threads, for different epochs."""

    def __init__(self, partial: Path, request: dict[str, Any]):
        self.partial, self._request = partial, request
        self._files: list[store.FileEntry] = []
        self._epochs: dict[int, dict[str, int]] = {}
        self._columns = EPOCHS[request["kind"]].arrow

    def finished(self, epoch: int) -> Matches | None:
        """Take over an epoch an interrupted run finished and return it, or None."""
        folder, record = self.partial / _epoch_name(epoch), self.partial / _record_name(epoch)
        if not (folder.is_dir() and record.is_file()):
            return None
        told = json.loads(record.read_bytes())
        entries = [store.FileEntry(**entry) for entry in told["files"]]
        if any(store.damages(self.partial, {"files": [asdict(entry) for entry in entries]})):
            return None
        table = read_parts(folder)
        self._keep(epoch, entries, told["facts"])
        return Matches(*(table.column(name).fill_null(-1).to_numpy() for name in self._columns.names))

    def _keep(self, epoch: int, entries: list[store.FileEntry], facts: dict[str, int]) -> None:
        self._files += entries
        self._epochs[epoch] = {"epoch": epoch, "pairs": sum(entry.rows for entry in entries), **facts}

    def write_epoch(self, epoch: int, matches: Matches, facts: dict[str, int]) -> None:
        """Write one epoch, its rows in the order given; it is there whole or not at all. `facts` go to the manifest."""
        name = _epoch_name(epoch)
        temporary = self.partial / f"{name}.tmp"
        columns = matches._asdict() | {"via": pa.array(matches.via, pa.int32(), mask=matches.via < 0)}
        table = pa.table([columns[name] for name in self._columns.names], schema=self._columns)
        starts = range(0, max(table.num_rows, 1), EPOCH_PART_ROWS)
        entries = [
            store.write_parquet(temporary, f"part-{number:05d}.parquet", table.slice(start, EPOCH_PART_ROWS))
            for number, start in enumerate(starts)
        ]
        store.sync_folder(temporary)
        final = self.partial / name
        if final.exists():
            store.remove(final)
        temporary.rename(final)
        entries = [store.FileEntry(f"{name}/{e.path}", e.rows, e.bytes, e.sha256) for e in entries]
        told = {"files": [asdict(entry) for entry in entries], "facts": facts}
        store.write_bytes(self.partial / _record_name(epoch), json.dumps(told).encode())
        self._keep(epoch, entries, facts)

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write `tracks.parquet`, `vias.parquet`, …"""
        known = pair_table(name, self._request["kind"], table.schema)
        if known is None:
            raise ValueError(f"{name} is no table of a pair set")
        table = table.select(known.arrow.names).cast(known.arrow)
        self._files.append(store.write_parquet(self.partial, f"{name}.parquet", table))

    def epochs(self) -> list[dict[str, int]]:
        """Return what the manifest will say of each epoch written so far."""
        return [told for _, told in sorted(self._epochs.items())]

    def commit(self, final: Path, facts: dict[str, int]) -> dict[str, Any]:
        """Write the manifest, with figures of the set, and put the set in its place; return the manifest."""
        for record in (self.partial / making.REQUEST, *self.partial.glob("epoch=*.json")):
            record.unlink()
        content = {**self._request, "facts": facts, "pairs": self.epochs()}
        manifest = store.write_manifest(self.partial, content, self._files)
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
    return making.already_there(final, wanted, force, what="pair set", option="--out")


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
        with making.continuing(partial, wanted):
            yield Writer(partial, wanted)
