"""Copy texts and rows from where they came to where they belong; find winners among occurrences."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import Int

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_PID_DIGITS = 18


@nb.njit(nogil=True, cache=True)
def _copy(source: Bytes, place: Int, length: Int, target: Bytes, put: Int) -> Int:
    """Copy a text (none if length is −1) and return the place behind it."""
    for index in range(length):
        target[put + index] = source[place + index]
    return put + max(length, 0)


@nb.njit(nogil=True, cache=True)
def playlist_text_bytes(playlists: Int64s) -> Int:
    """Bytes of all names and descriptions."""
    total = 0
    for row in range(playlists.shape[0]):
        total += max(playlists[row, layout.NAME + 1], 0) + max(playlists[row, layout.DESCRIPTION + 1], 0)
    return total


@nb.njit(nogil=True, cache=True)
def take_playlist_texts(buffer: Bytes, playlists: Int64s, texts: Bytes) -> None:
    """Copy names and descriptions one behind the other, and let the rows point there."""
    put: Int = 0
    for row in range(playlists.shape[0]):
        for column in (layout.NAME, layout.DESCRIPTION):
            place, playlists[row, column] = playlists[row, column], put
            put = _copy(buffer, place, playlists[row, column + 1], texts, put)


@nb.njit(nogil=True, cache=True)
def take_positions(playlists: Int64s, positions: Int32s) -> Int32s:
    """Return the positions of playlists that state them; EXPLICIT becomes their place in the result + 1."""
    total = 0
    for row in range(playlists.shape[0]):
        if playlists[row, layout.EXPLICIT]:
            total += playlists[row, layout.ENTRIES]
    taken = np.empty(total, np.int32)
    put = 0
    for row in range(playlists.shape[0]):
        if playlists[row, layout.EXPLICIT]:
            first, count = playlists[row, layout.FIRST], playlists[row, layout.ENTRIES]
            taken[put : put + count] = positions[first : first + count]
            playlists[row, layout.EXPLICIT] = put + 1
            put += count
    return taken


@nb.njit(nogil=True, cache=True)
def shift_places(playlists: Int64s, entries: Int, positions: Int, texts: Int) -> None:
    """Let rows that point into a block's arrays point into files that hold so much already."""
    for row in range(playlists.shape[0]):
        playlists[row, layout.FIRST] += entries
        playlists[row, layout.NAME] += texts
        playlists[row, layout.DESCRIPTION] += texts
        if playlists[row, layout.EXPLICIT]:
            playlists[row, layout.EXPLICIT] += positions


@nb.njit(nogil=True, cache=True)
def pid_order(pids: Int64s) -> Int64s:
    """Map pids to numbers in the order of their decimal texts: the digits + 1, left-justified, in base 11."""
    order = np.empty(pids.size, np.int64)
    for index in range(pids.size):
        digits, power = 1, 10
        while digits < _PID_DIGITS and pids[index] >= power:
            digits, power = digits + 1, power * 10
        value, rest = 0, pids[index]
        for _ in range(digits):
            power //= 10
            value = value * 11 + rest // power + 1
            rest %= power
        for _ in range(_PID_DIGITS - digits):
            value *= 11
        order[index] = value
    return order


@nb.njit(nogil=True, cache=True)
def place_entries(
    playlists: Int64s,
    first_id: Int,
    entries: Int32s,
    positions: Int32s,
    track_of: Int32s,
    rank: Int64s,
    first_rank: Int,
    ids: Int32s,
    places: Int32s,
    tracks: Int32s,
) -> None:
    """Write rows (playlist, position, track) of playlists given in order, and when each variant is first met.

    Args:
        playlists: their rows.
        first_id: id of the first of them.
        entries: variants of all entries.
        positions: of the playlists that state them.
        track_of: track of each variant.
        rank: for each variant the number of the entry that has it first, −1 so long as none has; updated.
        first_rank: number of the first entry here.
        ids: playlist ids, written.
        places: positions, written.
        tracks: track ids, written.
    """
    put = 0
    for row in range(playlists.shape[0]):
        first, explicit = playlists[row, layout.FIRST], playlists[row, layout.EXPLICIT] - 1
        for index in range(playlists[row, layout.ENTRIES]):
            variant = entries[first + index]
            if rank[variant] < 0:
                rank[variant] = first_rank + put
            ids[put] = first_id + row
            places[put] = positions[explicit + index] if explicit >= 0 else index
            tracks[put] = track_of[variant]
            put += 1


@nb.njit(nogil=True, cache=True)
def gather_texts(
    source: Bytes, places: Int64s, lengths: Int32s, prefix: Bytes, prefixed: Bools
) -> tuple[Int64s, Bytes]:
    """Copy texts one behind the other, some behind a prefix; returns (offsets, bytes) as Arrow has them."""
    offsets = np.zeros(places.size + 1, np.int64)
    for row in range(places.size):
        offsets[row + 1] = offsets[row] + max(lengths[row], 0) + (prefix.size if prefixed[row] else 0)
    data = np.empty(offsets[-1], np.uint8)
    for row in range(places.size):
        put = _copy(prefix, 0, prefix.size, data, offsets[row]) if prefixed[row] else offsets[row]
        _copy(source, places[row], np.int64(lengths[row]), data, put)
    return offsets, data


@nb.njit(nogil=True, cache=True)
def group_sorted(offsets: Int64s, data: Bytes, order: Words) -> tuple[Int32s, Int]:
    """Number texts, given in sorted order, by value; returns (number of each text, how many there are)."""
    groups = np.empty(order.size, np.int32)
    group = -1
    for index in range(order.size):
        row = np.int64(order[index])
        before = np.int64(order[max(index - 1, 0)])
        text, former = data[offsets[row] : offsets[row + 1]], data[offsets[before] : offsets[before + 1]]
        same = index > 0 and text.size == former.size
        place = 0
        while same and place < text.size:
            same = text[place] == former[place]
            place += 1
        group += not same
        groups[row] = group
    return groups, group + 1


@nb.njit(nogil=True, cache=True)
def first_of(groups: Int32s, rank: Int64s, present: Bools, count: Int) -> Int32s:
    """Return for each of `count` groups its present row of lowest rank, −1 if none is; group −1 is none."""
    winners = np.full(count, -1, np.int32)
    for row in range(groups.size):
        group = groups[row]
        if present[row] and group >= 0 and (winners[group] < 0 or rank[row] < rank[winners[group]]):
            winners[group] = row
    return winners


@nb.njit(nogil=True, cache=True)
def lowest_rank(rank: Int64s, target: Int32s, count: Int) -> Int64s:
    """Return for each of `count` targets the lowest rank of the rows that point to it (−1: to none)."""
    lowest = np.full(count, np.iinfo(np.int64).max, np.int64)
    for row in range(rank.size):
        if target[row] >= 0:
            lowest[target[row]] = min(lowest[target[row]], rank[row])
    return lowest


@nb.njit(nogil=True, cache=True)
def mark_disagreement(groups: Int32s, values: Words, present: Bools, marks: Bools) -> None:
    """Mark the groups whose present rows have more than one value."""
    value_of = np.zeros(marks.size, np.uint64)
    has_value = np.zeros(marks.size, np.bool_)
    for row in range(groups.size):
        group = groups[row]
        if present[row] and group >= 0:
            marks[group] |= has_value[group] and value_of[group] != values[row]
            value_of[group], has_value[group] = values[row], True
