"""Random constrained matching: each track with a random partner of a shared group, but of none that keeps them apart.

The draw among the available, eligible members of a group is exactly uniform and does not walk the group:

- Every group keeps a list of its live members. A random place of it is tried; a member that has left the pool is
  dropped from the list for good (all groups together drop no more than they hold), one that is not eligible costs a
  try. What is accepted is uniform over the eligible, whatever was rejected before.
- After 4 + n/4 tries at n live members the list is walked once: the eligible move to its front, one of them is drawn.
  So long as e members are eligible a draw takes about n/e tries; walks happen where hardly any is left.
- A walk that finds none leaves a blockade at the group: a small, not empty set of what keeps the anchor apart (one
  artist, one release, …) such that every other live member has some of it. Live members only ever become fewer, so a
  later anchor that has the whole set finds none either (the first anchor has it too), and is told so without a walk:
  an artist whose 50,000 tracks are on one release costs one walk. A group keeps its latest 16 blockades; only a group
  whose tracks meet pairwise in more ways than that is walked again and again, in time quadratic in its size: 16,000
  tracks, each on one of the 31 lines of the projective plane of order 5, took 8 s, not 0.02 s.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.kernels.groups import Groups, transposed
from pairmine.kernels.matching import Matches
from pairmine.kernels.memory import prefetch
from pairmine.kernels.mixing import mix_pair

AHEAD = 8
FREE_TRIES = 4
TRIES_SHARE = 4  # one walk costs as much as about this many times its length in tries
LARGE = 64  # groups of fewer members are walked rather than blocked
BLOCKADES = 16  # kept a group, the latest
BLOCKADE_IDS = 6


Ids = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Lists = tuple[Offsets, Ids, Ids]  # of each group: where it begins, its members, and how many of them are live
Blockades = tuple[Ids, Ids, Ids]


class Links(NamedTuple):
    """What leads from a track to its partners, for T tracks and G groups.

    `groups` are the members of each group, `own` the groups of each track. A track of group g may draw from the
    groups `partners[g]` ((G, k) int32, −1 for none), which gives a pair the score `scores[g]` ((G, k) float32) and
    the via g. No two tracks of a pair share an id in `apart` (ids of each track, ascending).
    """

    groups: Groups
    own: Groups
    partners: Ids
    scores: npt.NDArray[np.float32]
    apart: Groups


def links(
    groups: Groups,
    apart: Groups | None,
    tracks: int,
    partners: Ids | None = None,
    scores: npt.NDArray[np.float32] | None = None,
) -> Links:
    """Return links within groups, or from group to group where `partners` and `scores` are given.

    Args:
        groups: distinct members.
        apart: ids of each of the T tracks, ascending; None where nothing keeps tracks apart.
        tracks: number of tracks T.
        partners: (G, k) groups, −1 for none.
        scores: (G, k) scores of the partners.
    """
    if partners is None or scores is None:
        partners = np.arange(groups.offsets.size - 1, dtype=np.int32).reshape(-1, 1)
        scores = np.ones(partners.shape, np.float32)
    if apart is None:
        apart = Groups(np.zeros(tracks + 1, np.int64), np.empty(0, np.int32))
    return Links(groups, transposed(groups, tracks), partners, scores, apart)


def pair_constrained(links: Links, visit: int, choice: int, *, max_pairs: int | None = None) -> Matches:
    """Match each available track, in seeded order, with an available, eligible member of one of its groups; both leave.

    Section 3 of discogs-2022. The groups of a track are tried in random order until one has such a member; every such
    member is equally likely. A track that finds none stays available for others; each has one attempt.

    Args:
        links: what leads from track to track, and what keeps them apart.
        visit: stream of the tracks' order.
        choice: stream of the draws; the i-th of a track, of m things, takes the ⌊m·mix_pair(track, i)/2³²⌋-th.
        max_pairs: most pairs of one via, None for no limit.
    """
    tracks = links.own.offsets.size - 1
    order = seeding.order(visit, tracks)
    available = np.ones(tracks, np.bool_)
    anchor, positive, via = (np.empty(tracks // 2, np.int32) for _ in range(3))
    score = np.empty(tracks // 2, np.float32)
    pairs = _pair_constrained(
        order,
        *links.own,
        links.partners,
        links.scores,
        (links.groups.offsets, links.groups.members.copy(), np.diff(links.groups.offsets).astype(np.int32)),
        links.apart,
        _blockades(links.groups),
        np.uint64(choice),
        tracks if max_pairs is None else max_pairs,
        available,
        (anchor, positive, via, score),
    )
    return Matches(anchor[:pairs], positive[:pairs], via[:pairs], score[:pairs])


def _blockades(groups: Groups) -> Blockades:
    """Return each group's row of blockades (−1 for small groups), how many were met, and their ids (−1 for none)."""
    large = np.diff(groups.offsets) >= LARGE
    row = np.where(large, np.cumsum(large) - 1, -1).astype(np.int32)
    rows = int(np.count_nonzero(large))
    return row, np.zeros(rows, np.int32), np.full((rows, BLOCKADES, BLOCKADE_IDS), -1, np.int32)


@nb.njit(cache=True, nogil=True)
def _pair_constrained(
    order: npt.NDArray[np.integer[Any]],
    own_offsets: Offsets,
    own: Ids,
    partners: Ids,
    scores: npt.NDArray[np.float32],
    lists: Lists,
    apart: Groups,
    blockades: Blockades,
    choice: np.uint64,
    max_pairs: int,
    available: Flags,
    out: tuple[Ids, Ids, Ids, npt.NDArray[np.float32]],
) -> int:
    anchor, positive, via, score = out
    k = partners.shape[1]
    ways = np.empty(np.max(np.diff(own_offsets)) * k if own.size else 0, np.int32)
    linked = np.zeros(partners.shape[0], np.int32)
    pairs = 0
    for i in range(order.size):
        prefetch(own_offsets, np.int64(order[min(i + 2 * AHEAD, order.size - 1)]))
        if own.size:
            prefetch(own, min(own_offsets[order[min(i + AHEAD, order.size - 1)]], own.size - 1))
        track = order[i]
        if not available[track]:
            continue
        left = (own_offsets[track + 1] - own_offsets[track]) * k
        for way in range(left):
            ways[way] = way
        draw = np.uint64(0)
        while left > 0:
            place = (mix_pair(choice, np.uint64(track), draw) * np.uint64(left)) >> np.uint64(32)
            draw += np.uint64(1)
            left -= 1
            way = ways[place]
            ways[place] = ways[left]
            group = own[own_offsets[track] + way // k]
            partner = partners[group, way % k]
            if partner < 0 or linked[group] >= max_pairs:
                continue
            other, draw = _draw(track, partner, lists, apart, blockades, choice, draw, available)
            if other >= 0:
                anchor[pairs], positive[pairs], via[pairs] = track, other, group
                score[pairs] = scores[group, way % k]
                available[track] = available[other] = False
                linked[group] += 1
                pairs += 1
                break
    return pairs


@nb.njit(cache=True, nogil=True)
def _draw(
    track: np.int32,
    group: np.int32,
    lists: Lists,
    apart: Groups,
    blockades: Blockades,
    choice: np.uint64,
    draw: np.uint64,
    available: Flags,
) -> tuple[np.int32, np.uint64]:
    """Return a random available member of a group that nothing keeps apart from a track, or −1; and the next draw."""
    offsets, members, live = lists
    begin = offsets[group]
    if _is_blocked(track, group, apart, blockades):
        return np.int32(-1), draw
    tries = 0
    while live[group] > 0 and tries < FREE_TRIES + live[group] // TRIES_SHARE:
        place = begin + np.int64((mix_pair(choice, np.uint64(track), draw) * np.uint64(live[group])) >> np.uint64(32))
        draw += np.uint64(1)
        other = members[place]
        if not available[other]:
            live[group] -= 1
            members[place] = members[begin + live[group]]
        elif other != track and _are_disjoint(track, other, apart):
            return other, draw
        else:
            tries += 1
    eligible = _eligible_first(track, group, lists, apart, available)
    if eligible == 0:
        _block(track, group, lists, apart, blockades)
        return np.int32(-1), draw
    place = begin + np.int64((mix_pair(choice, np.uint64(track), draw) * np.uint64(eligible)) >> np.uint64(32))
    return members[place], draw + np.uint64(1)


@nb.njit(cache=True, nogil=True)
def _are_disjoint(track: np.int32, other: np.int32, apart: Groups) -> bool:
    """Tell whether two tracks share nothing that keeps them apart."""
    offsets, ids = apart
    i, j = offsets[track], offsets[other]
    while i < offsets[track + 1] and j < offsets[other + 1]:
        if ids[i] == ids[j]:
            return False
        if ids[i] < ids[j]:
            i += 1
        else:
            j += 1
    return True


@nb.njit(cache=True, nogil=True)
def _eligible_first(track: np.int32, group: np.int32, lists: Lists, apart: Groups, available: Flags) -> int:
    """Put the eligible members of a group first, drop those not available, and return how many are eligible."""
    offsets, members, live = lists
    begin = offsets[group]
    eligible, j = 0, 0
    while j < live[group]:
        other = members[begin + j]
        if not available[other]:
            live[group] -= 1
            members[begin + j] = members[begin + live[group]]
            continue
        if other != track and _are_disjoint(track, other, apart):
            members[begin + j] = members[begin + eligible]
            members[begin + eligible] = other
            eligible += 1
        j += 1
    return eligible


@nb.njit(cache=True, nogil=True)
def _is_blocked(track: np.int32, group: np.int32, apart: Groups, blockades: Blockades) -> bool:
    """Tell whether a track has all ids of a blockade of a group."""
    row, met, blocking = blockades
    if row[group] < 0:
        return False
    offsets, ids = apart
    own = ids[offsets[track] : offsets[track + 1]]
    for b in range(min(met[row[group]], BLOCKADES)):
        whole = True
        for wanted in blocking[row[group], b]:
            if wanted < 0:
                break
            place = np.searchsorted(own, wanted)
            if place == own.size or own[place] != wanted:
                whole = False
                break
        if whole:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def _block(track: np.int32, group: np.int32, lists: Lists, apart: Groups, blockades: Blockades) -> None:
    """Note a few of a track's ids such that every other live member of a group has one: the most frequent first."""
    row, met, blocking = blockades
    if row[group] < 0:
        return
    offsets, members, live = lists
    own = apart[1][apart[0][track] : apart[0][track + 1]]
    others = members[offsets[group] : offsets[group] + live[group]]
    others = others[others != track]
    found = np.full(BLOCKADE_IDS, -1, np.int32)
    count = 0
    while others.size > 0 and count < BLOCKADE_IDS:
        found[count], others = _most_frequent(own, others, apart)
        count += 1
    if count > 0 and others.size == 0:
        blocking[row[group], met[row[group]] % BLOCKADES] = found
        met[row[group]] += 1


@nb.njit(cache=True, nogil=True)
def _most_frequent(own: Ids, others: Ids, apart: Groups) -> tuple[np.int32, Ids]:
    """Return which of the ids `own` most of the tracks `others` have, the least of equals, and those without it."""
    offsets, ids = apart
    tracks = np.zeros(own.size, np.int64)
    for other in others:
        i, j = 0, offsets[other]
        while i < own.size and j < offsets[other + 1]:
            if own[i] == ids[j]:
                tracks[i] += 1
            if own[i] <= ids[j]:
                i += 1
            else:
                j += 1
    chosen = own[np.argmax(tracks)]
    size = 0
    without = np.empty_like(others)
    for other in others:
        j = offsets[other]
        while j < offsets[other + 1] and ids[j] < chosen:
            j += 1
        if j == offsets[other + 1] or ids[j] != chosen:
            without[size] = other
            size += 1
    return chosen, without[:size]
