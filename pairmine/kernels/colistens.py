"""Count the listeners two tracks share, track by track, and keep the strongest edges of each: bounded memory.

Each track walks the tracks of its listeners, so both ends meet their common listeners: twice the work of counting a
pair once, but the strongest edges of a track are known as soon as it is done, and nothing is kept a pair.
Tracks are numbered by popularity inside, so that the counters of the popular ones stay in the cache.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.kernels.groups import Groups, membership_counts, transposed
from pairmine.kernels.memory import prefetch
from pairmine.kernels.strongest import Cuts, cut, no_cuts, passes, tie

CHUNKS = 2048
USERS_AHEAD = 2
AHEAD = 12


class Candidates(NamedTuple):
    """Edges of a run of tracks a, ascending, that pass the cut of `track_a` < `track_b`; sorted by both.

    `met_twice` tells how many distinct pairs were met here, `weak_twice` how many of them had too small a count; in
    all candidates together each of them is told by both its ends.
    """

    track_a: npt.NDArray[np.int32]
    track_b: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]
    met_twice: int
    weak_twice: int


class Listeners(NamedTuple):
    """Who heard what, ready to be counted: users' tracks as popularity ranks, and ranks' users.

    Only tracks of enough listeners have a rank; `tracks` are their ids ascending, `rank_of` and `track_of` translate.
    """

    tracks_of_user: Groups
    users_of_rank: Groups
    tracks: npt.NDArray[np.int32]
    rank_of: npt.NDArray[np.int32]
    track_of: npt.NDArray[np.int32]


def listeners(users: Groups, tracks: int, min_listeners: int) -> tuple[Listeners, int]:
    """Prepare the counting, and return it with the number of pairs that need not be counted.

    A track of fewer listeners than two tracks must share has no edge. Where it has one listener only, its pairs are
    told by that user's number of tracks; tracks of more listeners are counted like all.

    Args:
        users: each user's distinct tracks; the array is overwritten.
        tracks: number of tracks T; ids are 0 … T−1.
        min_listeners: listeners two tracks must share.
    """
    sizes = membership_counts(users.members, tracks)
    least = 2 if min_listeners > 1 else 1
    kept = np.flatnonzero(sizes >= least).astype(np.int32)
    track_of = kept[np.argsort(-sizes[kept], kind="stable")]
    rank_of = np.full(tracks, -1, np.int32)
    rank_of[track_of] = np.arange(track_of.size, dtype=np.int32)
    left, alone = _ranked(*users, rank_of)
    ranked = Groups(users.offsets, users.members[:left])
    return Listeners(ranked, transposed(ranked, track_of.size), kept, rank_of, track_of), int(alone)


def candidates(
    ready: Listeners, k: int, *, min_count: int, stream: int, threads: int | None = None
) -> tuple[Iterator[Candidates], Cuts]:
    """Yield every pair of at least `min_count` common listeners that is among its smaller end's `k` strongest edges.

    The cuts of all tracks are whole when the last was yielded: `strongest.passing` then tells what both ends keep.
    """
    cuts = no_cuts(ready.rank_of.size)
    workers = parallel.threads_or_default(threads)
    room = ready.track_of.size + 1
    free = [(np.zeros(room, np.uint32), np.empty(room, np.int32)) for _ in range(workers)]

    def count(bounds: tuple[int, int]) -> Candidates:
        scratch = free.pop()
        found = _count(ready, scratch, *bounds, k, min_count, np.uint64(stream), cuts)
        free.append(scratch)
        return Candidates(*found)

    return parallel.in_order(count, _chunks(ready), workers), cuts


def _chunks(ready: Listeners) -> list[tuple[int, int]]:
    """Cut the tracks into runs of about equally many listeners."""
    ends = np.cumsum(np.diff(ready.users_of_rank.offsets)[ready.rank_of[ready.tracks]])
    cuts = np.unique(np.searchsorted(ends, np.linspace(0, ends[-1] if ends.size else 0, CHUNKS + 1), "left"))
    edges = np.unique(np.concatenate(([0], cuts, [ends.size])))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


@nb.njit(cache=True, nogil=True)
def _ranked(offsets, members, rank_of):  # type: ignore[no-untyped-def]
    """Replace tracks by ranks, in place, without those that have none; return what is left and their pairs."""
    write, begin, pairs = 0, offsets[0], 0
    for user in range(offsets.size - 1):
        end, first = offsets[user + 1], write
        for read in range(begin, end):
            rank = rank_of[members[read]]
            if rank >= 0:
                members[write] = rank
                write += 1
        size, left = end - begin, write - first
        pairs += (size * (size - 1) - left * (left - 1)) // 2
        begin = end
        offsets[user + 1] = write
    return write, pairs


@nb.njit(cache=True, nogil=True)
def _count(ready, scratch, first, last, k, min_count, stream, cuts):  # type: ignore[no-untyped-def]
    """Count the pairs of tracks[first:last] with all tracks; write their cuts, return their edges to larger ids."""
    counters, touched = scratch
    track_a, track_b, strengths = [np.int32(0)][:0], [np.int32(0)][:0], [np.int64(0)][:0]
    met_twice = weak_twice = np.int64(0)
    for track in ready.tracks[first:last]:
        rank = ready.rank_of[track]
        met = _meet(ready.tracks_of_user, ready.users_of_rank, rank, counters, touched)
        counters[rank] = 0
        others, counts = np.empty(met, np.int32), np.empty(met, np.int64)
        size = 0
        for other in touched[:met]:
            others[size], counts[size] = other, counters[other]
            size += counters[other] >= min_count
            counters[other] = 0
        met_twice += met - 1
        weak_twice += met - 1 - size
        others, counts = ready.track_of[others[:size]], counts[:size]
        cuts.counts[track], cuts.ties[track] = cut(track, others, counts, k, stream)
        kept = _kept(track, others, counts, cuts.counts[track], cuts.ties[track], stream)
        for j in kept[np.argsort(others[kept])]:
            track_a.append(track)
            track_b.append(others[j])
            strengths.append(counts[j])
    return np.array(track_a), np.array(track_b), np.array(strengths), met_twice, weak_twice


@nb.njit(cache=True, nogil=True)
def _kept(track, others, counts, cut_count, cut_tie, stream):  # type: ignore[no-untyped-def]
    """Return the places of a track's edges to larger ids that pass its cut."""
    kept = np.empty(others.size, np.int64)
    size = 0
    for j in range(others.size):
        if others[j] > track and passes(counts[j], tie(stream, track, others[j]), cut_count, cut_tie):
            kept[size] = j
            size += 1
    return kept[:size]


@nb.njit(cache=True, nogil=True)
def _meet(tracks_of_user, users_of_rank, rank, counters, touched):  # type: ignore[no-untyped-def]
    """Count how often each rank stands in the tracks of a rank's users; return how many were met."""
    offsets, members = tracks_of_user
    users = users_of_rank.members[users_of_rank.offsets[rank] : users_of_rank.offsets[rank + 1]]
    met = 0
    for i in range(users.size):
        prefetch(members, offsets[users[min(i + USERS_AHEAD, users.size - 1)]])
        begin, end = offsets[users[i]], offsets[users[i] + 1]
        for j in range(begin, end):
            prefetch(counters, members[min(j + AHEAD, end - 1)])
            other = members[j]
            count = counters[other]
            touched[met] = other
            met += count == 0
            counters[other] = count + 1
    return met
