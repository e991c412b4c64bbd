"""The scanner of XML records: their fields as flat lists of rows and cells, for every record it can vouch for.

It takes elements, attributes in either quotes, texts in valid UTF-8, XML's five entities and numeric references.
Whatever else stands in a record (a comment, CDATA, another entity, a control character, tags that do not match, text
between elements, …) makes it stop before that record: the strict reader decides.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, Int, load64
from pairmine.kernels.xml_names import NameTable, find_name
from pairmine.kernels.xml_runs import blank_run, double_quoted_run, markup_run, single_quoted_run, text_run
from pairmine.kernels.xml_text import GT, LT, NEWLINE, SLASH, TAB, is_blank, rare_end

Bytes = npt.NDArray[np.uint8]
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

SKIP = 0  # the node of all elements that are left out
UNKNOWN, NO_TEXT, IGNORED = -1, -2, -3
UNKNOWN_ELEMENT, UNKNOWN_ATTRIBUTE, FIRST_COLUMN = 0, 1, 2
DONE, GAP, ODD = 0, 1, 2
MAX_DEPTH = 64
CELLS, ROWS, RECORDS = 0, 1, 2
MIN_CELL_BYTES, MIN_ROW_BYTES, MIN_RECORD_BYTES = 4, 5, 8

_NODE, _NAME, _START, _SIZE, _ROW, _TRACK, _STACK = 0, 1, 2, 3, 4, 5, 6
_MAX_NEW_NAMES = 8
_MAX_INT32 = 2**31 - 1
_EQUALS, _DOUBLE, _SINGLE, _ZERO = ord("="), ord('"'), ord("'"), ord("0")
_IS_NAME = np.array([chr(byte).isalnum() and byte < 128 or chr(byte) in "_-." for byte in range(256)])
_IS_FIRST = np.array([chr(byte).isalpha() and byte < 128 or chr(byte) == "_" for byte in range(256)])


class Maps(NamedTuple):
    """What is known of the elements, the nodes: by (node, name) and by node."""

    names: NameTable
    children: Int16s  # node, or UNKNOWN
    attributes: Int16s  # code of a column, IGNORED or UNKNOWN
    table: Int16s  # table a node opens a row of, or −1
    kind: Int16s  # what that row's column `kind` holds, or −1
    text: Int16s  # code of a column, IGNORED or NO_TEXT


class Work(NamedTuple):
    """What was read of a chunk, and where the reader stands."""

    cells: Int32s  # (n, 4): code, row of its table, start, size (negative: holds references or returns)
    rows: Int32s  # (n, 4): table, record, row of the enclosing track or −1, kind
    ids: Int32s  # (n,): id of each record
    counts: Int64s  # cells, rows, records
    table_rows: Int64s  # rows of each table
    stack: Int32s  # (MAX_DEPTH, _STACK): the open elements
    new_names: Int32s  # (_MAX_NEW_NAMES, 2): unknown attributes of the element


class Kind(NamedTuple):
    """What makes a record: its element's name as 8 bytes, its size, node and name, the code of its id, …"""

    word: np.uint64
    size: int
    root: int
    name: int
    id_code: int
    track_table: int
    holds_own: int  # whether elements of that name, without children, stand in records


def new_work(size: int, tables: int) -> Work:
    """Return room for all that a chunk of `size` bytes can hold; untouched room costs no memory."""
    return Work(
        np.empty((size // MIN_CELL_BYTES + 1, 4), np.int32),
        np.empty((size // MIN_ROW_BYTES + 1, 4), np.int32),
        np.empty(size // MIN_RECORD_BYTES + 1, np.int32),
        np.zeros(3, np.int64),
        np.zeros(tables, np.int64),
        np.empty((MAX_DEPTH, _STACK), np.int32),
        np.empty((_MAX_NEW_NAMES, 2), np.int32),
    )


@nb.njit(nogil=True, cache=True, inline="always")
def _skip_blanks(buffer: Bytes, pos: Int) -> Int:
    """Return the place of the next byte that is no white space."""
    if not is_blank(buffer[pos]):
        return pos
    step = blank_run(buffer, pos)
    while step == WIDTH:
        pos += step
        step = blank_run(buffer, pos)
    return pos + step


@nb.njit(nogil=True, cache=True)
def is_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> bool:
    """Return whether a record begins at `pos` (where there is a `<`)."""
    low = (np.uint64(1) << np.uint64(8 * kind.size)) - np.uint64(1)
    if load64(buffer, pos + 1) & low != kind.word:
        return False
    pos += 1 + kind.size
    if not (is_blank(buffer[pos]) or buffer[pos] == GT or buffer[pos] == SLASH):
        return False
    if not kind.holds_own:
        return True
    while pos < end and buffer[pos] != GT and buffer[pos] != LT:
        pos += 1
    if pos >= end or buffer[pos] == LT or buffer[pos - 1] == SLASH:
        return False
    pos = _skip_blanks(buffer, pos + 1)
    return bool(buffer[pos] == LT and _IS_FIRST[buffer[pos + 1]])


@nb.njit(nogil=True, cache=True)
def next_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> Int:
    """Return the place at or behind `pos` where a record begins, `end` if none does."""
    while pos < end:
        step = markup_run(buffer, pos)
        pos += step
        if step < WIDTH:
            if pos < end and is_record(buffer, pos, end, kind):
                return pos
            pos += 1
    return end


@nb.njit(nogil=True, cache=True)
def last_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> Int:
    """Return the last place behind `pos` and before `end` where a record begins, −1 if none does."""
    place = end - 1
    while place > pos:
        if buffer[place] == LT and is_record(buffer, place, end, kind):
            return place
        place -= 1
    return -1


@nb.njit(nogil=True, cache=True, inline="always")
def _name_end(buffer: Bytes, pos: Int) -> Int:
    """Return the place behind the name at `pos`; `pos` itself: none begins there."""
    if _IS_FIRST[buffer[pos]]:
        pos += 1
        while _IS_NAME[buffer[pos]]:
            pos += 1
    return pos


@nb.njit(nogil=True, cache=True)
def _same(buffer: Bytes, first: Int, second: Int, size: Int) -> bool:
    for index in range(size):
        if buffer[first + index] != buffer[second + index]:
            return False
    return True


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
        coded |= is_coded or byte == NEWLINE or byte == TAB


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


@nb.njit(nogil=True, cache=True)
def _emit(buffer: Bytes, code: Int, row: Int, start: Int, end: Int, coded: bool, kind: Kind, work: Work) -> bool:
    """Add a cell; returns False if it is a record's id and no number, or the second."""
    cell = work.counts[CELLS]
    work.cells[cell, 0], work.cells[cell, 1] = code, row
    work.cells[cell, 2], work.cells[cell, 3] = start, start - end if coded else end - start
    work.counts[CELLS] = cell + 1
    if code != kind.id_code:
        return True
    record = work.counts[RECORDS]
    if work.ids[record] > 0 or coded:
        return False
    work.ids[record] = _id(buffer, start, end)
    return bool(work.ids[record] > 0)


@nb.njit(nogil=True, cache=True)
def _is_new(buffer: Bytes, start: Int, end: Int, count: Int, work: Work) -> bool:
    """Note the element's `count`-th unknown attribute; returns False if it is there already or there are too many."""
    if count >= _MAX_NEW_NAMES:
        return False
    for index in range(count):
        other, size = work.new_names[index, 0], work.new_names[index, 1]
        if size == end - start and _same(buffer, start, other, size):
            return False
    work.new_names[count, 0], work.new_names[count, 1] = start, end - start
    return True


@nb.njit(nogil=True, cache=True)
def _attributes(buffer: Bytes, pos: Int, node: Int, row: Int, kind: Kind, maps: Maps, work: Work) -> tuple[Int, bool]:
    """Read attributes up to the end of the tag: (place behind it, whether the element is empty); −1: not sound."""
    seen, new = np.uint64(0), 0
    while True:
        place = _skip_blanks(buffer, pos)
        if buffer[place] == GT:
            return place + 1, False
        if buffer[place] == SLASH:
            return (place + 2 if buffer[place + 1] == GT else -1), True
        end = _name_end(buffer, place)
        if place == pos or end == place:
            return -1, False
        number = find_name(buffer, place, end, maps.names)
        code = np.int64(IGNORED) if node == SKIP else np.int64(UNKNOWN)
        if number < 0:
            if not _is_new(buffer, place, end, new, work):
                return -1, False
            new += 1
        else:
            if number >= 64 or seen >> np.uint64(number) & np.uint64(1):
                return -1, False
            seen |= np.uint64(1) << np.uint64(number)
            code = np.int64(maps.attributes[node, number])
        if code == UNKNOWN:
            _emit(buffer, UNKNOWN_ATTRIBUTE, node, place, end, False, kind, work)
        pos = _skip_blanks(buffer, end)
        if buffer[pos] != _EQUALS:
            return -1, False
        pos = _skip_blanks(buffer, pos + 1)
        quote = buffer[pos]
        if quote != _DOUBLE and quote != _SINGLE:
            return -1, False
        start = pos + 1
        end, coded = _value_end(buffer, start, quote)
        if end < 0 or (code >= 0 and end > start and not _emit(buffer, code, row, start, end, coded, kind, work)):
            return -1, False
        pos = end + 1


@nb.njit(nogil=True, cache=True)
def _add_row(table: Int, node: Int, track: Int, maps: Maps, work: Work) -> Int:
    """Add a row to a table and return its number there."""
    place = work.counts[ROWS]
    work.rows[place, 0], work.rows[place, 1] = table, work.counts[RECORDS]
    work.rows[place, 2], work.rows[place, 3] = track, maps.kind[node]
    work.counts[ROWS] = place + 1
    work.table_rows[table] += 1
    return work.table_rows[table] - 1


@nb.njit(nogil=True, cache=True)
def _open(buffer: Bytes, pos: Int, end: Int, depth: Int, kind: Kind, maps: Maps, work: Work) -> tuple[Int, bool]:
    """Read the start tag at `pos`: (place behind it, whether the element is empty); place −1: not sound."""
    start = pos + 1
    stop = _name_end(buffer, start)
    if stop == start or depth == MAX_DEPTH:
        return -1, False
    stack = work.stack
    name = find_name(buffer, start, stop, maps.names)
    node, row, track = np.int64(kind.root), np.int64(0), np.int64(-1)
    if depth > 0:
        parent = stack[depth - 1, _NODE]
        row, track = np.int64(stack[depth - 1, _ROW]), np.int64(stack[depth - 1, _TRACK])
        node = np.int64(maps.children[parent, name]) if name >= 0 else np.int64(UNKNOWN if parent != SKIP else SKIP)
        if name == kind.name and is_record(buffer, pos, end, kind):
            return -1, False
        if node == UNKNOWN:
            _emit(buffer, UNKNOWN_ELEMENT, parent, start, stop, False, kind, work)
            node = np.int64(SKIP)
    table = np.int64(maps.table[node])
    if table >= 0:
        row = _add_row(table, node, track, maps, work)
        track = row if table == kind.track_table else track
    stack[depth, _NODE], stack[depth, _NAME], stack[depth, _ROW], stack[depth, _TRACK] = node, name, row, track
    stack[depth, _START], stack[depth, _SIZE] = start, stop - start
    if buffer[stop] == GT:
        return stop + 1, False
    return _attributes(buffer, stop, node, row, kind, maps, work)


@nb.njit(nogil=True, cache=True)
def _close(buffer: Bytes, pos: Int, depth: Int, maps: Maps, work: Work) -> Int:
    """Return the place behind the end tag whose name stands at `pos`, −1 if it is not that of the open element."""
    size = np.int64(work.stack[depth, _SIZE])
    name = work.stack[depth, _NAME]
    if name >= 0:
        end = _name_end(buffer, pos)
        if find_name(buffer, pos, end, maps.names) != name:
            return -1
    elif not _same(buffer, pos, np.int64(work.stack[depth, _START]), size):
        return -1
    pos += size
    if buffer[pos] != GT:
        pos = _skip_blanks(buffer, pos)
    return pos + 1 if buffer[pos] == GT else -1


@nb.njit(nogil=True, cache=True)
def _record(buffer: Bytes, pos: Int, end: Int, kind: Kind, maps: Maps, work: Work) -> Int:
    """Read the record at `pos` and return the place behind it, −1 if it cannot be vouched for."""
    depth, is_fresh = np.int64(-1), False
    work.ids[work.counts[RECORDS]] = -1
    while True:
        if buffer[pos + 1] == SLASH:
            pos = _close(buffer, pos + 2, depth, maps, work)
            depth, is_fresh = depth - 1, False
        else:
            pos, is_empty = _open(buffer, pos, end, depth + 1, kind, maps, work)
            depth, is_fresh = depth + (0 if is_empty else 1), not is_empty
        if pos < 0:
            return -1
        if depth < 0:
            return pos if work.ids[work.counts[RECORDS]] > 0 else -1
        start = _skip_blanks(buffer, pos)
        pos, coded = _text_end(buffer, start) if buffer[start] != LT else (start, False)
        if pos < 0:
            return -1
        code = np.int64(maps.text[work.stack[depth, _NODE]])
        if pos == start or code == IGNORED:
            continue
        if code == NO_TEXT or not is_fresh or buffer[pos + 1] != SLASH:
            return -1
        if not _emit(buffer, code, work.stack[depth, _ROW], start, pos, coded, kind, work):
            return -1


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
    table_rows = np.empty_like(work.table_rows)
    while True:
        pos = _skip_blanks(buffer, pos)
        if pos >= end:
            return end, DONE
        if buffer[pos] != LT or not is_record(buffer, pos, end, kind):
            return pos, GAP
        cells, rows = work.counts[CELLS], work.counts[ROWS]
        table_rows[:] = work.table_rows
        stop = _record(buffer, pos, end, kind, maps, work)
        if stop < 0 or stop > end:
            work.counts[CELLS], work.counts[ROWS] = cells, rows
            work.table_rows[:] = table_rows
            return pos, ODD
        work.counts[RECORDS] += 1
        pos = stop
