"""Train, valid and test: the table `splits` of a source, by track, by artist or stratified by tag.

By edge it is the edges of a graph that are dealt out: the table `held_out_edges`.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine import catalogue, engine, registry, seeding
from pairmine.errors import MissingError, UsageError
from pairmine.kernels.stratify import stratified

NAMES = ("train", "valid", "test")
APART = -1
EDGE = "edge"

Split = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Splits:
    """What `split` did: tracks (or edges) in each split, and tracks in none because their artists are in several."""

    source: str
    by: str
    train: int
    valid: int
    test: int
    left_out: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        parts = ", ".join(f"{getattr(self, name):,} {name}" for name in NAMES)
        lost = f", {self.left_out:,} in none (their artists are in several)" if self.left_out else ""
        what = " edges" if self.by == EDGE else ""
        return f"{self.source}, by {self.by}: {parts}{what}{lost}"


def split(workspace: Path, source: str, by: str, fractions: str, seed: int = 0, tags: str = "genre") -> Splits:
    """Write the table `splits` of a source, in place of the one it had; by edge the table `held_out_edges`.

    By track: any. By artist: no artist has tracks in two splits (discogs-2022, section 4.1); a track whose artists fell
    into several is in none. Stratified: every tag is split in the same proportions (crossmodal-2021). By edge: those of
    valid and test are held out of the co-listen graph, whatever pair set is drawn from it (colisten-2020, section 4.2).

    Args:
        workspace: the workspace.
        source: name of an ingested source.
        by: track, artist, stratified or edge.
        fractions: shares of train, valid and test, such as 0.8,0.1,0.1.
        seed: names the random order.
        tags: the kind of tags by which to stratify.

    Raises:
        UsageError: an unknown way to split, or fractions that do not sum to 1.
        MissingError: the source, or the table it is split by, is missing.
    """
    registry.check_name("way to split", by, [*WAYS, EDGE])
    shares = _shares(fractions)
    if by == EDGE:
        return _hold_out(workspace, source, shares, seed)
    with engine.open_source(workspace, source) as connection:
        tracks = int(connection.sql("select count(*) from tracks").fetchall()[0][0])
        try:
            of_track = WAYS[by](connection, tracks, shares, seeding.stream(seed, "split", by), tags)
        except duckdb.CatalogException:
            has_edges = (engine.source_folder(workspace, source) / "edges").is_dir()
            ways = "--by track or --by edge" if has_edges else "--by track"
            raise MissingError(f"source {source!r} has no table to split by {by}: split it {ways}") from None
    there = np.flatnonzero(of_track != APART).astype(np.int32)
    names = pa.DictionaryArray.from_arrays(of_track[there], list(NAMES)).cast(pa.string())
    made = {"by": by, "fractions": shares.tolist(), "seed": seed} | ({"tags": tags} if by == "stratified" else {})
    catalogue.add(workspace, source, "splits", pa.table({"track_id": there, "split": names}), made)
    train, valid, test = np.bincount(of_track[there], minlength=len(NAMES)).tolist()
    return Splits(source, by, train, valid, test, tracks - there.size)


def _hold_out(workspace: Path, source: str, shares: npt.NDArray[np.float64], seed: int) -> Splits:
    """Deal the edges of a source out, and write those that are not for training."""
    with engine.open_source(workspace, source) as connection:
        try:
            edges = connection.sql("select track_a, track_b from edges order by all").to_arrow_table()
        except duckdb.CatalogException:
            raise MissingError(f"source {source!r} has no table edges: ingest one that has") from None
    rank = np.argsort(seeding.order(seeding.stream(seed, "split", EDGE), edges.num_rows))
    of_edge = _parts(np.ones(edges.num_rows), shares)[rank]
    held = np.flatnonzero(of_edge)
    names = pa.DictionaryArray.from_arrays(of_edge[held], list(NAMES)).cast(pa.string())
    made = {"fractions": shares.tolist(), "seed": seed}
    catalogue.add(workspace, source, "held_out_edges", edges.take(pa.array(held)).append_column("split", names), made)
    train, valid, test = np.bincount(of_edge, minlength=len(NAMES)).tolist()
    return Splits(source, EDGE, train, valid, test, 0)


def _shares(fractions: str) -> npt.NDArray[np.float64]:
    try:
        shares = np.array([float(share) for share in fractions.split(",")])
    except ValueError:
        shares = np.empty(0)
    if shares.size not in (2, 3) or not np.all(shares >= 0) or abs(shares.sum() - 1) > 1e-6:
        raise UsageError(f"--fractions {fractions}: give the shares of train, valid[, test], summing to 1")
    return np.append(shares, [0.0] * (len(NAMES) - shares.size))


def _by_track(
    connection: duckdb.DuckDBPyConnection, tracks: int, shares: npt.NDArray[np.float64], stream: int, tags: str
) -> Split:
    return _parts(np.ones(tracks), shares)[np.argsort(seeding.order(stream, tracks))]


def _by_artist(
    connection: duckdb.DuckDBPyConnection, tracks: int, shares: npt.NDArray[np.float64], stream: int, tags: str
) -> Split:
    """Deal artists out in seeded order; a track without artist is one of its own."""
    rows = connection.sql("select track_id, artist_id from track_artists order by all").fetchnumpy()
    artists = int(connection.sql("select count(*) from artists").fetchall()[0][0])
    alone = np.setdiff1d(np.arange(tracks), rows["track_id"])
    track_ids = np.concatenate((rows["track_id"], alone))
    artist_ids = np.concatenate((rows["artist_id"], artists + np.arange(alone.size)))
    rank = np.argsort(seeding.order(stream, artists + alone.size))[artist_ids]
    sorting = np.lexsort((rank, track_ids))
    begins = np.flatnonzero(np.diff(track_ids[sorting], prepend=-1))
    first = rank[sorting][begins]
    of_artist = _parts(np.bincount(first, minlength=artists + alone.size), shares)[rank[sorting]]
    lowest, highest = np.minimum.reduceat(of_artist, begins), np.maximum.reduceat(of_artist, begins)
    return np.where(lowest == highest, lowest, APART).astype(np.int8)


def _stratified(
    connection: duckdb.DuckDBPyConnection, tracks: int, shares: npt.NDArray[np.float64], stream: int, tags: str
) -> Split:
    rows = connection.execute(
        "select track_id, (dense_rank() over (order by encode(tag)) - 1)::integer as tag "
        "from track_tags where kind = $1 order by all",
        [tags],
    ).fetchnumpy()
    if not rows["tag"].size:
        raise MissingError(f"no track has a tag of kind {tags}: choose another --tags, or another --by")
    offsets = np.concatenate(([0], np.cumsum(np.bincount(rows["track_id"], minlength=tracks))))
    return stratified(offsets, rows["tag"], seeding.order(stream, tracks), shares)


def _parts(weights: npt.NDArray[Any], shares: npt.NDArray[np.float64]) -> Split:
    """Cut a row of weights into parts of these shares; a weight goes where its middle lies."""
    middles = np.cumsum(weights) - weights / 2
    bounds = np.cumsum(shares[:-1]) * weights.sum()
    return np.searchsorted(bounds, middles, side="right").astype(np.int8)


WAYS: dict[str, Callable[[duckdb.DuckDBPyConnection, int, npt.NDArray[np.float64], int, str], Split]] = {
    "track": _by_track,
    "artist": _by_artist,
    "stratified": _stratified,
}
