"""Groups of tracks (playlists, an artist's tracks) as offsets and members; each member counts once."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.memory import prefetch

AHEAD = 16


class Groups(NamedTuple):
    """Group g has the members `members[offsets[g]:offsets[g + 1]]` (G + 1 int64, M int32)."""

    offsets: npt.NDArray[np.int64]
    members: npt.NDArray[np.int32]


def distinct(groups: Groups, kept: npt.NDArray[np.bool_], max_size: int | None = None, min_size: int = 1) -> Groups:
    """Return the groups with each kept track once; those of fewer or more such tracks than allowed become empty.

    Args:
        groups: members may repeat; both arrays are overwritten, since a copy would double the memory.
        kept: one flag a track; the others vanish.
        max_size: largest number of distinct kept tracks of a group, None for no limit.
        min_size: smallest number.
    """
    size = _distinct(groups.offsets, groups.members, kept, -1 if max_size is None else max_size, min_size)
    return Groups(groups.offsets, groups.members[:size])


@nb.njit(cache=True, nogil=True)
def _distinct(offsets, members, kept, max_size, min_size):  # type: ignore[no-untyped-def]
    last_group = np.full(kept.size, -1, np.int32)
    write = 0
    begin = offsets[0]
    for group in range(offsets.size - 1):
        end = offsets[group + 1]
        first = write
        for read in range(begin, end):
            prefetch(last_group, members[min(read + AHEAD, members.size - 1)])
            track = members[read]
            if kept[track] and last_group[track] != group:
                last_group[track] = group
                members[write] = track
                write += 1
        if write - first < min_size or 0 <= max_size < write - first:
            write = first
        begin = end
        offsets[group + 1] = write
    return write


def grouped(group_ids: npt.NDArray[np.integer[Any]], members: npt.NDArray[np.integer[Any]], groups: int) -> Groups:
    """Return rows (group, member) as groups; the members of a group stay in the order of the rows."""
    offsets = np.zeros(groups + 1, np.int64)
    np.cumsum(np.bincount(group_ids, minlength=groups), out=offsets[1:])
    return Groups(offsets, _placed(group_ids, members, offsets[:-1].copy(), np.empty(members.size, np.int32)))


def transposed(groups: Groups, members: int) -> Groups:
    """Return the groups of each of `members` members, ascending."""
    offsets = np.zeros(members + 1, np.int64)
    np.cumsum(np.bincount(groups.members, minlength=members), out=offsets[1:])
    return Groups(offsets, _transposed(*groups, offsets[:-1].copy(), np.empty(groups.members.size, np.int32)))


def composed(groups: Groups, others: Groups) -> Groups:
    """Return for each group the groups in `others` of its members, with repeats: an artist's labels by its tracks."""
    sizes = np.diff(others.offsets)[groups.members]
    ends = np.concatenate(([0], np.cumsum(sizes)))
    return Groups(ends[groups.offsets], _composed(groups.members, *others, np.empty(ends[-1], np.int32)))


@nb.njit(cache=True, nogil=True)
def _composed(members, offsets, others, composed):  # type: ignore[no-untyped-def]
    size = 0
    for member in members:
        for i in range(offsets[member], offsets[member + 1]):
            composed[size] = others[i]
            size += 1
    return composed


@nb.njit(cache=True, nogil=True)
def _placed(group_ids, members, places, placed):  # type: ignore[no-untyped-def]
    for i in range(members.size):
        placed[places[group_ids[i]]] = members[i]
        places[group_ids[i]] += 1
    return placed


@nb.njit(cache=True, nogil=True)
def _transposed(offsets, members, places, placed):  # type: ignore[no-untyped-def]
    for group in range(offsets.size - 1):
        for i in range(offsets[group], offsets[group + 1]):
            placed[places[members[i]]] = group
            places[members[i]] += 1
    return placed


@nb.njit(cache=True, nogil=True)
def membership_counts(members, tracks):  # type: ignore[no-untyped-def]
    """Return in how many groups each of `tracks` tracks stands (int64), given distinct members."""
    counts = np.zeros(tracks, np.int64)
    for track in members:
        counts[track] += 1
    return counts
