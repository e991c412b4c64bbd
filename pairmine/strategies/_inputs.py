"""What strategies read: groups of tracks, by the native loader or by the SQL of the strategy; and what they give."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.errors import MissingError
from pairmine.kernels.groups import Groups, distinct, grouped, transposed
from pairmine.kernels.matching import Matches
from pairmine.kernels.topk import Neighbours
from pairmine.registry import check_name
from pairmine.strategies._parameters import Parameters

ENGINES = ("native", "duckdb")

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Prepared:
    """What a strategy has ready: how to draw an epoch, tables of its own beside, and figures for the manifest."""

    draw: Callable[[int], Matches]
    tables: dict[str, pa.Table] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)


class Inputs:
    """One source as strategies see it: its tables by SQL, its groups as arrays.

    `excluded` are the tracks that may not appear, `in_other_splits` those of them that another split may have; `names`
    is the table by which those that do appear are called.
    """

    def __init__(self, workspace: Path, source: str, engine_name: str = "native", threads: int | None = None):
        check_name("engine", engine_name, ENGINES)
        self.folder = engine.source_folder(workspace, source)
        self.connection = engine.open_source(workspace, source, threads)
        self.source, self.engine, self.threads = source, engine_name, threads
        self.tracks = self.rows("tracks")
        self.excluded = self.in_other_splits = np.empty(0, np.int32)
        self.names = "tracks"

    def table(self, query: str) -> pa.Table:
        """Return the rows of a query."""
        return self.connection.sql(query).to_arrow_table()

    def sql(self, name: str, parameters: Parameters, **variables: Any) -> pa.Table:
        """Run `sql/strategies/<name>.sql` with these parameters."""
        common = {"max_playlist_length": parameters.max_playlist_length, "min_group": parameters.min_group}
        engine.set_variables(self.connection, common | variables)
        self.connection.register("left_out", pa.table({"track_id": self.excluded}))
        self.connection.execute("set variable excluded = (select coalesce(list(track_id), []) from left_out)")
        return self.table(engine.statement(f"strategies/{name}"))

    @cached_property
    def kept(self) -> npt.NDArray[np.bool_]:
        """One flag a track: whether it may appear."""
        kept = np.ones(self.tracks, np.bool_)
        kept[self.excluded] = False
        return kept

    def playlists(self, parameters: Parameters) -> Groups:
        """Return each playlist's distinct kept tracks; playlists that are too long are empty."""
        self.require("playlist_tracks", "playlists")
        if self.engine == "duckdb":
            return self._sql_groups("co", "playlists", parameters)
        groups = self._stored_groups("playlist_tracks", "playlist_id", "playlists")
        return distinct(groups, self.kept, parameters.max_playlist_length)

    def groups(self, of: str, parameters: Parameters) -> Groups:
        """Return each release's, artist's or label's distinct kept tracks, ascending; groups too small are empty."""
        self.require(f"track_{of}s")
        if self.engine == "duckdb":
            return self._sql_groups(of, f"{of}s", parameters)
        return distinct(self._relation(of), self.kept, min_size=parameters.min_group)

    def attached(self, of: str) -> Groups:
        """Return the ids of each kept track's releases, artists or labels, ascending."""
        return transposed(self.groups(of, Parameters()), self.tracks)

    @staticmethod
    def neighbours(rows: pa.Table, of: str, neighbour: str, count: int, parameters: Parameters) -> Neighbours:
        """Return the rows (of, rank, neighbour, score) of a top-k query as arrays for ids 0 … count − 1."""
        shape = (count, parameters.top_k)
        ids, scores = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
        place = rows.column(of).to_numpy(), rows.column("rank").to_numpy() - 1
        ids[place] = rows.column(neighbour).to_numpy()
        scores[place] = rows.column("score").to_numpy()
        return Neighbours(ids, scores)

    def require(self, *tables: str) -> None:
        """Raise MissingError unless the source has these tables."""
        for table in tables:
            if not (self.folder / table).is_dir():
                raise MissingError(
                    f"source {self.source!r} has no table {table}: ingest one that has, or choose another strategy"
                )

    def rows(self, table: str) -> int:
        """Return the rows of a table of the source."""
        self.require(table)
        return int(self.table(f"select count(*) from {engine.identifier(table)}").column(0)[0].as_py())

    def _sql_groups(self, name: str, table: str, parameters: Parameters) -> Groups:
        rows = self.sql(name, parameters)
        return grouped(rows.column("group_id").to_numpy(), rows.column("track_id").to_numpy(), self.rows(table))

    def _stored_groups(self, table: str, group: str, groups: str) -> Groups:
        """Read a table that is stored in the order of its groups, part by part."""
        members = np.empty(self._stored_rows(table), np.int32)
        sizes = np.zeros(self.rows(groups), np.int64)
        done = 0
        for ids, tracks in self._parts(table, group, "track_id"):
            members[done : done + tracks.size] = tracks
            sizes += np.bincount(ids, minlength=sizes.size)
            done += tracks.size
        return Groups(np.concatenate(([0], np.cumsum(sizes))), members)

    def _relation(self, of: str) -> Groups:
        """Read a track's releases, artists or labels as groups of ascending tracks, whatever the order of rows."""
        table = f"track_{of}s"
        of_track = grouped(self._column(table, "track_id"), self._column(table, f"{of}_id"), self.tracks)
        return transposed(of_track, self.rows(f"{of}s"))

    def _column(self, table: str, name: str) -> Ids:
        """Read a column of ids, part by part into memory for all."""
        column = np.empty(self._stored_rows(table), np.int32)
        done = 0
        for (values,) in self._parts(table, name):
            column[done : done + values.size] = values
            done += values.size
        return column

    def _parts(self, table: str, *names: str) -> Iterator[list[Ids]]:
        """Yield columns of each part file of a table."""
        for path in sorted((self.folder / table).glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                rows = file.read(list(names))
            yield [rows.column(name).to_numpy() for name in names]

    def _stored_rows(self, table: str) -> int:
        return sum(pq.read_metadata(path).num_rows for path in (self.folder / table).glob("*.parquet"))


def evidence(rule: ModuleType, inputs: Inputs, parameters: Parameters) -> dict[str, pa.Table]:
    """Return the tables that the checks of a strategy need beyond the catalogue: none unless it says so."""
    tables: dict[str, pa.Table] = rule.evidence(inputs, parameters) if hasattr(rule, "evidence") else {}
    return tables
