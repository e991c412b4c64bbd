"""Groups of tracks (playlists, an artist's tracks) as offsets and members; each member counts once."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.memory import prefetch

AHEAD = 16


class Groups(NamedTuple):
    """Group g has the members `members[offsets[g]:offsets[g + 1]]` (G + 1 int64, M int32)."""

    offsets: npt.NDArray[np.int64]
    members: npt.NDArray[np.int32]


def distinct(groups: Groups, kept: npt.NDArray[np.bool_], max_size: int | None = None) -> Groups:
    """Return the groups with each kept track once; groups of more than `max_size` such tracks become empty.

    Args:
        groups: members may repeat; both arrays are overwritten, since a copy would double the memory.
        kept: one flag a track; the others vanish.
        max_size: largest number of distinct kept tracks of a group, None for no limit.
    """
    size = _distinct(groups.offsets, groups.members, kept, -1 if max_size is None else max_size)
    return Groups(groups.offsets, groups.members[:size])


@nb.njit(cache=True, nogil=True)
def _distinct(offsets, members, kept, max_size):  # type: ignore[no-untyped-def]
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
        if 0 <= max_size < write - first:
            write = first
        begin = end
        offsets[group + 1] = write
    return write


@nb.njit(cache=True, nogil=True)
def membership_counts(members, tracks):  # type: ignore[no-untyped-def]
    """Return in how many groups each of `tracks` tracks stands (int64), given distinct members."""
    counts = np.zeros(tracks, np.int64)
    for track in members:
        counts[track] += 1
    return counts
