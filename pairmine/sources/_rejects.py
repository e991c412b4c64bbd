"""What of a source was not taken: counted, and laid down on disk when there is much of it."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.errors import shown
from pairmine.schema import CATALOGUE
from pairmine.sources._records import Reject
from pairmine.sources._rows import NO_COUNT

REJECTS_IN_MEMORY = 100_000


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

    def hint(self) -> str:
        """Return the first reject of a table's rows, and how to mend it if it is a count, for the end of a message."""
        if self._first is None:
            return ""
        mend = ": `--no-count` takes each row once, whatever its count" if self._first[2] == NO_COUNT else ""
        return f"; {self.example('row')}{mend}"

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
        with engine.connect(self._folder) as connection:
            rejects = connection.read_parquet(str(self._folder / "rejects-*.parquet"))
            for batch in rejects.order("file, position, reason, excerpt").to_arrow_reader(REJECTS_IN_MEMORY):
                yield pa.Table.from_batches([batch])
