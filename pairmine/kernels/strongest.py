"""Edges that are among the k strongest of both their ends (colisten-2020, section 3.1), seeded ties.

An edge's strength is its count, then its tie: a mix of both ends that no two edges share, the smaller the stronger.
Both ends see the same tie, so what one keeps of many equal edges the other is likely to keep as well.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.groups import grouped
from pairmine.kernels.mixing import random_bits


class Cuts(NamedTuple):
    """Each track's k-th strongest edge: count (T int64) and tie (T uint64); (0, the largest) where all are kept."""

    counts: npt.NDArray[np.int64]
    ties: npt.NDArray[np.uint64]


def no_cuts(tracks: int) -> Cuts:
    """Return cuts that every edge passes."""
    return Cuts(np.zeros(tracks, np.int64), np.full(tracks, np.iinfo(np.uint64).max))


def of_both_ends(
    track_a: npt.NDArray[np.int32],
    track_b: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    tracks: int,
    k: int,
    stream: int,
) -> npt.NDArray[np.bool_]:
    """Return which of these undirected edges, each given once, are among the `k` strongest of both their ends."""
    edges = np.arange(track_a.size, dtype=np.int32)
    around = grouped(np.concatenate((track_a, track_b)), np.concatenate((edges, edges)), tracks)
    cuts = no_cuts(tracks)
    _cut_all(*around, track_a, track_b, counts, k, np.uint64(stream), *cuts)
    return np.asarray(_passing(track_a, track_b, counts, np.uint64(stream), *cuts))


def passing(
    track_a: npt.NDArray[np.int32],
    track_b: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
    cuts: Cuts,
    stream: int,
) -> npt.NDArray[np.bool_]:
    """Return which edges pass the cuts of both their ends."""
    return np.asarray(_passing(track_a, track_b, counts, np.uint64(stream), *cuts))


@nb.njit(inline="always")
def tie(stream, a, b):  # type: ignore[no-untyped-def]
    """Return the tie of the edge between two tracks: a bijection of the unordered pair."""
    low, high = np.uint64(min(a, b)), np.uint64(max(a, b))
    return random_bits(stream ^ (low << np.uint64(32) | high))[1]


@nb.njit(inline="always")
def passes(count, tie, cut_count, cut_tie):  # type: ignore[no-untyped-def]
    """Return whether an edge is no weaker than a cut."""
    return count > cut_count or (count == cut_count and tie <= cut_tie)


@nb.njit(cache=True, nogil=True)
def cut(track, others, counts, k, stream):  # type: ignore[no-untyped-def]
    """Return count and tie of the k-th strongest of a track's edges to `others`; (0, the largest) if all are kept."""
    if counts.size <= k:
        return np.int64(0), np.uint64(0xFFFFFFFFFFFFFFFF)
    last = np.partition(counts, counts.size - k)[counts.size - k]
    stronger = 0
    for count in counts:
        stronger += count > last
    ties = np.empty(counts.size, np.uint64)
    equal = 0
    for i in range(counts.size):
        if counts[i] == last:
            ties[equal] = tie(stream, track, others[i])
            equal += 1
    wanted = k - stronger - 1
    return np.int64(last), np.partition(ties[:equal], wanted)[wanted]


@nb.njit(cache=True, nogil=True)
def _cut_all(offsets, edges, track_a, track_b, counts, k, stream, cut_counts, cut_ties):  # type: ignore[no-untyped-def]
    for track in range(offsets.size - 1):
        own = edges[offsets[track] : offsets[track + 1]]
        if own.size > k:
            others = track_a[own] + track_b[own] - track
            cut_counts[track], cut_ties[track] = cut(track, others, counts[own], k, stream)


@nb.njit(cache=True, nogil=True)
def _passing(track_a, track_b, counts, stream, cut_counts, cut_ties):  # type: ignore[no-untyped-def]
    kept = np.empty(track_a.size, np.bool_)
    for i in range(track_a.size):
        a, b, count = track_a[i], track_b[i], counts[i]
        of_edge = tie(stream, a, b)
        kept[i] = passes(count, of_edge, cut_counts[a], cut_ties[a]) and passes(
            count, of_edge, cut_counts[b], cut_ties[b]
        )
    return kept
