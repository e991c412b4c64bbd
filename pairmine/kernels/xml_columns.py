"""From the scanner's cells and rows to columns."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import PADDING, WIDTH, Int
from pairmine.kernels.memory import borrowed
from pairmine.kernels.xml_runs import copy_lanes
from pairmine.kernels.xml_text import AMP, decode, is_blank, reference

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_MAX_INT32 = 2**31 - 1
_ZERO = ord("0")
_TRUE, _FALSE = b"true", b"false"


@nb.njit(nogil=True, cache=True)
def grouped(rows: Int32s, count: Int, groups: Int) -> tuple[Int32s, Int64s]:
    """Order rows by their first column, stably.

    Args:
        rows: (n, 4) int32, the first column from 0 to `groups` − 1.
        count: how many of them.
        groups: number of groups.

    Returns:
        (count, 3) int32: the other columns in order; (groups + 1,) int64: where each group begins.
    """
    starts = np.zeros(groups + 1, np.int64)
    for index in range(count):
        starts[rows[index, 0] + 1] += 1
    for group in range(groups):
        starts[group + 1] += starts[group]
    put = starts[:-1].copy()
    ordered = np.empty((count, 3), np.int32)
    for index in range(count):
        place = put[rows[index, 0]]
        put[rows[index, 0]] = place + 1
        for column in range(3):
            ordered[place, column] = rows[index, column + 1]
    return ordered, starts


@nb.njit(nogil=True, cache=True)
def places(records: Int32s) -> Int32s:
    """Return the place of each row within its record, from 0; rows of a record stand together."""
    place = np.zeros(records.size, np.int32)
    for row in range(1, records.size):
        place[row] = place[row - 1] + 1 if records[row] == records[row - 1] else 0
    return place


@nb.njit(nogil=True, cache=True)
def _is_empty(buffer: Bytes, start: Int, size: Int) -> bool:
    """Return whether a text is white space only, decoded if `size` is negative."""
    pos: Int = start
    end = start + max(size, -size)
    while pos < end:
        point: Int = np.int64(buffer[pos])
        if point == AMP and size < 0:
            point, pos = reference(buffer, pos)
        else:
            pos += 1
        if not is_blank(point):
            return False
    return True


@nb.njit(nogil=True, cache=True)
def cell_of_row(buffer: Bytes, cells: Int32s, rows: Int) -> tuple[Int32s, Int]:
    """Return the first cell of each row that is not empty (−1: none), and how many more such cells there are."""
    buffer, cells = borrowed(buffer), borrowed(cells)
    first = np.full(rows, -1, np.int32)
    repeats = 0
    for cell in range(cells.shape[0]):
        if _is_empty(buffer, np.int64(cells[cell, 1]), np.int64(cells[cell, 2])):
            continue
        if first[cells[cell, 0]] < 0:
            first[cells[cell, 0]] = cell
        else:
            repeats += 1
    return first, repeats


@nb.njit(nogil=True, cache=True)
def _bytes_of(cells: Int32s) -> Int:
    total: Int = 0
    for cell in range(cells.shape[0]):
        total += abs(np.int64(cells[cell, 2]))
    return total


@nb.njit(nogil=True, cache=True)
def _copy_stripped(source: Bytes, start: Int, end: Int, target: Bytes, put: Int) -> Int:
    """Copy a text without the white space around it, and return the place behind it; both may be one array.

    Up to 32 bytes more are read and written.
    """
    while end > start and is_blank(source[end - 1]):
        end -= 1
    while start < end and is_blank(source[start]):
        start += 1
    for index in range(0, end - start, WIDTH):
        copy_lanes(source, start + index, target, put + index)
    return put + end - start


@nb.njit(nogil=True, cache=True)
def _put(buffer: Bytes, start: Int, size: Int, is_attribute: bool, target: Bytes, put: Int) -> Int:
    """Copy a text, decoded if `size` is negative, without the white space around it; returns the place behind it."""
    if size >= 0:
        return _copy_stripped(buffer, start, start + size, target, put)
    return _copy_stripped(target, put, decode(buffer, start, start - size, is_attribute, target, put), target, put)


@nb.njit(nogil=True, cache=True)
def texts(buffer: Bytes, cells: Int32s, first: Int32s, is_attribute: bool) -> tuple[Int32s, Bytes, Bytes, Int]:
    """Return (offsets, bytes, validity bits, nulls) of a column of texts; an empty text is null.

    Args:
        buffer: the data.
        cells: (n, 3) int32: row, start, size (negative: to decode).
        first: the cell of each row, −1 for none.
        is_attribute: how white space is normalised.
    """
    buffer, cells, first = borrowed(buffer), borrowed(cells), borrowed(first)
    data = np.empty(_bytes_of(cells) + PADDING, np.uint8)
    target = borrowed(data)
    offsets = np.zeros(first.size + 1, np.int32)
    valid = np.zeros((first.size + 7) // 8, np.uint8)
    put: Int = np.int64(0)
    nulls = 0
    for row in range(first.size):
        cell = first[row]
        if cell >= 0:
            put = _put(buffer, np.int64(cells[cell, 1]), np.int64(cells[cell, 2]), is_attribute, target, put)
        offsets[row + 1] = put
        if offsets[row + 1] > offsets[row]:
            valid[row >> 3] |= 1 << (row & 7)
        else:
            nulls += 1
    return offsets, data[:put], valid, nulls


@nb.njit(nogil=True, cache=True)
def lists(buffer: Bytes, cells: Int32s, rows: Int) -> tuple[Int32s, Int32s, Bytes]:
    """Return (offsets of the lists, offsets of the texts, bytes) of a column of lists; empty texts are left out."""
    buffer, cells = borrowed(buffer), borrowed(cells)
    data = np.empty(_bytes_of(cells) + PADDING, np.uint8)
    target = borrowed(data)
    of_rows = np.zeros(rows + 1, np.int32)
    of_texts = np.zeros(cells.shape[0] + 1, np.int32)
    put: Int = np.int64(0)
    count = 0
    for cell in range(cells.shape[0]):
        end = _put(buffer, np.int64(cells[cell, 1]), np.int64(cells[cell, 2]), False, target, put)
        if end > put:
            count += 1
            of_texts[count] = end
            of_rows[cells[cell, 0] + 1] += 1
        put = end
    for row in range(rows):
        of_rows[row + 1] += of_rows[row]
    return of_rows, of_texts[: count + 1], data[:put]


@nb.njit(nogil=True, cache=True)
def numbers(buffer: Bytes, cells: Int32s, first: Int32s) -> tuple[Int32s, Int]:
    """Return (values, malformed ones) of a column of numbers from 0 to 2³¹ − 1; −1 for none."""
    values = np.full(first.size, -1, np.int32)
    buffer, cells, first = borrowed(buffer), borrowed(cells), borrowed(first)
    room = np.empty(_bytes_of(cells) + PADDING, np.uint8)
    malformed: Int = 0
    for row in range(first.size):
        cell = first[row]
        if cell < 0:
            continue
        end = _put(buffer, np.int64(cells[cell, 1]), np.int64(cells[cell, 2]), False, room, 0)
        value = np.int64(0)
        for place in range(end):
            digit = np.int64(room[place]) - _ZERO
            value = 10 * value + digit if 0 <= digit <= 9 and 0 <= value <= _MAX_INT32 else np.int64(-1)
        is_number = end > 0 and 0 <= value <= _MAX_INT32
        malformed += end > 0 and not is_number
        values[row] = value if is_number else -1
    return values, malformed


@nb.njit(nogil=True, cache=True)
def _is_word(room: Bytes, end: Int, word: bytes) -> bool:
    if end != len(word):
        return False
    place = 0
    while place < end and room[place] == word[place]:
        place += 1
    return bool(place == end)


@nb.njit(nogil=True, cache=True)
def truths(buffer: Bytes, cells: Int32s, first: Int32s) -> tuple[Int32s, Int]:
    """Return (1 for true, 0 for false, −1 for none; malformed ones) of a column of truth values."""
    values = np.full(first.size, -1, np.int32)
    buffer, cells, first = borrowed(buffer), borrowed(cells), borrowed(first)
    room = np.empty(_bytes_of(cells) + PADDING, np.uint8)
    malformed: Int = 0
    for row in range(first.size):
        cell = first[row]
        if cell < 0:
            continue
        end = _put(buffer, np.int64(cells[cell, 1]), np.int64(cells[cell, 2]), True, room, 0)
        if _is_word(room, end, _TRUE):
            values[row] = 1
        elif _is_word(room, end, _FALSE):
            values[row] = 0
        else:
            malformed += end > 0
    return values, malformed


@nb.njit(nogil=True, cache=True)
def mark_seen(ids: Int32s, seen: Bytes, new: npt.NDArray[np.bool_]) -> Int:
    """Mark ids in a bitmap; `new` says which were not there yet. Returns how many were."""
    met = 0
    for index in range(ids.size):
        place, bit = ids[index] >> 3, np.uint8(1 << (ids[index] & 7))
        new[index] = not seen[place] & bit
        seen[place] |= bit
        met += not new[index]
    return met
