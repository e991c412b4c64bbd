"""The structure of JSON text: where values end, where members stand, where the next playlist may begin.

Strings end at the next unescaped quote; what stands in them (control characters, escapes, UTF-8) is left to
whoever decodes them. Everything else is held to RFC 8259, but for the words NaN, Infinity and -Infinity: Python
and others write them for numbers, so they are whole values, and unfit for any field. Buffers are padded as
`byte_runs` says.
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, Int, blank_run, quote_run

MAX_DEPTH = 64
WHOLE, INCOMPLETE, BROKEN, TOO_DEEP = 0, 1, 2, 3
FOUND, NEED_MORE = 0, 1

Bytes = npt.NDArray[np.uint8]

_VALUE, _VALUE_OR_CLOSE, _KEY, _KEY_OR_CLOSE, _AFTER = 0, 1, 2, 3, 4
_QUOTE, _BACKSLASH, _COMMA, _COLON = ord('"'), ord("\\"), ord(","), ord(":")
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_ZERO, _NINE, _MINUS, _PLUS, _DOT = ord("0"), ord("9"), ord("-"), ord("+"), ord(".")
_INFINITE = ord("I")
_WORDS = (
    np.frombuffer(b"true", np.uint8),
    np.frombuffer(b"false", np.uint8),
    np.frombuffer(b"null", np.uint8),
    np.frombuffer(b"NaN", np.uint8),
    np.frombuffer(b"Infinity", np.uint8),
)
_TELLING = tuple(np.frombuffer(key, np.uint8) for key in (b"tracks", b"pid", b"track_uri", b"playlists"))
HAS_TRACKS, _HAS_PID, _HAS_URI, HAS_PLAYLISTS = 2, 4, 8, 16


@nb.njit(nogil=True, cache=True)
def skip_blanks(buffer: Bytes, pos: Int) -> Int:
    """Return the first place from `pos` that holds no white space."""
    if buffer[pos] > 0x20:
        return pos
    run = WIDTH
    while run == WIDTH:
        run = blank_run(buffer, pos)
        pos += run
    return pos


@nb.njit(nogil=True, cache=True)
def skip_string(buffer: Bytes, pos: Int, end: Int) -> Int:
    """Return the place behind the closing quote of the string with its text at `pos`, `end` + 1 if none."""
    while pos < end:
        run = quote_run(buffer, pos)
        pos += run
        if run == WIDTH:
            continue
        if buffer[pos] == _QUOTE:
            return pos + 1
        pos += 2
    return end + 1


@nb.njit(nogil=True, cache=True)
def _same(buffer: Bytes, pos: Int, word: Bytes) -> Int:
    """Number of leading bytes of `word` that stand at `pos`."""
    count = 0
    while count < word.size and buffer[pos + count] == word[count]:
        count += 1
    return count


@nb.njit(nogil=True, cache=True)
def _skip_word(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (WHOLE or BROKEN, place) for true, false, null, NaN and Infinity."""
    for index in range(len(_WORDS)):
        word = _WORDS[index]
        if buffer[pos] == word[0]:
            same = _same(buffer, pos, word)
            return (WHOLE if same == word.size else BROKEN), pos + same
    return BROKEN, pos


@nb.njit(nogil=True, cache=True)
def _digits(buffer: Bytes, pos: Int) -> Int:
    while _ZERO <= buffer[pos] <= _NINE:
        pos += 1
    return pos


@nb.njit(nogil=True, cache=True)
def _skip_number(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (WHOLE or BROKEN, place behind the number or of its fault)."""
    pos += buffer[pos] == _MINUS
    if buffer[pos] == _INFINITE:
        return _skip_word(buffer, pos)
    start = pos
    pos = _digits(buffer, pos)
    if pos == start or (buffer[start] == _ZERO and pos > start + 1):
        return BROKEN, pos
    if buffer[pos] == _DOT:
        start = pos + 1
        pos = _digits(buffer, start)
        if pos == start:
            return BROKEN, pos
    if buffer[pos] | 0x20 == ord("e"):
        start = pos + 1
        start += buffer[start] == _PLUS or buffer[start] == _MINUS
        pos = _digits(buffer, start)
        if pos == start:
            return BROKEN, pos
    return WHOLE, pos


@nb.njit(nogil=True, cache=True)
def _skip_scalar(buffer: Bytes, pos: Int, end: Int) -> tuple[Int, Int]:
    """Return (WHOLE, INCOMPLETE or BROKEN, place) for a value that is neither object nor list."""
    if buffer[pos] == _QUOTE:
        pos = skip_string(buffer, pos + 1, end)
        return (WHOLE if pos <= end else INCOMPLETE), pos
    if buffer[pos] == _MINUS or _ZERO <= buffer[pos] <= _NINE:
        status, pos = _skip_number(buffer, pos)
    else:
        status, pos = _skip_word(buffer, pos)
    # What touches the end of the data may go on behind it.
    return (INCOMPLETE if pos >= end else status), pos


@nb.njit(nogil=True, cache=True)
def _telling_key(buffer: Bytes, start: Int, stop: Int) -> Int:
    """Return 1 + the index in _TELLING of the key between `start` and `stop`, 0 for any other."""
    for index in range(len(_TELLING)):
        key = _TELLING[index]
        if stop - start == key.size and _same(buffer, start, key) == key.size:
            return index + 1
    return 0


@nb.njit(nogil=True, cache=True)
def skip_value(buffer: Bytes, pos: Int, end: Int, levels: Int = MAX_DEPTH) -> tuple[Int, Int, Int]:
    """Check the value at `pos` (white space may precede it) and find its end; at most `levels` (64) deep.

    Returns (status, place, keys): WHOLE and the place behind the value; INCOMPLETE and `end`; or BROKEN
    or TOO_DEEP and the place of the fault; and which telling keys it has itself, as an object.
    """
    depth, objects, expect = 0, np.uint64(0), _VALUE
    keys: Int = 0
    while True:
        pos = skip_blanks(buffer, pos)
        if pos >= end:
            return INCOMPLETE, end, keys
        byte = buffer[pos]
        if expect == _AFTER:
            if byte == _COMMA:
                expect = _KEY if objects & np.uint64(1) else _VALUE
                pos += 1
                continue
        elif expect >= _KEY and byte == _QUOTE:
            start = pos + 1
            pos = skip_string(buffer, start, end)
            if pos > end:
                return INCOMPLETE, end, keys
            if depth == 1:
                keys |= 1 << _telling_key(buffer, start, pos - 1)
            pos = skip_blanks(buffer, pos)
            if pos >= end:
                return INCOMPLETE, end, keys
            if buffer[pos] != _COLON:
                return BROKEN, pos, keys
            pos, expect = pos + 1, _VALUE
            continue
        elif expect < _KEY and byte in (_OPEN_OBJECT, _OPEN_LIST):
            if depth == levels:
                return TOO_DEEP, pos, keys
            is_object = byte == _OPEN_OBJECT
            objects = (objects << np.uint64(1)) | np.uint64(is_object)
            depth, pos = depth + 1, pos + 1
            expect = _KEY_OR_CLOSE if is_object else _VALUE_OR_CLOSE
            continue
        close = _CLOSE_OBJECT if objects & np.uint64(1) else _CLOSE_LIST
        if byte == close and expect in (_AFTER, _KEY_OR_CLOSE, _VALUE_OR_CLOSE):
            objects >>= np.uint64(1)
            depth, pos, expect = depth - 1, pos + 1, _AFTER
            if depth == 0:
                return WHOLE, pos, keys
            continue
        if expect >= _KEY:
            return BROKEN, pos, keys
        status, pos = _skip_scalar(buffer, pos, end)
        if status != WHOLE:
            return status, min(pos, end), keys
        if depth == 0:
            return WHOLE, pos, keys
        expect = _AFTER


@nb.njit(nogil=True, cache=True)
def members(buffer: Bytes, pos: Int, end: Int) -> npt.NDArray[np.int64]:
    """List the members of the object, or the elements of the list, that stands whole at `pos` ('{' or '[').

    Returns rows of (key start, key end, value start, value end); a key goes from quote to quote, both
    included, and is empty in lists.
    """
    rows = np.empty((16, 4), np.int64)
    count = 0
    has_keys = buffer[pos] == _OPEN_OBJECT
    pos = skip_blanks(buffer, pos + 1)
    while buffer[pos] != _CLOSE_OBJECT and buffer[pos] != _CLOSE_LIST:
        if count == rows.shape[0]:
            larger = np.empty((2 * count, 4), np.int64)
            larger[:count] = rows
            rows = larger
        start = pos
        if has_keys:
            pos = skip_string(buffer, pos + 1, end)
        rows[count, 0], rows[count, 1] = start, pos
        if has_keys:
            pos = skip_blanks(buffer, skip_blanks(buffer, pos) + 1)
        _, stop, _ = skip_value(buffer, pos, end)
        rows[count, 2], rows[count, 3] = pos, stop
        count += 1
        pos = skip_blanks(buffer, stop)
        if buffer[pos] == _COMMA:
            pos = skip_blanks(buffer, pos + 1)
    return rows[:count]


@nb.njit(nogil=True, cache=True)
def find_playlist(buffer: Bytes, pos: Int, end: Int, limit: Int, is_last: bool) -> tuple[Int, Int]:
    """Find the next object that has `tracks`, or a `pid` but is no track.

    Broken ones, and such as are not whole within `limit` bytes, are found too if they show these keys before
    their fault. Each byte is visited a bounded number of times, because at most 64 objects can be open around it.

    Args:
        buffer: the data.
        pos: where to begin.
        end: where the data ends.
        limit: bytes to look ahead.
        is_last: no data follows.

    Returns:
        (FOUND, its place) or (NEED_MORE, the place to go on from when there is more data).
    """
    while pos < end:
        if buffer[pos] != _OPEN_OBJECT:
            pos += 1
            continue
        status, stop, keys = skip_value(buffer, pos, min(end, pos + limit))
        if status == INCOMPLETE and end - pos < limit and not is_last:
            return NEED_MORE, pos
        if keys & HAS_TRACKS or keys & (_HAS_PID | _HAS_URI) == _HAS_PID:
            return FOUND, pos
        pos = stop if status == WHOLE else pos + 1
    return NEED_MORE, end
