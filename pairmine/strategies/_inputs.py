"""What strategies read: parameters, and groups of tracks by the native loader or by the SQL of the strategy."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.errors import MissingError, UsageError
from pairmine.kernels.groups import Groups, distinct
from pairmine.kernels.matching import Matches
from pairmine.kernels.topk import SCORES, TIES
from pairmine.registry import check_name

Draw = Callable[[int], Matches]
ENGINES = ("native", "duckdb")


@dataclass(frozen=True)
class Parameters:
    """What makes one pair set differ from another; written into its manifest."""

    seed: int = 0
    top_k: int = 10
    min_count: int = 1
    max_playlist_length: int | None = None
    score: str = "count"
    ties: str = "rarer"

    def heeded(self, options: frozenset[str], strategy: str) -> dict[str, Any]:
        """Return the parameters a strategy heeds.

        Raises:
            UsageError: a value is impossible, or one was given that the strategy does not heed.
        """
        longest = self.max_playlist_length
        if self.top_k < 1 or self.min_count < 1 or (longest is not None and longest < 2):
            raise UsageError("--top-k and --min-count start at 1, --max-playlist-length at 2")
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"--seed {self.seed}: give a number from 0 to {2**63 - 1}")
        check_name("score", self.score, SCORES)
        check_name("tie rule", self.ties, TIES)
        values, defaults = asdict(self), asdict(Parameters())
        for name, value in values.items():
            if name not in options | {"seed"} and value != defaults[name]:
                raise UsageError(f"--{name.replace('_', '-')} means nothing to strategy {strategy}: leave it out")
        return {name: value for name, value in values.items() if name in options | {"seed"}}


class Inputs:
    """One source as strategies see it: its tables by SQL, its groups as arrays."""

    def __init__(self, workspace: Path, source: str, engine_name: str = "native", threads: int | None = None):
        check_name("engine", engine_name, ENGINES)
        self.folder = engine.source_folder(workspace, source)
        self.connection = engine.open_source(workspace, source, threads)
        self.source, self.engine, self.threads = source, engine_name, threads
        self.tracks = self.rows("tracks")
        self.excluded = np.empty(0, np.int32)

    def table(self, query: str) -> pa.Table:
        """Return the rows of a query."""
        return self.connection.sql(query).to_arrow_table()

    def sql(self, name: str, parameters: Parameters, **variables: Any) -> pa.Table:
        """Run `sql/strategies/<name>.sql` with these parameters."""
        common = {"max_playlist_length": parameters.max_playlist_length, "excluded": self.excluded.tolist()}
        engine.set_variables(self.connection, common | variables)
        return self.table(engine.statement(f"strategies/{name}"))

    @cached_property
    def kept(self) -> npt.NDArray[np.bool_]:
        """One flag a track: whether it may appear."""
        kept = np.ones(self.tracks, np.bool_)
        kept[self.excluded] = False
        return kept

    def playlists(self, parameters: Parameters) -> Groups:
        """Return each playlist's distinct kept tracks; playlists that are too long are empty."""
        if self.engine == "duckdb":
            return self._sql_groups("co", "playlists", parameters)
        groups = self._stored_groups("playlist_tracks", "playlist_id", "playlists")
        return distinct(groups, self.kept, parameters.max_playlist_length)

    def artists(self, parameters: Parameters) -> Groups:
        """Return each artist's distinct kept tracks."""
        self.require("track_artists")
        return self._sql_groups("artist_co", "artists", parameters)

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
        return _groups(rows.column("group_id").to_numpy(), rows.column("track_id").to_numpy(), self.rows(table))

    def _stored_groups(self, table: str, group: str, groups: str) -> Groups:
        """Read a table that is stored in the order of its groups, part by part."""
        self.require(table, groups)
        files = sorted((self.folder / table).glob("*.parquet"))
        members = np.empty(sum(pq.read_metadata(file).num_rows for file in files), np.int32)
        sizes = np.zeros(self.rows(groups), np.int64)
        done = 0
        for file in files:
            part = pq.ParquetFile(file).read([group, "track_id"])
            members[done : done + part.num_rows] = part.column("track_id").to_numpy()
            sizes += np.bincount(part.column(group).to_numpy(), minlength=sizes.size)
            done += part.num_rows
        return Groups(np.concatenate(([0], np.cumsum(sizes))), members)

    def exclude(self, keys: set[str]) -> int:
        """Let the tracks with these keys, or by artists with these keys, not appear; return how many keys are known."""
        self.connection.register("excluded_keys", pa.table({"key": pa.array(sorted(keys), pa.string())}))
        by_artist = (
            "union select track_id, artists.key from artists join track_artists using (artist_id)"
            if (self.folder / "track_artists").is_dir()
            else ""
        )
        found = self.table(
            f"with named as (select track_id, key from tracks {by_artist}) "
            "select track_id, key from named semi join excluded_keys using (key)"
        )
        self.excluded = np.unique(found.column("track_id").to_numpy()).astype(np.int32)
        return len(set(found.column("key").to_pylist()))


def _groups(group_ids: npt.NDArray[Any], track_ids: npt.NDArray[Any], groups: int) -> Groups:
    """Return groups from rows in the order of their group."""
    sizes = np.bincount(group_ids, minlength=groups)
    return Groups(np.concatenate(([0], np.cumsum(sizes))), track_ids.astype(np.int32))
