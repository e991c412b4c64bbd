"""The table edges, sanitised: counts that are too small and edges beyond the strongest of an end are left out."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pairmine import seeding
from pairmine.catalogue import PART_ROWS, Tally
from pairmine.kernels import colistens, strongest
from pairmine.kernels.groups import Groups

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
_Edges = tuple[Int32s, Int32s, Int64s]

_TIES = "ties of edges"
_TYPES = (("track_a", np.int32), ("track_b", np.int32), ("count", np.int64))


class EdgeRule:
    """Which edges stay: `min_count` common listeners, and among the `max_neighbours` strongest of both ends."""

    def __init__(self, min_count: int, max_neighbours: int, seed: int) -> None:
        self.min_count, self.max_neighbours = min_count, max_neighbours
        self.stream = seeding.stream(seed, _TIES)

    def tally(self, taken: int, weak: int, cut: int) -> Tally:
        """Return what became of all edges."""
        far = f"beyond the {self.max_neighbours} strongest of an end"
        return Tally("edges", taken, {f"under {self.min_count}": weak, far: cut})


def merged(track_a: Int32s, track_b: Int32s, counts: Int64s) -> tuple[_Edges, dict[str, int]]:
    """Return rows of edges as undirected edges in order, and how many rows were merged by which rule.

    Repeated rows of an edge add up; of its two directions the larger count stays.
    """
    rows = pl.DataFrame({"from": track_a, "to": track_b, "count": counts})
    directed = rows.group_by("from", "to").agg(pl.col("count").sum())
    edges = (
        directed.group_by(track_a=pl.min_horizontal("from", "to"), track_b=pl.max_horizontal("from", "to"))
        .agg(pl.col("count").max())
        .sort("track_a", "track_b")
    )
    skipped = {"added to others": rows.height - directed.height, "the other way round": directed.height - edges.height}
    a, b, count = (edges[name].to_numpy() for name, _ in _TYPES)
    return (a, b, count), skipped


def sanitised(edges: _Edges, tracks: int, rule: EdgeRule) -> tuple[_Edges, Tally]:
    """Return the edges that stay of those given once each, in order, and what became of them."""
    track_a, track_b, counts = edges
    strong = counts >= rule.min_count
    track_a, track_b, counts = track_a[strong], track_b[strong], counts[strong]
    kept = strongest.of_both_ends(track_a, track_b, counts, tracks, rule.max_neighbours, rule.stream)
    tally = rule.tally(int(kept.sum()), int((~strong).sum()), int((~kept).sum()))
    return (track_a[kept], track_b[kept], counts[kept]), tally


class CountedEdges:
    """Edges counted from listens: candidates wait on disk until the cuts of all tracks are known."""

    def __init__(self, users: Groups, tracks: int, rule: EdgeRule, folder: Path, threads: int | None) -> None:
        self._rule, self._paths = rule, [folder / name for name, _ in _TYPES]
        ready, alone = colistens.listeners(users, tracks, rule.min_count)
        found, self._cuts = colistens.candidates(
            ready, rule.max_neighbours, min_count=rule.min_count, stream=rule.stream, threads=threads
        )
        self._pairs, self._weak = alone, alone
        self._lay_down(found)

    def _lay_down(self, found: Iterable[colistens.Candidates]) -> None:
        met = weak = 0
        first, second, third = (path.open("wb") for path in self._paths)
        with first, second, third:
            for part in found:
                met += part.met_twice
                weak += part.weak_twice
                first.write(part.track_a.data)
                second.write(part.track_b.data)
                third.write(part.counts.data)
        self._pairs += met // 2
        self._weak += weak // 2

    def parts(self) -> Iterator[pa.Table]:
        """Yield the edges that stay."""
        size = self._paths[0].stat().st_size // np.dtype(np.int32).itemsize
        for start in range(0, size, PART_ROWS):
            a, b, counts = (
                np.fromfile(path, kind, PART_ROWS, offset=start * np.dtype(kind).itemsize)
                for path, (_, kind) in zip(self._paths, _TYPES, strict=True)
            )
            kept = strongest.passing(a, b, counts, self._cuts, self._rule.stream)
            yield edge_table(a[kept], b[kept], counts[kept])

    def tally(self, taken: int) -> Tally:
        """Return what became of all pairs, given how many stayed."""
        return self._rule.tally(taken, self._weak, self._pairs - self._weak - taken)


def edge_table(track_a: Int32s, track_b: Int32s, counts: Int64s) -> pa.Table:
    """Return edges as a table."""
    return pa.table([track_a, track_b, counts], names=[name for name, _ in _TYPES])
