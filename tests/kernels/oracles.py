"""Slow and obvious versions of the kernels."""

import math
from collections import Counter
from itertools import combinations

import numpy as np

from pairmine import seeding
from pairmine.kernels.groups import Groups


def groups_of(lists: list[list[int]]) -> Groups:
    offsets = np.cumsum([0, *map(len, lists)]).astype(np.int64)
    return Groups(offsets, np.array([member for group in lists for member in group], np.int32))


def distinct_lists(lists: list[list[int]]) -> list[list[int]]:
    return [list(dict.fromkeys(group)) for group in lists]


def score_of(score: str, shared: int, a: int, b: int, total: int) -> np.float32:
    lift = shared * total / (a * b)
    values = {
        "count": shared,
        "cosine": shared / math.sqrt(a * b),
        "jaccard": shared / (a + b - shared),
        "lift": lift,
        "npmi": 1.0 if shared == total else math.log(lift) / -math.log(shared / total),
    }
    return np.float32(values[score])


def top_k(
    lists: list[list[int]], tracks: int, k: int, stream: int, score: str, ties: str, min_count: int
) -> list[list]:
    """Return for every track its best partners as (id, score), by counting every pair of every group."""
    groups = [group for group in distinct_lists(lists) if group]
    sizes = Counter(track for group in groups for track in group)
    shared = Counter(frozenset(pair) for group in groups for pair in combinations(group, 2))
    best: list[list] = [[] for _ in range(tracks)]
    for pair, count in shared.items():
        if count < min_count:
            continue
        a, b = pair
        value = score_of(score, count, sizes[a], sizes[b], len(groups))
        best[a].append((b, value))
        best[b].append((a, value))

    def place(partner: tuple[int, np.float32]) -> tuple:
        track, value = partner
        rarity = sizes[track] if ties == "rarer" else 0
        return -value, rarity, int(seeding.mix(stream, track))

    return [sorted(partners, key=place)[:k] for partners in best]


def co_epoch(lists: list[list[int]], visit: int, shuffle: int, pool: bool) -> list[tuple[int, int, int]]:
    """Pair the members of every group two by two."""
    available = {track for group in lists for track in group}
    pairs = []
    for group in sorted(range(len(lists)), key=lambda g: int(seeding.mix(visit, g))):
        place = int(seeding.mix(shuffle, group))
        members = [track for track in dict.fromkeys(lists[group]) if track in available]
        members.sort(key=lambda track: int(seeding.mix32(np.uint64(track ^ place))))
        for a, b in zip(members[::2], members[1::2], strict=False):
            pairs.append((a, b, group))
            if pool:
                available -= {a, b}
    return pairs


def tco_epoch(neighbours: list[list], visit: int, choice: int) -> list[tuple[int, int, float]]:
    """Match every available track with one of its available neighbours."""
    available = set(range(len(neighbours)))
    pairs = []
    for track in sorted(range(len(neighbours)), key=lambda t: int(seeding.mix(visit, t))):
        free = [partner for partner in neighbours[track] if partner[0] in available]
        if track in available and free:
            other, score = free[int(seeding.mix(choice, track)) * len(free) >> 32]
            pairs.append((track, other, score))
            available -= {track, other}
    return pairs


def constrained_epoch(
    groups: list[list[int]],
    apart: list[set[int]],
    partners: list[list[int]],
    visit: int,
    choice: int,
    max_pairs: int | None,
    large: int,
) -> list[tuple[int, int, int]]:
    """Match every available track with a random eligible member of a partner of one of its groups.

    Follows the draws of kernels/constrained.py: lists of live members, tries, walks and blockades.
    """
    tracks = len(apart)
    own = [[g for g, members in enumerate(groups) if track in members] for track in range(tracks)]
    live, size = [list(members) for members in groups], [len(members) for members in groups]
    blockades: list[list[list[int]]] = [[] for _ in groups]
    available = set(range(tracks))
    linked: Counter[int] = Counter()
    pairs = []

    def place(track: int, count: int) -> int:
        nonlocal draws
        key = int(seeding.mix(choice, track))
        draws += 1
        return int(seeding.mix32(np.uint64((draws - 1) ^ key))) * count >> 32

    def fits(track: int, other: int) -> bool:
        return other in available and other != track and not apart[track] & apart[other]

    def drop(group: int, at: int) -> None:
        live[group][at] = live[group][-1]
        live[group].pop()

    def member(track: int, group: int) -> int | None:
        members, tries = live[group], 0
        if any(set(ids) <= apart[track] for ids in blockades[group]):
            return None
        while members and tries < 4 + len(members) // 4:
            at = place(track, len(members))
            if members[at] not in available:
                drop(group, at)
            elif fits(track, members[at]):
                return members[at]
            else:
                tries += 1
        at = eligible = 0
        while at < len(members):
            if members[at] not in available:
                drop(group, at)
                continue
            if fits(track, members[at]):
                members[at], members[eligible] = members[eligible], members[at]
                eligible += 1
            at += 1
        if eligible:
            return members[place(track, eligible)]
        if size[group] >= large:
            others, found = [apart[other] for other in members if other != track], []
            while others and len(found) < 6:
                found.append(max(sorted(apart[track]), key=lambda each: sum(each in ids for ids in others)))
                others = [ids for ids in others if found[-1] not in ids]
            if found and not others:
                blockades[group].append(found)
        return None

    for track in sorted(range(tracks), key=lambda t: int(seeding.mix(visit, t))):
        ways = [(group, partner) for group in own[track] for partner in partners[group]]
        draws = 0
        while ways and track in available:
            at = place(track, len(ways))
            group, partner = ways[at]
            ways[at] = ways[-1]
            ways.pop()
            if partner < 0 or (max_pairs is not None and linked[group] >= max_pairs):
                continue
            other = member(track, partner)
            if other is not None:
                pairs.append((track, other, group))
                available -= {track, other}
                linked[group] += 1
    return pairs
