"""One epoch of random matching: tracks of a group two by two, or each track with one of its neighbours."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.kernels.groups import Groups
from pairmine.kernels.memory import prefetch
from pairmine.kernels.mixing import mix, mix_pair

AHEAD = 16


class Matches(NamedTuple):
    """P pairs: anchor, positive and via (int32, −1 for none), score (float32); of triplets the negative too (int32)."""

    anchor: npt.NDArray[np.int32]
    positive: npt.NDArray[np.int32]
    via: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    negative: npt.NDArray[np.int32] | None = None

    def take(self, places: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Matches":
        """Return some of the pairs, in the order of `places`."""
        negative = None if self.negative is None else self.negative[places]
        return Matches(self.anchor[places], self.positive[places], self.via[places], self.score[places], negative)


def pair_groups(groups: Groups, tracks: int, visit: int, shuffle: int, *, pool: bool) -> Matches:
    """Pair the members of each group two by two, groups and members in seeded order.

    Playlist CO and Artist CO of playlists-2023, section 3.2. An odd member is left over.

    Args:
        groups: distinct members.
        tracks: number of tracks T.
        visit: stream of the groups' order.
        shuffle: stream of each group's order of members.
        pool: whether a paired track is no longer available to later groups.
    """
    most = tracks // 2 if pool else groups.members.size // 2
    anchor, positive, via = (np.empty(most, np.int32) for _ in range(3))
    order = seeding.order(visit, groups.offsets.size - 1)
    pairs = _pair_groups(*groups, order, np.uint64(shuffle), pool, np.ones(tracks, np.bool_), anchor, positive, via)
    return Matches(anchor[:pairs], positive[:pairs], via[:pairs], np.ones(pairs, np.float32))


def pair_neighbours(
    neighbours: npt.NDArray[np.int32], scores: npt.NDArray[np.float32], visit: int, choice: int
) -> Matches:
    """Match each available track, in seeded order, with one of its available neighbours at random; both leave.

    Playlist TCO of playlists-2023, section 3.2. A track that finds no neighbour stays available for others.

    Args:
        neighbours: (T, k) ids, −1 for none.
        scores: (T, k) scores of the neighbours.
        visit: stream of the tracks' order.
        choice: stream of the choices; of m available ones, in the order of the table, the ⌊m·mix/2³²⌋-th is taken.
    """
    tracks = neighbours.shape[0]
    anchor, positive = (np.empty(tracks // 2, np.int32) for _ in range(2))
    score = np.empty(tracks // 2, np.float32)
    order = seeding.order(visit, tracks)
    available = np.ones(tracks, np.bool_)
    pairs = _pair_neighbours(neighbours, scores, order, np.uint64(choice), available, anchor, positive, score)
    return Matches(anchor[:pairs], positive[:pairs], np.full(pairs, -1, np.int32), score[:pairs])


def shuffled(matches: Matches, stream: int) -> Matches:
    """Put pairs into the seeded order of their anchors; those of one anchor by positive, then via."""
    count = matches.anchor.size
    keys = (seeding.mix(stream, matches.anchor) << np.uint64(32)) | np.arange(count, dtype=np.uint64)
    keys.sort()
    places = keys >> np.uint64(32)
    if np.any(places[1:] == places[:-1]):
        order = np.lexsort((matches.via, matches.positive, seeding.mix(stream, matches.anchor)))
    else:
        order = (keys & np.uint64(seeding.MASK_32)).astype(np.intp)
    return matches.take(order)


@nb.njit(cache=True, nogil=True)
def _pair_groups(offsets, members, order, shuffle, pool, available, anchor, positive, via):  # type: ignore[no-untyped-def]
    longest = np.max(offsets[1:] - offsets[:-1]) if order.size else 0
    keys = np.empty(longest, np.uint64)
    pairs = 0
    for i in range(order.size):
        next_group = order[min(i + AHEAD, order.size - 1)]
        for line in range(offsets[next_group], offsets[next_group + 1], 16):
            prefetch(members, line)
        group = order[i]
        size = 0
        for j in range(offsets[group], offsets[group + 1]):
            track = members[j]
            if available[track]:
                place = mix_pair(shuffle, np.uint64(group), np.uint64(track))
                keys[size] = (place << np.uint64(32)) | np.uint64(track)
                size += 1
        keys[:size].sort()
        for j in range(0, size - 1, 2):
            first = np.int32(keys[j] & np.uint64(0xFFFFFFFF))
            second = np.int32(keys[j + 1] & np.uint64(0xFFFFFFFF))
            anchor[pairs], positive[pairs], via[pairs] = first, second, group
            pairs += 1
            if pool:
                available[first] = available[second] = False
    return pairs


@nb.njit(cache=True, nogil=True)
def _pair_neighbours(neighbours, scores, order, choice, available, anchor, positive, score):  # type: ignore[no-untyped-def]
    flat = neighbours.ravel()
    k = neighbours.shape[1]
    free = np.empty(k, np.int64)
    pairs = 0
    for i in range(order.size):
        prefetch(flat, np.int64(order[min(i + AHEAD, order.size - 1)]) * k)
        track = order[i]
        if not available[track]:
            continue
        size = 0
        for j in range(k):
            other = neighbours[track, j]
            if other >= 0 and available[other]:
                free[size] = j
                size += 1
        if size == 0:
            continue
        j = free[(mix(choice, np.uint64(track)) * np.uint64(size)) >> np.uint64(32)]
        anchor[pairs], positive[pairs], score[pairs] = track, neighbours[track, j], scores[track, j]
        available[track] = available[neighbours[track, j]] = False
        pairs += 1
    return pairs
