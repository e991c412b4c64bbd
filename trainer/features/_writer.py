"""Write a feature store: shard after shard beside its place, renamed when whole; a killed run is continued."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine import making, store
from pairmine.errors import InputError
from pairmine.schema import CATALOGUE
from trainer.features.store import INDEX, INDEX_SCHEMA, REJECTS, shard_name

Values = npt.NDArray[np.float16] | npt.NDArray[np.int16]

SHARD_BYTES = 1 << 30  # a shard is closed by the track that takes it there


class Writer:
    """The store in the making. What it is given must come in the same order in every run.

    `inputs` is how many inputs the finished shards of an interrupted run account for: go on behind them.
    """

    def __init__(self, partial: Path, bands: int) -> None:
        self.partial, self._bands = partial, bands
        self._records: list[dict[str, Any]] = []
        while (record := _record(partial, len(self._records))) is not None:
            self._records.append(record)
        self.inputs = sum(record["inputs"] for record in self._records)
        self._file: BinaryIO | None = None
        self._begin()

    def _begin(self) -> None:
        self._now: dict[str, Any] = {"inputs": 0, "keys": [], "frames": [], "rejects": []}

    def add(self, key: str, mel: Values) -> None:
        """Add the next track, (frames, bands), of the type of all others: float16, or int16 of waveforms."""
        if self._file is None:
            self._file = (self.partial / f"{shard_name(len(self._records))}.tmp").open("wb")
            self._type = mel.dtype.newbyteorder("<").str
            _write_header(self._file, self._type, 0, self._bands)
        self._file.write(np.ascontiguousarray(mel).data)
        self._now["inputs"] += 1
        self._now["keys"].append(key)
        self._now["frames"].append(len(mel))
        if self._file.tell() >= SHARD_BYTES:
            self._close_shard()

    def reject(self, file: str, position: int, reason: str, excerpt: str) -> None:
        """Put the next input among the rejects."""
        self._now["inputs"] += 1
        self._now["rejects"].append([file, position, reason, excerpt])

    def _close_shard(self) -> None:
        """Make the shard in the making a finished one; its record says so."""
        assert self._file is not None
        name = shard_name(len(self._records))
        self._file.seek(0)
        _write_header(self._file, self._type, sum(self._now["frames"]), self._bands)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        temporary, path = self.partial / f"{name}.tmp", self.partial / name
        entry = store.FileEntry(name, sum(self._now["frames"]), temporary.stat().st_size, store.sha256(temporary))
        temporary.replace(path)
        self._now["file"] = asdict(entry)
        store.write_bytes(self.partial / f"{name}.json", json.dumps(self._now).encode())
        self._records.append(self._now)
        self._begin()

    def close(self) -> None:
        """Let go of the shard in the making."""
        if self._file is not None:
            self._file.close()

    def commit(self, final: Path, content: dict[str, Any]) -> dict[str, Any]:
        """Write index, rejects and manifest, and put the store in its place; return the manifest.

        Raises:
            InputError: not one track was added.
        """
        if self._file is not None:
            self._close_shard()
        rejects = [reject for record in (*self._records, self._now) for reject in record["rejects"]]
        if not self._records:
            example = f"; {rejects[0][0]}: {rejects[0][2]}" if rejects else ""
            raise InputError(f"nothing could be read: {len(rejects):,} rejected{example}: no features were written")
        index = self._index()
        files = [store.FileEntry(**record["file"]) for record in self._records]
        files.append(store.write_parquet(self.partial, INDEX, index))
        files.append(store.write_parquet(self.partial, REJECTS, rejects_table(rejects)))
        for record in (self.partial / making.REQUEST, *self.partial.glob("shard-*.json")):
            record.unlink()
        facts = {"tracks": index.num_rows, "frames": sum(map(sum, self._lengths())), "rejects": len(rejects)}
        manifest = store.write_manifest(self.partial, {**content, "shards": len(self._records), **facts}, files)
        store.publish(self.partial, final)
        return manifest

    def _lengths(self) -> list[list[int]]:
        return [record["frames"] for record in self._records]

    def _index(self) -> pa.Table:
        lengths = self._lengths()
        first = [np.cumsum([0, *frames[:-1]]) for frames in lengths]
        columns = [
            [key for record in self._records for key in record["keys"]],
            np.repeat(np.arange(len(lengths)), [len(frames) for frames in lengths]),
            np.concatenate(first),
            np.concatenate(lengths),
        ]
        arrays = [pa.array(column).cast(field.type) for column, field in zip(columns, INDEX_SCHEMA, strict=True)]
        return pa.table(arrays, INDEX_SCHEMA)


def _record(partial: Path, number: int) -> dict[str, Any] | None:
    """Return the record of a finished shard, None if it is not finished."""
    name = shard_name(number)
    try:
        record: dict[str, Any] = json.loads((partial / f"{name}.json").read_bytes())
        whole = (partial / name).stat().st_size == record["file"]["bytes"]
    except (FileNotFoundError, ValueError):
        return None
    return record if whole else None


def _write_header(file: BinaryIO, type_: str, frames: int, bands: int) -> None:
    """Write the header of a .npy file, which is 128 bytes for any number of frames."""
    header = {"descr": type_, "fortran_order": False, "shape": (frames, bands)}
    np.lib.format.write_array_header_1_0(file, header)


def rejects_table(rows: list[list[Any]]) -> pa.Table:
    """Return the table of what was not taken: file, position, reason, excerpt; in order."""
    schema = CATALOGUE["rejects"].arrow
    columns = zip(*sorted(rows), strict=True) if rows else [[] for _ in schema]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def already_there(final: Path, request: dict[str, Any], force: bool) -> bool:
    """Tell whether the store asked for is there already; with `force` it never is, but only a store may be replaced.

    Raises:
        UsageError: another store is there, or something that is none.
    """
    return making.already_there(final, request, force, what="feature store", option="--name")


@contextmanager
def writer(final: Path, request: dict[str, Any], force: bool) -> Iterator[Writer]:
    """Open a writer beside `final`; what an interrupted run of the same request finished is kept.

    Raises:
        UsageError: another run writes this store.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with store.claim(final.with_name(final.name + ".partial")) as partial, making.continuing(partial, request):
        opened = Writer(partial, request["front_end"]["bands"])
        try:
            yield opened
        finally:
            opened.close()
