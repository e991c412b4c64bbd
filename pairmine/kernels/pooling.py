"""Relations as groups: built from rows in any order, and pooled over the members of other groups."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.comparing import same_bytes
from pairmine.kernels.groups import Groups, composed
from pairmine.kernels.groups import grouped as groups_of_rows

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@nb.njit(cache=True, nogil=True)
def group_rows(group_of, groups):  # type: ignore[no-untyped-def]
    """Return the rows of each group, in their order: offsets (groups + 1, int64) and rows (int32).

    Args:
        group_of: (rows,) int32 group of each row; those of −1 are left out.
        groups: how many there are.
    """
    offsets = np.zeros(groups + 1, np.int64)
    for group in group_of:
        if group >= 0:
            offsets[group + 1] += 1
    for group in range(groups):
        offsets[group + 1] += offsets[group]
    rows = np.empty(offsets[groups], np.int32)
    put = offsets[:-1].copy()
    for row in range(group_of.size):
        group = group_of[row]
        if group >= 0:
            rows[put[group]] = row
            put[group] += 1
    return offsets, rows


def grouped(group_of: Int32s, values: Int32s, groups: int) -> Groups:
    """Return each group's values, in the order of the rows; rows of group −1 are left out."""
    there = group_of >= 0
    return groups_of_rows(group_of[there], values[there], groups)


def sorted_distinct(groups: Groups) -> Groups:
    """Return the groups with each member once, ascending, members below 0 left out; the arrays are overwritten."""
    size = _sorted_distinct(groups.offsets, groups.members)
    return Groups(groups.offsets, groups.members[:size])


@nb.njit(cache=True, nogil=True)
def _sorted_distinct(offsets, members):  # type: ignore[no-untyped-def]
    write = 0
    begin = offsets[0]
    for group in range(offsets.size - 1):
        end = offsets[group + 1]
        _sort(members, begin, end)
        first = write
        for read in range(begin, end):
            member = members[read]
            if member >= 0 and (write == first or members[write - 1] != member):
                members[write] = member
                write += 1
        begin = end
        offsets[group + 1] = write
    return write


@nb.njit(cache=True, nogil=True)
def _sort(values, begin, end):  # type: ignore[no-untyped-def]
    """Sort part of an array; most parts hold a handful of values."""
    if end - begin > 32:
        values[begin:end] = np.sort(values[begin:end])
        return
    for index in range(begin + 1, end):
        value, place = values[index], index
        while place > begin and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


def pooled(groups: Groups, related: Groups) -> Groups:
    """Return for each group what its members are related to, each once, ascending.

    Args:
        groups: members are groups of `related`.
        related: what each is related to.
    """
    return sorted_distinct(composed(groups, related))


@nb.njit(cache=True, nogil=True)
def first_present(offsets, rows, present):  # type: ignore[no-untyped-def]
    """Return the first row of each group that is present (int32), −1 if none is."""
    winners = np.full(offsets.size - 1, -1, np.int32)
    for group in range(offsets.size - 1):
        for index in range(offsets[group], offsets[group + 1]):
            if present[rows[index]]:
                winners[group] = rows[index]
                break
    return winners


@nb.njit(cache=True, nogil=True)
def disagreeing(offsets, rows, text_offsets, texts):  # type: ignore[no-untyped-def]
    """Return how many groups hold rows of different texts (Arrow offsets and bytes)."""
    count = 0
    for group in range(offsets.size - 1):
        first = rows[offsets[group]]
        for index in range(offsets[group] + 1, offsets[group + 1]):
            left, right = text_offsets[first], text_offsets[rows[index]]
            length = text_offsets[first + 1] - left
            same_length = text_offsets[rows[index] + 1] - right == length
            if not (same_length and same_bytes(texts, left, texts, right, length)):
                count += 1
                break
    return count
