"""The tables of a Discogs dump as they were written: where their parts lie, and their rows as arrays."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.schema import CATALOGUE, DUMP
from pairmine.sources._arrow import array

Int32s = npt.NDArray[np.int32]

MEMORY = "1500MB"  # beyond it DuckDB spills


class Dump:
    """The `dump_*` tables below a folder; those that are not there are empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def parts(self, name: str) -> list[Path]:
        """Return the part files of a table, in order; `name` is without `dump_`."""
        return sorted((self._folder / f"dump_{name}").glob("part-*.parquet"))

    def rows(self, name: str) -> int:
        """Return how many rows a table has."""
        return sum(pq.read_metadata(path).num_rows for path in self.parts(name))

    def numbers(self, name: str, *columns: str) -> list[Int32s]:
        """Return int32 columns of a table, null as −1."""
        whole, first = [np.empty(self.rows(name), np.int32) for _ in columns], 0
        for path in self.parts(name):
            part = pq.read_table(path, columns=list(columns), partitioning=None)
            for values, column in zip(whole, columns, strict=True):
                values[first : first + part.num_rows] = part.column(column).fill_null(-1).to_numpy()
            first += part.num_rows
        return whole

    def tags(self) -> Iterator[tuple[Int32s, pa.DictionaryArray, pa.DictionaryArray]]:
        """Yield releases, kinds and tags of the releases' genres and styles, one part at a time."""
        for path in self.parts("release_tags"):
            part = pq.read_table(path, columns=["release", "kind", "tag"], partitioning=None)
            kinds, tags = (array(part, name).dictionary_encode() for name in ("kind", "tag"))
            yield array(part, "release").to_numpy(), kinds, tags

    def row_groups(self, name: str, columns: list[str]) -> Iterator[pa.Table]:
        """Yield the rows of a table as they stand, one row group at a time."""
        for path in self.parts(name):
            with pq.ParquetFile(path) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, columns=columns, use_threads=False)

    def sample(self, name: str, columns: list[str], groups: int, rows: int) -> Iterator[pa.Table]:
        """Yield the first rows of about so many row groups, which lie evenly in a table."""
        places = [(path, group) for path in self.parts(name) for group in range(pq.read_metadata(path).num_row_groups)]
        for path, group in places[:: max(len(places) // groups, 1)]:
            with pq.ParquetFile(path) as file:
                yield file.read_row_group(group, columns=columns).slice(0, rows)

    def open(self, spill: Path, threads: int | None) -> duckdb.DuckDBPyConnection:
        """Open a connection in which the tables go by their names."""
        connection = engine.connect(spill, threads)
        connection.execute(f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        for table in DUMP:
            paths = [str(path) for path in self.parts(table.name.removeprefix("dump_"))]
            if paths:
                connection.read_parquet(paths, hive_partitioning=False).create_view(table.name)
            else:
                connection.register(table.name, CATALOGUE[table.name].arrow.empty_table())
        return connection
