"""The exact top-k co-occurring tracks of every track: each unordered pair is counted once.

Tracks are numbered by popularity (rank 0 stands in most groups) and every group's members are sorted by rank.
The groups of a track are then walked upwards from its own place, so that it meets only more popular tracks; their
counts give the track its candidates, and each count is offered to the other end as well. Memory is that of the
groups, twice, and of k candidates a track and thread, however many pairs co-occur.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel, seeding
from pairmine.kernels.groups import Groups, membership_counts
from pairmine.kernels.memory import prefetch

SCORES = ("count", "npmi", "cosine", "jaccard", "lift")
TIES = ("rarer", "hash")
COUNT, NPMI, COSINE, JACCARD, LIFT = range(5)

GROUPS_AHEAD = 16
ROWS_AHEAD = 12
LINES_AHEAD = 5
RANKS_A_LINE = 16
CHUNKS = 512
KEY_BYTES = 4 << 30  # every thread keeps k keys a track: fewer threads where that would be more in all


class Neighbours(NamedTuple):
    """Each track's best partners, best first: ids (T, k) int32, −1 where there are fewer, and scores (T, k) float32."""

    ids: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]


class _Index(NamedTuple):
    """Groups as rows of ranks, and where each rank stands in them.

    `rows` (int32) holds group after group: −1, then its members' ranks upwards. `places[begin[r]:begin[r + 1]]` are
    the places of rank r in `rows`; `sizes[r]` is their number as float64.
    """

    rows: npt.NDArray[np.int32]
    places: npt.NDArray[np.uint32] | npt.NDArray[np.int64]
    begin: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float64]


class _State(NamedTuple):
    """What one thread writes: a counter and a threshold a rank, and the best k keys it has met for each rank.

    A key is the score (its bits in the order of numbers) above the tie-break; 0 stands for none.
    """

    counts: npt.NDArray[np.uint16]
    touched: npt.NDArray[np.int32]
    thresholds: npt.NDArray[np.uint32]
    keys: npt.NDArray[np.uint64]


def top_k(
    groups: Groups,
    tracks: int,
    k: int,
    *,
    stream: int,
    score: str = "count",
    ties: str = "rarer",
    min_count: int = 1,
    threads: int | None = None,
) -> Neighbours:
    """Return the `k` best partners of every track by the number of groups they share (or a score of it).

    The order is total: score (compared as float32), then, with `ties="rarer"`, the partner in fewer groups, then the
    smaller seeded mix of the partner's id. The result does not depend on the number of threads.

    Args:
        groups: distinct members (`groups.distinct`).
        tracks: number of tracks T; ids are 0 … T−1.
        k: partners a track; no more than T − 1 are looked for.
        stream: seeded order of ties.
        score: one of SCORES; for a pair in c of G groups, its tracks in a and b: count c; cosine c/√(ab);
            jaccard c/(a+b−c); lift cG/(ab); npmi ln(lift)/−ln(c/G), 1 where c = G. Empty groups do not count.
        ties: one of TIES.
        min_count: pairs in fewer groups are no candidates.
        threads: default one a core.
    """
    sizes = membership_counts(groups.members, tracks)
    popularity = (sizes.astype(np.uint64) << np.uint64(32)) | seeding.mix(stream, np.arange(tracks))
    track_of_rank = np.argsort(popularity)[::-1]
    tie, rank_of_tie = _seeded_ties(track_of_rank, stream) if ties == "hash" else (None, None)
    k = max(1, min(k, tracks - 1))
    workers = max(1, min(parallel.threads_or_default(threads), KEY_BYTES // (8 * k * max(tracks, 1))))
    keys = _best_keys(groups, track_of_rank, sizes, k, tie, (SCORES.index(score), min_count), workers)
    neighbours = Neighbours(np.empty((tracks, k), np.int32), np.empty((tracks, k), np.float32))
    _decode(keys, track_of_rank, rank_of_tie, score == "count", *neighbours)
    return neighbours


def _best_keys(
    groups: Groups,
    track_of_rank: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    k: int,
    tie: npt.NDArray[np.uint32] | None,
    rule: tuple[int, int],
    workers: int,
) -> npt.NDArray[np.uint64]:
    """Return the best k keys of every rank, descending; `rule` is the score's place in SCORES and the least count."""
    tracks = sizes.size
    index = _index(groups, track_of_rank, sizes, workers)
    counter = np.uint16 if sizes.max(initial=0) < 2**16 else np.uint32
    states = [_state(tracks, k, counter) for _ in range(workers)]
    floors = np.zeros(tracks, np.uint64)
    total = float(np.count_nonzero(np.diff(groups.offsets)))
    free = list(states)

    def count(chunk: tuple[int, int]) -> None:
        state = free.pop()
        _count(*index, *state, floors, tie, *chunk, total, *rule)
        free.append(state)

    for _ in parallel.in_order(count, _chunks(index.begin), workers):
        pass
    keys = states[0].keys
    for state in states[1:]:
        _merge(keys, state.keys)
    return keys


def _state(tracks: int, k: int, counter: type) -> _State:
    return _State(
        np.zeros(tracks, counter),
        np.empty(tracks + 1, np.int32),
        np.zeros(tracks, np.uint32),
        np.zeros((tracks, k), np.uint64),
    )


def _seeded_ties(
    track_of_rank: npt.NDArray[np.int64], stream: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return each rank's tie-break (the larger wins), and the rank of each tie-break."""
    rank_of_tie = np.argsort(seeding.mix(stream, track_of_rank))[::-1]
    tie = np.empty(rank_of_tie.size, np.uint32)
    tie[rank_of_tie] = np.arange(rank_of_tie.size, dtype=np.uint32)
    return tie, rank_of_tie


def _chunks(begin: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Cut the ranks into chunks of about equally many places, the popular ones first."""
    cuts = np.unique(np.searchsorted(begin, np.linspace(0, begin[-1], CHUNKS + 1)))
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))


def _index(groups: Groups, track_of_rank: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], workers: int) -> _Index:
    """Build the rows and places by two transpositions, each worker on its own block of groups."""
    tracks, total = sizes.size, groups.members.size + groups.offsets.size
    rank_of_track = np.empty(tracks, np.int32)
    rank_of_track[track_of_rank] = np.arange(tracks, dtype=np.int32)
    begin = np.concatenate(([0], np.cumsum(sizes[track_of_rank])))
    cuts = np.searchsorted(groups.offsets, np.linspace(0, groups.members.size, workers + 1))
    cuts[0], cuts[-1] = 0, groups.offsets.size - 1
    blocks = list(range(workers))
    ends = np.zeros((workers, tracks), np.int64)

    def tally(block: int) -> None:
        _tally(*groups, rank_of_track, cuts[block], cuts[block + 1], ends[block])

    def scatter(block: int) -> None:
        _scatter(*groups, rank_of_track, cuts[block], cuts[block + 1], places, ends[block])

    def line_up(block: int) -> None:
        starts = ends[block - 1] if block else begin[:-1]
        _line_up(groups.offsets, cuts[block], cuts[block + 1], starts, ends[block], rows, places)

    list(parallel.in_order(tally, blocks, workers))
    ends[1:] = np.cumsum(ends[:-1], axis=0)
    ends[0] = 0
    ends += begin[:-1]
    empty = np.empty(groups.members.size, np.uint32) if total < 2**32 else np.empty(groups.members.size, np.int64)
    places: npt.NDArray[np.uint32] | npt.NDArray[np.int64] = empty
    list(parallel.in_order(scatter, blocks, workers))
    rows = np.empty(total, np.int32)
    list(parallel.in_order(line_up, blocks, workers))
    return _Index(rows, places, begin, sizes[track_of_rank].astype(np.float64))


@nb.njit(cache=True, nogil=True)
def _tally(offsets, members, rank_of_track, first, last, counts):  # type: ignore[no-untyped-def]
    """Count each rank's memberships in a block of groups."""
    for i in range(offsets[first], offsets[last]):
        counts[rank_of_track[members[i]]] += 1


@nb.njit(cache=True, nogil=True)
def _scatter(offsets, members, rank_of_track, first, last, places, cursor):  # type: ignore[no-untyped-def]
    """Write the groups of a block behind their members' ranks: `places[cursor[rank]] = group`."""
    final = members.size - 1
    for group in range(first, last):
        for i in range(offsets[group], offsets[group + 1]):
            prefetch(cursor, rank_of_track[members[min(i + 2 * GROUPS_AHEAD, final)]])
            prefetch(places, cursor[rank_of_track[members[min(i + GROUPS_AHEAD, final)]]])
            rank = rank_of_track[members[i]]
            places[cursor[rank]] = group
            cursor[rank] += 1


@nb.njit(cache=True, nogil=True)
def _line_up(offsets, first, last, starts, ends, rows, places):  # type: ignore[no-untyped-def]
    """Append each rank, popular ones first, to the rows of its groups; a group in `places` becomes a place."""
    cursor = np.empty(last - first, np.int64)
    for group in range(first, last):
        cursor[group - first] = offsets[group] + group
        rows[offsets[group] + group] = -1
    final = places.size - 1
    for rank in range(starts.size):
        for i in range(starts[rank], ends[rank]):
            ahead = np.int64(places[min(i + GROUPS_AHEAD, final)]) - first
            if 0 <= ahead < cursor.size:
                prefetch(rows, cursor[ahead])
            group = np.int64(places[i]) - first
            cursor[group] += 1
            rows[cursor[group]] = rank
            places[i] = cursor[group]


@nb.njit(cache=True, nogil=True)
def _count(  # type: ignore[no-untyped-def]
    rows,
    places,
    begin,
    sizes,
    counts,
    touched,
    thresholds,
    keys,
    floors,
    tie,
    first,
    last,
    total,
    score,
    min_count,
):
    """Count the pairs of the ranks first … last−1 with all more popular ranks; keep and offer the best."""
    final = places.size - 1
    for rank in range(first, last):
        met = 0
        for i in range(begin[rank], begin[rank + 1]):
            ahead = np.int64(places[min(i + ROWS_AHEAD, final)])
            for line in range(LINES_AHEAD):
                prefetch(rows, max(ahead - line * RANKS_A_LINE, 0))
            place = np.int64(places[i]) - 1
            other = rows[place]
            while other >= 0:
                count = counts[other]
                touched[met] = other
                met += count == 0
                counts[other] = count + 1
                place -= 1
                other = rows[place]
        for j in range(met):
            other = touched[j]
            count = counts[other]
            counts[other] = 0
            if count < min_count:
                continue
            value = _value(score, count, sizes[rank], sizes[other], total)
            key = _key(value, other, tie)
            if key > keys[rank, -1]:
                _insert(keys[rank], key)
            if value >= thresholds[other]:
                _offer(keys[other], _key(value, rank, tie), other, thresholds, floors)
        floors[rank] = keys[rank, -1]
        thresholds[rank] = floors[rank] >> np.uint64(32)


@nb.njit(inline="always")
def _value(score, count, size_a, size_b, total):  # type: ignore[no-untyped-def]
    """Return a pair's score as 32 bits (in uint64) that are in the order of the scores."""
    if score == COUNT:
        return np.uint64(count)
    lift = count * total / (size_a * size_b)
    if score == COSINE:
        x = count / np.sqrt(size_a * size_b)
    elif score == JACCARD:
        x = count / (size_a + size_b - count)
    elif score == LIFT:
        x = lift
    else:
        x = np.log(lift) / -np.log(count / total) if count < total else 1.0
    bits = np.uint64(np.float32(x).view(np.uint32))
    sign = np.uint64(0x80000000)
    return bits ^ np.uint64(0xFFFFFFFF) if bits & sign else bits | sign


@nb.njit(inline="always")
def _key(value, rank, tie):  # type: ignore[no-untyped-def]
    low = np.uint64(rank) if tie is None else np.uint64(tie[rank])
    return (value << np.uint64(32)) | low


@nb.njit(inline="always")
def _insert(best, key):  # type: ignore[no-untyped-def]
    """Insert a key into a descending list; its last falls out."""
    place = best.size - 1
    while place > 0 and best[place - 1] < key:
        best[place] = best[place - 1]
        place -= 1
    best[place] = key


@nb.njit(nogil=True)
def _offer(best, key, rank, thresholds, floors):  # type: ignore[no-untyped-def]
    """Offer a candidate to a more popular rank.

    Another thread may have found `floors[rank]`, the rank's k-th key among more popular ones: no smaller key can
    matter, whether this thread sees it in time or not.
    """
    floor = max(best[-1], floors[rank])
    if key > floor:
        _insert(best, key)
        floor = max(best[-1], floors[rank])
    thresholds[rank] = floor >> np.uint64(32)


@nb.njit(cache=True, nogil=True)
def _merge(keys, others):  # type: ignore[no-untyped-def]
    """Merge another thread's keys of every rank into `keys`."""
    for rank in range(keys.shape[0]):
        best = keys[rank]
        for key in others[rank]:
            if key <= best[-1]:
                break
            _insert(best, key)


@nb.njit(cache=True, nogil=True)
def _decode(keys, track_of_rank, rank_of_tie, as_count, ids, scores):  # type: ignore[no-untyped-def]
    """Turn the keys of every rank into ids and scores by track."""
    for rank in range(keys.shape[0]):
        track = track_of_rank[rank]
        for i in range(keys.shape[1]):
            key = keys[rank, i]
            low = np.int64(key & np.uint64(0xFFFFFFFF))
            if key == 0:
                ids[track, i], scores[track, i] = -1, 0.0
            else:
                ids[track, i] = track_of_rank[low if rank_of_tie is None else rank_of_tie[low]]
                scores[track, i] = _score(np.uint32(key >> np.uint64(32)), as_count)


@nb.njit(inline="always")
def _score(value, as_count):  # type: ignore[no-untyped-def]
    if as_count:
        return np.float32(value)
    sign = np.uint32(0x80000000)
    bits = value ^ sign if value & sign else value ^ np.uint32(0xFFFFFFFF)
    return np.uint32(bits).view(np.float32)
