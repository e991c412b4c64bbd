"""The fast scanner: playlists in MPD JSON to flat arrays, for every playlist it can vouch for.

It takes any white space, any order of keys, escapes and unknown keys. What is unusual (a wrong type, a number
out of range or with a fraction, invalid UTF-8, a lone surrogate, a key that stands twice, positions out of
order, JSON that is not whole) it leaves to the strict reader: it stops before that playlist. Buffers are
padded as `byte_runs` says, with zeros.
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int, load64
from pairmine.kernels.json_keys import UNKNOWN, key_table, read_key
from pairmine.kernels.json_texts import text_end, unescape
from pairmine.kernels.json_values import WHOLE, skip_blanks, skip_value
from pairmine.kernels.playlist_arrays import (
    DESCRIPTION,
    ENTRIES,
    EXPLICIT,
    FIRST,
    NAME,
    NUMBER,
    NUMBERS,
    PID,
    PLAYLIST_COLUMNS,
    SPAN_COLUMNS,
    TEXTS,
    TRACK_URI,
)

BEFORE_FIRST, BEFORE_NEXT, AFTER = 0, 1, 2

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_ENTRY_KEYS = (*TEXTS, "duration_ms", "pos")
_ENTRY_DURATION, _ENTRY_POS = 6, 7
_PLAYLIST_KEYS = ("name", "description", *NUMBERS, "pid", "tracks")
_P_NUMBER, _P_COLLABORATIVE, _P_PID, _P_TRACKS = 2, 9, 10, 11
_NUMBER_MAX = tuple(NUMBERS.values())
_UNSURE = -1
_EXACT_FLOAT = 2**53
_QUOTE, _COMMA, _ZERO, _DOT = ord('"'), ord(","), ord("0"), ord(".")
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_TRUE, _FALSE, _NULL = (int.from_bytes(word, "little") for word in (b"true", b"alse", b"null"))
_ENTRY_TABLE, _PLAYLIST_TABLE = key_table(_ENTRY_KEYS), key_table(_PLAYLIST_KEYS)


@nb.njit(nogil=True, cache=True, inline="always")
def _word(buffer: Bytes, pos: Int, word: Int) -> bool:
    return bool(np.uint32(load64(buffer, pos)) == np.uint32(word))


@nb.njit(nogil=True, cache=True, inline="always")
def _number(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (value, place behind it) of a whole number (also as 3.0) or null (−1); place −1: neither."""
    start, value = pos, np.int64(0)
    digit = np.int64(buffer[pos]) - _ZERO
    while 0 <= digit <= 9 and pos < start + 18:
        value = 10 * value + digit
        pos += 1
        digit = np.int64(buffer[pos]) - _ZERO
    if pos == start:
        return -1, (pos + 4 if _word(buffer, pos, _NULL) else _UNSURE)
    if buffer[start] == _ZERO and pos > start + 1:
        return 0, _UNSURE
    if buffer[pos] == _DOT and value <= _EXACT_FLOAT:
        start, pos = pos + 1, pos + 1
        while buffer[pos] == _ZERO:
            pos += 1
        return value, (pos if pos > start else _UNSURE)
    return value, pos


@nb.njit(nogil=True, cache=True)
def _truth(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (1, 0 or −1, place behind it) of true, false (also as strings) or null; place −1: neither."""
    quoted = buffer[pos] == _QUOTE
    start = pos + quoted
    if _word(buffer, start, _TRUE):
        value, stop = 1, start + 4
    elif buffer[start] == ord("f") and _word(buffer, start + 1, _FALSE):
        value, stop = 0, start + 5
    elif not quoted and _word(buffer, start, _NULL):
        value, stop = -1, start + 4
    else:
        return 0, _UNSURE
    if not quoted:
        return value, stop
    return value, (stop + 1 if buffer[stop] == _QUOTE else _UNSURE)


@nb.njit(nogil=True, cache=True, inline="always")
def _next_member(buffer: Bytes, pos: Int, close: Int) -> tuple[Int, bool]:
    """Return (place of the next member, False), or (place behind the close, True); place −1: neither."""
    pos = skip_blanks(buffer, pos)
    if buffer[pos] == _COMMA:
        return skip_blanks(buffer, pos + 1), False
    return (pos + 1 if buffer[pos] == close else _UNSURE), True


@nb.njit(nogil=True, cache=True, inline="always")
def _text(buffer: Bytes, pos: Int) -> tuple[Int, bool, Int]:
    """Return (length, whether there are escapes, place behind it) of a text or null (−1); place −1: neither."""
    if buffer[pos] != _QUOTE:
        return -1, False, (pos + 4 if _word(buffer, pos, _NULL) else _UNSURE)
    stop, has_escapes = text_end(buffer, pos + 1)
    return stop - pos - 1, has_escapes, (stop + 1 if stop > 0 else _UNSURE)


@nb.njit(nogil=True, cache=True)
def _entry(
    buffer: Bytes,
    pos: Int,
    end: Int,
    row: Int,
    index: Int,
    spans: Int32s,
    durations: Int64s,
    escaped: Int64s,
    counts: Int64s,
) -> Int:
    """Read the entry at `pos` into a row and return the place behind it, −1 if it cannot be vouched for."""
    for column in range(1, SPAN_COLUMNS, 2):
        spans[row, column] = -1
    durations[row] = -1
    seen: Int = 0
    done = False
    pos = skip_blanks(buffer, pos + 1)
    while not done:
        code, pos = read_key(buffer, pos, _ENTRY_TABLE)
        if pos < 0 or (code >= 0 and seen >> code & 1):
            return _UNSURE
        if code == UNKNOWN:
            status, pos, _ = skip_value(buffer, pos, end, 61)
            if status != WHOLE:
                return _UNSURE
        elif code < _ENTRY_DURATION:
            seen |= 1 << code
            spans[row, 2 * code] = pos + 1
            spans[row, 2 * code + 1], has_escapes, pos = _text(buffer, pos)
            if has_escapes:
                escaped[counts[2]] = row * SPAN_COLUMNS + 2 * code
                counts[2] += 1
        else:
            seen |= 1 << code
            value, pos = _number(buffer, pos)
            if code == _ENTRY_DURATION:
                durations[row] = value
            elif value >= 0 and value != index:
                return _UNSURE
        if pos < 0:
            return _UNSURE
        pos, done = _next_member(buffer, pos, _CLOSE_OBJECT)
        if pos < 0:
            return _UNSURE
    return pos if spans[row, TRACK_URI + 1] > 0 else _UNSURE


@nb.njit(nogil=True, cache=True)
def _entries(
    buffer: Bytes,
    pos: Int,
    end: Int,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> Int:
    """Read the list of entries at `pos` and return the place behind it, −1 if it cannot be vouched for."""
    if buffer[pos] != _OPEN_LIST:
        return _UNSURE
    pos = skip_blanks(buffer, pos + 1)
    if buffer[pos] == _CLOSE_LIST:
        return pos + 1
    index, done = 0, False
    while not done:
        if buffer[pos] != _OPEN_OBJECT:
            return _UNSURE
        row = counts[1]
        pos = _entry(buffer, pos, end, row, index, spans, durations, escaped, counts)
        if pos < 0:
            return _UNSURE
        positions[row] = index
        counts[1] += 1
        index += 1
        pos, done = _next_member(buffer, pos, _CLOSE_LIST)
        if pos < 0:
            return _UNSURE
    return pos


@nb.njit(nogil=True, cache=True)
def _playlist(
    buffer: Bytes,
    pos: Int,
    end: Int,
    playlists: Int64s,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> Int:
    """Read the playlist at `pos` into a row; returns the place behind it, −1 if it cannot be vouched for."""
    row, first = counts[0], counts[1]
    playlists[row] = -1
    seen: Int = 0
    done = False
    pos = skip_blanks(buffer, pos + 1)
    while not done:
        code, pos = read_key(buffer, pos, _PLAYLIST_TABLE)
        if pos < 0 or (code >= 0 and seen >> code & 1):
            return _UNSURE
        if code == UNKNOWN:
            status, pos, _ = skip_value(buffer, pos, end, 63)
            if status != WHOLE:
                return _UNSURE
        else:
            seen |= 1 << code
        if code == _P_TRACKS:
            pos = _entries(buffer, pos, end, spans, durations, positions, escaped, counts)
        elif code == _P_COLLABORATIVE:
            playlists[row, NUMBER + code - _P_NUMBER], pos = _truth(buffer, pos)
        elif code >= _P_NUMBER:
            value, pos = _number(buffer, pos)
            if code == _P_PID:
                playlists[row, PID] = value
            else:
                playlists[row, NUMBER + code - _P_NUMBER] = value
                if value > _NUMBER_MAX[code - _P_NUMBER]:
                    return _UNSURE
        elif code >= 0:
            column = NAME if code == 0 else DESCRIPTION
            playlists[row, column] = pos + 1
            playlists[row, column + 1], has_escapes, pos = _text(buffer, pos)
            if has_escapes:
                escaped[counts[2]] = -1 - (row * PLAYLIST_COLUMNS + column)
                counts[2] += 1
        if pos < 0:
            return _UNSURE
        pos, done = _next_member(buffer, pos, _CLOSE_OBJECT)
        if pos < 0:
            return _UNSURE
    if not seen >> _P_TRACKS & 1 or playlists[row, PID] < 0:
        return _UNSURE
    playlists[row, FIRST], playlists[row, ENTRIES] = first, counts[1] - first
    playlists[row, EXPLICIT] = 0
    return pos


@nb.njit(nogil=True, cache=True)
def _decode_escapes(buffer: Bytes, playlists: Int64s, spans: Int32s, escaped: Int64s, count: Int) -> None:
    """Decode the texts that hold escapes, and correct their lengths."""
    for index in range(count):
        place = escaped[index]
        if place >= 0:
            row, column = place // SPAN_COLUMNS, place % SPAN_COLUMNS
            spans[row, column + 1] = unescape(buffer, np.int64(spans[row, column]), np.int64(spans[row, column + 1]))
        else:
            row, column = (-1 - place) // PLAYLIST_COLUMNS, (-1 - place) % PLAYLIST_COLUMNS
            playlists[row, column + 1] = unescape(buffer, playlists[row, column], playlists[row, column + 1])


@nb.njit(nogil=True, cache=True)
def scan_playlists(
    buffer: Bytes,
    pos: Int,
    end: Int,
    state: Int,
    limit: Int,
    playlists: Int64s,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> tuple[Int, Int]:
    """Read playlists from a list of them, until one cannot be vouched for or something else stands there.

    Texts with escapes are decoded in place, but only in playlists that were taken.

    Args:
        buffer: the data, zeros behind it.
        pos: where to begin.
        end: where the data ends.
        state: before the list's first value (BEFORE_FIRST), behind a comma (BEFORE_NEXT) or a value (AFTER).
        limit: the most bytes of a playlist.
        playlists: (rows, PLAYLIST_COLUMNS) int64, filled from row counts[0].
        spans: (rows, SPAN_COLUMNS) int32, filled from row counts[1].
        durations: (rows,) int64 milliseconds, −1 for none.
        positions: (rows,) int32.
        escaped: (rows × texts,) int64, for its own use.
        counts: playlists and entries so far, and one place for its own use.

    Returns:
        (place of the first byte that was not taken, white space aside; the state there).
    """
    while True:
        pos = skip_blanks(buffer, pos)
        if state == AFTER and buffer[pos] == _COMMA:
            pos, state = pos + 1, BEFORE_NEXT
            continue
        if state == AFTER or buffer[pos] != _OPEN_OBJECT:
            return min(pos, end), state
        entries_before = counts[1]
        counts[2] = 0
        stop = _playlist(buffer, pos, end, playlists, spans, durations, positions, escaped, counts)
        if stop < 0 or stop - pos > limit:
            counts[1] = entries_before
            return pos, state
        _decode_escapes(buffer, playlists, spans, escaped, counts[2])
        counts[0] += 1
        pos, state = stop, AFTER
