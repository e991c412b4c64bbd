"""Parts of a table that do not depend on the pieces it comes in."""

from collections.abc import Iterable

import pyarrow as pa

from pairmine.catalogue import Writer
from pairmine.schema import CATALOGUE

TEXT_PART_ROWS, NUMBER_PART_ROWS = 1_000_000, 4_000_000


class Parts:
    """Takes rows in pieces and writes them in parts of one size; a table without rows is one empty part."""

    def __init__(self, writer: Writer, name: str) -> None:
        self._writer, self._name = writer, name
        self._schema = CATALOGUE[name].arrow
        texts = any(pa.types.is_string(field.type) for field in self._schema)
        self._size = TEXT_PART_ROWS if texts else NUMBER_PART_ROWS
        self._waiting: list[pa.Table] = []
        self._rows = self._written = 0

    def add(self, table: pa.Table) -> None:
        """Take the next rows."""
        self._waiting.append(table)
        self._rows += table.num_rows
        while self._rows >= self._size:
            self._write(self._size)

    def finish(self) -> None:
        """Write what is left."""
        if self._rows or not self._written:
            self._write(self._rows)

    def _write(self, rows: int) -> None:
        table = pa.concat_tables(self._waiting) if self._waiting else self._schema.empty_table()
        self._writer.append(self._name, table.slice(0, rows))
        self._waiting = [table.slice(rows)]
        self._rows -= rows
        self._written += 1


def write_parts(writer: Writer, name: str, tables: Iterable[pa.Table]) -> None:
    """Write a table that comes in pieces."""
    parts = Parts(writer, name)
    for table in tables:
        parts.add(table)
    parts.finish()
