"""The scanner of XML records: their fields as flat lists of rows and cells, for every record it can vouch for.

It takes elements, attributes in either quotes, texts in valid UTF-8, XML's five entities and numeric references.
Whatever else stands in a record (a comment, CDATA, another entity, a control character, tags that do not match, text
between elements, …) makes it stop before that record: the strict reader decides.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, Int
from pairmine.kernels.comparing import same_bytes
from pairmine.kernels.memory import borrowed
from pairmine.kernels.xml_names import find_name
from pairmine.kernels.xml_records import Kind, is_record, name_end, skip_blanks
from pairmine.kernels.xml_runs import double_quoted_run, single_quoted_run, text_run
from pairmine.kernels.xml_text import GT, LT, NEWLINE, SLASH, TAB, is_blank, rare_end

Bytes = npt.NDArray[np.uint8]
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

SKIP = 0  # the node of all elements that are left out
UNKNOWN, NO_TEXT, IGNORED = -1, -2, -3
UNKNOWN_ELEMENT, UNKNOWN_ATTRIBUTE, FIRST_COLUMN = 0, 1, 2
DONE, GAP, ODD = 0, 1, 2
MAX_DEPTH = 64
CELLS, ROWS, RECORDS, FIRST_TABLE = 0, 1, 2, 3
TABLE, ROW_KIND, TEXT, FIRST_NAME = 0, 1, 2, 3
MIN_CELL_BYTES, MIN_ROW_BYTES, MIN_RECORD_BYTES = 4, 5, 8

_NODE, _NAME, _START, _SIZE, _ROW, _TRACK, _STACK = 0, 1, 2, 3, 4, 5, 6
_MAX_NEW_NAMES = 8
_MAX_INT32 = 2**31 - 1
_EQUALS, _DOUBLE, _SINGLE, _ZERO = ord("="), ord('"'), ord("'"), ord("0")


class Maps(NamedTuple):
    """What is known of the elements.

    `nodes` has a row for each: the table it opens a row of (or −1), what that row's column `kind` holds (or −1),
    where its text goes (code of a column, IGNORED or NO_TEXT); then for each name the child of that name (a node,
    or UNKNOWN); then for each name where the attribute of that name goes (code of a column, IGNORED or UNKNOWN).
    """

    names: Words
    nodes: Int16s


class Work(NamedTuple):
    """What was read of a chunk, and where the reader stands."""

    cells: Int32s  # (n, 4): code, row of its table, start, size (negative: holds references or returns)
    rows: Int32s  # (n, 4): table, record, row of the enclosing track or −1, kind
    ids: Int32s  # (n,): id of each record
    counts: Int64s  # cells, rows, records; then rows of each table
    stack: Int32s  # (MAX_DEPTH + …, 6): the open elements, then the unknown attributes of the last


def new_work(size: int, tables: int) -> Work:
    """Return room for all that a chunk of `size` bytes can hold; untouched room costs no memory."""
    return Work(
        np.empty((size // MIN_CELL_BYTES + 1, 4), np.int32),
        np.empty((size // MIN_ROW_BYTES + 1, 4), np.int32),
        np.empty(size // MIN_RECORD_BYTES + 1, np.int32),
        np.zeros(FIRST_TABLE + tables, np.int64),
        np.empty((MAX_DEPTH + _MAX_NEW_NAMES, _STACK), np.int32),
    )


@nb.njit(nogil=True, cache=True)
def _text_end(buffer: Bytes, pos: Int) -> tuple[Int, bool]:
    """Return (place of the markup behind the text at `pos`, whether to decode it); place −1: not sound."""
    coded = False
    while True:
        step = text_run(buffer, pos)
        pos += step
        if step == WIDTH:
            continue
        if buffer[pos] == LT:
            return pos, coded
        pos, is_coded = rare_end(buffer, pos)
        if pos < 0:
            return -1, False
        coded |= is_coded


@nb.njit(nogil=True, cache=True)
def _value_end(buffer: Bytes, pos: Int, quote: Int) -> tuple[Int, bool]:
    """Return (place of the closing quote, whether to decode the value at `pos`); place −1: not sound."""
    coded = False
    while True:
        step = double_quoted_run(buffer, pos) if quote == _DOUBLE else single_quoted_run(buffer, pos)
        pos += step
        if step == WIDTH:
            continue
        byte = buffer[pos]
        if byte == quote:
            return pos, coded
        if byte == LT:
            return -1, False
        pos, is_coded = rare_end(buffer, pos)
        if pos < 0:
            return -1, False
        coded |= is_coded or byte in (NEWLINE, TAB)


@nb.njit(nogil=True, cache=True)
def _id(buffer: Bytes, pos: Int, end: Int) -> Int:
    """Return the positive int32 written there, −1 if it is none."""
    while end > pos and is_blank(buffer[end - 1]):
        end -= 1
    value = np.int64(0)
    for place in range(pos, end):
        digit = np.int64(buffer[place]) - _ZERO
        if not 0 <= digit <= 9 or value > _MAX_INT32:
            return -1
        value = 10 * value + digit
    return value if 0 < value <= _MAX_INT32 else -1


@nb.njit(nogil=True, cache=True, inline="always")
def _emit(code: Int, row: Int, start: Int, end: Int, coded: bool, cells: Int32s, counts: Int64s) -> None:
    """Add a cell."""
    cell = counts[CELLS]
    cells[cell, 0], cells[cell, 1] = code, row
    cells[cell, 2], cells[cell, 3] = start, start - end if coded else end - start
    counts[CELLS] = cell + 1


@nb.njit(nogil=True, cache=True, inline="always")
def _take_id(buffer: Bytes, start: Int, end: Int, ids: Int32s, counts: Int64s) -> bool:
    """Note the record's id; returns False if it is no number, or the second."""
    record = counts[RECORDS]
    is_second = ids[record] > 0
    ids[record] = _id(buffer, start, end)
    return bool(ids[record] > 0 and not is_second)


@nb.njit(nogil=True, cache=True)
def _is_new(buffer: Bytes, start: Int, end: Int, count: Int, stack: Int32s) -> bool:
    """Note the element's `count`-th unknown attribute; returns False if it is there already or there are too many."""
    if count >= _MAX_NEW_NAMES:
        return False
    for index in range(MAX_DEPTH, MAX_DEPTH + count):
        other, size = np.int64(stack[index, _START]), np.int64(stack[index, _SIZE])
        if size == end - start and same_bytes(buffer, start, buffer, other, size):
            return False
    stack[MAX_DEPTH + count, _START], stack[MAX_DEPTH + count, _SIZE] = start, end - start
    return True


@nb.njit(nogil=True, cache=True, inline="always")
def _value(buffer: Bytes, pos: Int) -> tuple[Int, Int, bool]:
    """Return (start, end, whether to decode) of the attribute value whose `=` is due at `pos`; end −1: not sound."""
    pos = skip_blanks(buffer, pos)
    if buffer[pos] != _EQUALS:
        return pos, -1, False
    pos = skip_blanks(buffer, pos + 1)
    if buffer[pos] != _DOUBLE and buffer[pos] != _SINGLE:
        return pos, -1, False
    end, coded = _value_end(buffer, pos + 1, buffer[pos])
    return pos + 1, end, coded


@nb.njit(nogil=True, cache=True, inline="always")
def _attributes(
    buffer: Bytes,
    pos: Int,
    node: Int,
    row: Int,
    kind: Kind,
    names: Words,
    nodes: Int16s,
    cells: Int32s,
    ids: Int32s,
    counts: Int64s,
    stack: Int32s,
) -> tuple[Int, bool]:
    """Read attributes up to the end of the tag: (place behind it, whether the element is empty); −1: not sound."""
    seen, new = np.uint64(0), 0
    first = FIRST_NAME + (nodes.shape[1] - FIRST_NAME) // 2
    while True:
        start = skip_blanks(buffer, pos)
        if buffer[start] == GT:
            return start + 1, False
        if buffer[start] == SLASH:
            return (start + 2 if buffer[start + 1] == GT else -1), True
        end = name_end(buffer, start)
        if start == pos or end == start:
            return -1, False
        number = find_name(buffer, start, end, names)
        code = np.int64(IGNORED) if node == SKIP else np.int64(UNKNOWN)
        if number < 0:
            if not _is_new(buffer, start, end, new, stack):
                return -1, False
            new += 1
        else:
            if number >= 64 or seen >> np.uint64(number) & np.uint64(1):
                return -1, False
            seen |= np.uint64(1) << np.uint64(number)
            code = np.int64(nodes[node, first + number])
        if code == UNKNOWN:
            _emit(UNKNOWN_ATTRIBUTE, node, start, end, False, cells, counts)
        start, end, coded = _value(buffer, end)
        if end < 0:
            return -1, False
        if code == kind.id_code and (coded or not _take_id(buffer, start, end, ids, counts)):
            return -1, False
        if code >= 0 and end > start:
            _emit(code, row, start, end, coded, cells, counts)
        pos = end + 1


@nb.njit(nogil=True, cache=True, inline="always")
def _add_row(table: Int, row_kind: Int, track: Int, rows: Int32s, counts: Int64s) -> Int:
    """Add a row to a table and return its number there."""
    place = counts[ROWS]
    rows[place, 0], rows[place, 1] = table, counts[RECORDS]
    rows[place, 2], rows[place, 3] = track, row_kind
    counts[ROWS] = place + 1
    counts[FIRST_TABLE + table] += 1
    return np.int64(counts[FIRST_TABLE + table]) - 1


@nb.njit(nogil=True, cache=True, inline="always")
def _open(
    buffer: Bytes,
    pos: Int,
    end: Int,
    depth: Int,
    kind: Kind,
    names: Words,
    nodes: Int16s,
    cells: Int32s,
    rows: Int32s,
    ids: Int32s,
    counts: Int64s,
    stack: Int32s,
) -> tuple[Int, bool]:
    """Read the start tag at `pos`: (place behind it, whether the element is empty); place −1: not sound."""
    start = pos + 1
    stop = name_end(buffer, start)
    if stop == start or depth == MAX_DEPTH:
        return -1, False
    name = find_name(buffer, start, stop, names)
    node, row, track = np.int64(kind.root), np.int64(0), np.int64(-1)
    if depth > 0:
        parent = np.int64(stack[depth - 1, _NODE])
        row, track = np.int64(stack[depth - 1, _ROW]), np.int64(stack[depth - 1, _TRACK])
        if name == kind.name and is_record(buffer, pos, end, kind):
            return -1, False
        node = np.int64(SKIP)
        if parent != SKIP:
            node = np.int64(nodes[parent, FIRST_NAME + name]) if name >= 0 else np.int64(UNKNOWN)
        if node == UNKNOWN:
            _emit(UNKNOWN_ELEMENT, parent, start, stop, False, cells, counts)
            node = np.int64(SKIP)
    table = np.int64(nodes[node, TABLE])
    if table >= 0:
        row = np.int64(_add_row(table, nodes[node, ROW_KIND], track, rows, counts))
        track = row if table == kind.track_table else track
    stack[depth, _NODE], stack[depth, _NAME], stack[depth, _ROW], stack[depth, _TRACK] = node, name, row, track
    stack[depth, _START], stack[depth, _SIZE] = start, stop - start
    if buffer[stop] == GT:
        return stop + 1, False
    return _attributes(buffer, stop, node, row, kind, names, nodes, cells, ids, counts, stack)


@nb.njit(nogil=True, cache=True, inline="always")
def _close(buffer: Bytes, pos: Int, depth: Int, stack: Int32s) -> Int:
    """Return the place behind the end tag whose name stands at `pos`, −1 if it is not that of the open element."""
    start, size = np.int64(stack[depth, _START]), np.int64(stack[depth, _SIZE])
    if not same_bytes(buffer, pos, buffer, start, size):
        return -1
    pos += size
    if buffer[pos] != GT:
        pos = skip_blanks(buffer, pos)
    return pos + 1 if buffer[pos] == GT else -1


@nb.njit(nogil=True, cache=True)
def _record(
    buffer: Bytes,
    pos: Int,
    end: Int,
    kind: Kind,
    names: Words,
    nodes: Int16s,
    cells: Int32s,
    rows: Int32s,
    ids: Int32s,
    counts: Int64s,
    stack: Int32s,
) -> Int:
    """Read the record at `pos` and return the place behind it, −1 if it cannot be vouched for."""
    depth, is_fresh = np.int64(-1), False
    ids[counts[RECORDS]] = -1
    while True:
        if buffer[pos + 1] == SLASH:
            pos = _close(buffer, pos + 2, depth, stack)
            depth, is_fresh = depth - 1, False
        else:
            pos, is_empty = _open(
                buffer, pos, end, depth + 1, kind, names, nodes, cells, rows, ids, counts, stack
            )  # fmt: skip
            depth, is_fresh = depth + (0 if is_empty else 1), not is_empty
        if pos < 0:
            return -1
        if depth < 0:
            return pos if ids[counts[RECORDS]] > 0 else -1
        start = skip_blanks(buffer, pos)
        pos, coded = _text_end(buffer, start) if buffer[start] != LT else (start, False)
        if pos < 0:
            return -1
        code = np.int64(nodes[stack[depth, _NODE], TEXT])
        if pos == start or code == IGNORED:
            continue
        if code == NO_TEXT or not is_fresh or buffer[pos + 1] != SLASH:
            return -1
        if code == kind.id_code and (coded or not _take_id(buffer, start, pos, ids, counts)):
            return -1
        _emit(code, np.int64(stack[depth, _ROW]), start, pos, coded, cells, counts)


@nb.njit(nogil=True, cache=True)
def scan_records(buffer: Bytes, pos: Int, end: Int, kind: Kind, maps: Maps, work: Work) -> tuple[Int, int]:
    """Read records until one cannot be vouched for or something else stands there.

    Args:
        buffer: the data, zeros behind it.
        pos: where to begin, outside of records.
        end: where the data ends.
        kind: what a record is.
        maps: what it may hold.
        work: filled from its counts on.

    Returns:
        (place of the first byte that was not taken, white space aside; DONE at the end, GAP before something that
        is no record, ODD before a record for the strict reader).
    """
    buffer, names, nodes = borrowed(buffer), borrowed(maps.names), borrowed(maps.nodes)
    cells, rows, ids = borrowed(work.cells), borrowed(work.rows), borrowed(work.ids)
    counts, stack = borrowed(work.counts), borrowed(work.stack)
    before = np.empty_like(counts)
    while True:
        pos = skip_blanks(buffer, pos)
        if pos >= end:
            return end, DONE
        if buffer[pos] != LT or not is_record(buffer, pos, end, kind):
            return pos, GAP
        before[:] = counts
        stop = _record(buffer, pos, end, kind, names, nodes, cells, rows, ids, counts, stack)
        if stop < 0 or stop > end:
            counts[:] = before
            return pos, ODD
        counts[RECORDS] += 1
        pos = stop
