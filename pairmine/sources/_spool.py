"""What is read, laid down in scratch files as it comes, so that memory holds one block a thread."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.errors import shown
from pairmine.kernels import gathering
from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.text_hashes import digest_playlists, hash_entries
from pairmine.schema import CATALOGUE
from pairmine.sources._dictionary import Dictionary
from pairmine.sources._records import Records, Reject

REJECTS_IN_MEMORY = 100_000

Number = TypeVar("Number", bound=np.generic)


class Spool:
    """Takes blocks of records from several threads; afterwards gives back what was laid down."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.dictionary = folder, Dictionary()
        self._files = {name: (folder / name).open("wb") for name in ("playlists", "entries", "positions", "texts")}
        self._entries = self._positions = self._texts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            with suppress(OSError):  # what did not fit on the disk does not fit now either
                file.close()

    def take(self, buffer: npt.NDArray[np.uint8], records: Records) -> None:
        """Lay down a block's records; the buffer's texts are no longer needed then."""
        playlists, entries, _ = records.counts.tolist()
        if playlists == 0:
            return
        rows = records.playlists[:playlists]
        hashes = np.empty(2 * entries, np.uint64)
        hash_entries(buffer, records.spans, records.durations, entries, hashes)
        digest_playlists(buffer, rows, records.positions, hashes, playlists)
        texts = np.empty(gathering.playlist_text_bytes(rows), np.uint8)
        gathering.take_playlist_texts(buffer, rows, texts)
        positions = gathering.take_positions(rows, records.positions)
        with self.dictionary.lock:
            numbers = self.dictionary.numbers(buffer, records, hashes)
            gathering.shift_places(rows, self._entries, self._positions, self._texts)
            self._append(playlists=rows, entries=numbers, positions=positions, texts=texts)
            self._entries += entries
            self._positions += positions.size
            self._texts += texts.size

    def _append(self, **arrays: npt.NDArray[np.generic]) -> None:
        for name, array in arrays.items():
            self._files[name].write(array.data)

    def finish(self) -> None:
        """Close the scratch files; from now on they can be read."""
        for file in self._files.values():
            file.close()
        self.dictionary.finish()

    def read(self, name: str, dtype: type[Number]) -> npt.NDArray[Number]:
        """Return a scratch file as an array; its pages are the system's, not ours."""
        path = self.folder / name
        if path.stat().st_size == 0:
            return np.zeros(0, dtype)
        return np.memmap(path, dtype, "r")

    def playlists(self) -> npt.NDArray[np.int64]:
        """Return the rows of all playlists, in the order they came."""
        return self.read("playlists", np.int64).reshape(-1, layout.PLAYLIST_COLUMNS)


class Rejects:
    """All rejects of a source, sorted at the end; beyond some number they wait on disk."""

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._folder, self._lock = folder, threading.Lock()
        self._rows: list[tuple[str, int, str, str]] = []
        self._first: tuple[str, int, str, str] | None = None
        self._parts = 0

    def add(self, file: str, reject: Reject) -> None:
        """Take up a reject of an input file."""
        with self._lock:
            self.counts[reject.unit] += 1
            row = file, reject.position, reject.reason, reject.excerpt
            self._rows.append(row)
            self._first = row if self._first is None else min(self._first, row)
            if len(self._rows) >= REJECTS_IN_MEMORY:
                pq.write_table(self._table(), self._folder / f"rejects-{self._parts}.parquet")
                self._rows, self._parts = [], self._parts + 1

    def example(self, where: str = "byte") -> str:
        """Return the first of the rejects in words, nothing if there is none; `where` is what positions count."""
        if self._first is None:
            return ""
        file, position, reason, _ = self._first
        return f"{shown(file)}, {where} {position}: {reason}"

    def _table(self) -> pa.Table:
        schema = CATALOGUE["rejects"].arrow
        columns = zip(*sorted(self._rows), strict=True) if self._rows else [[] for _ in schema]
        return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)

    def sorted(self) -> Iterator[pa.Table]:
        """Yield all rejects by file, position, reason and excerpt."""
        if not self._parts:
            yield self._table()
            return
        pq.write_table(self._table(), self._folder / f"rejects-{self._parts}.parquet")
        rejects = engine.connect(self._folder).read_parquet(str(self._folder / "rejects-*.parquet"))
        for batch in rejects.order("file, position, reason, excerpt").to_arrow_reader(REJECTS_IN_MEMORY):
            yield pa.Table.from_batches([batch])
