"""The fast scanner: playlists in MPD JSON to flat arrays, for every playlist it can vouch for.

It takes any white space, any order of keys, escapes and unknown keys. What is unusual (a wrong type, a number out of
range or with a fraction, invalid UTF-8, a lone surrogate, a key that stands twice, positions out of order, JSON that
is not whole) it leaves to the strict reader: it stops before that playlist. Buffers are padded as `byte_runs` says,
with zeros.
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, load64, plain_run
from pairmine.kernels.json_values import WHOLE, skip_blanks, skip_value

INT32_MAX = 2**31 - 1
PID_MAX = DURATION_MAX = 10**18 - 1
MODIFIED_MAX = 253_402_300_799  # the last second of the year 9999

TEXTS = ("track_uri", "track_name", "artist_uri", "artist_name", "album_uri", "album_name")
NUMBERS = {
    "num_tracks": INT32_MAX,
    "num_albums": INT32_MAX,
    "num_artists": INT32_MAX,
    "num_followers": INT32_MAX,
    "num_edits": INT32_MAX,
    "duration_ms": DURATION_MAX,
    "modified_at": MODIFIED_MAX,
    "collaborative": 1,
}
"""Numbers of a playlist and the largest value of each; the smallest is 0, and −1 stands for none."""

# Columns of a playlist: texts as (place, length), length −1 for none; then NUMBERS.
PID, DIGEST, FIRST, ENTRIES, EXPLICIT, NAME, DESCRIPTION, NUMBER = 0, 1, 2, 3, 4, 5, 7, 9
PLAYLIST_COLUMNS = NUMBER + len(NUMBERS)
# Columns of an entry's spans: (place, length) of each of TEXTS.
TRACK_URI, TRACK_NAME, ARTIST_URI, ARTIST_NAME, ALBUM_URI, ALBUM_NAME = range(0, 12, 2)
SPAN_COLUMNS = 2 * len(TEXTS)
MIN_ENTRY_BYTES = len('{"track_uri":"x"}')
MIN_PLAYLIST_BYTES = len('{"pid":0,"tracks":[]}')

BEFORE_FIRST, BEFORE_NEXT, AFTER = 0, 1, 2

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_ENTRY_KEYS = (*TEXTS, "duration_ms", "pos")
_ENTRY_DURATION, _ENTRY_POS = 6, 7
_PLAYLIST_KEYS = ("name", "description", *NUMBERS, "pid", "tracks")
_P_NUMBER, _P_COLLABORATIVE, _P_PID, _P_TRACKS = 2, 9, 10, 11
_KEY_FACTOR = 0x5BA91FAF7A024205  # found by trial: gives each key a slot of its own
_NUMBER_MAX = tuple(NUMBERS.values())
_UNKNOWN, _UNSURE = -1, -1
_QUOTE, _BACKSLASH, _COMMA, _COLON, _ZERO = ord('"'), ord("\\"), ord(","), ord(":"), ord("0")
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_LIST, _CLOSE_LIST = ord("{"), ord("}"), ord("["), ord("]")
_TRUE, _FALSE, _NULL = (int.from_bytes(word, "little") for word in (b"true", b"alse", b"null"))


def _head(key: str) -> int:
    """The first 8 bytes of a key as a little-endian number."""
    return int.from_bytes(key.encode()[:8], "little")


def _tail(key: str) -> int:
    """The last 8 bytes of a key, all of a shorter one, as a little-endian number."""
    return int.from_bytes(key.encode()[-8:], "little")


def _slot(head: int, length: int) -> int:
    return ((head ^ length) * _KEY_FACTOR & 2**64 - 1) >> 59


def _key_table(keys: tuple[str, ...]) -> npt.NDArray[np.uint64]:
    """Return rows of (head, tail, length, code) by slot; a slot without a key has a length no key has."""
    table = np.full((32, 4), 2**63, np.uint64)
    for code, key in enumerate(keys):
        slot = _slot(_head(key), len(key))
        assert table[slot, 2] == 2**63, "two keys in one slot: choose another _KEY_FACTOR"
        table[slot] = _head(key), _tail(key), len(key), code
    return table


_ENTRY_TABLE, _PLAYLIST_TABLE = _key_table(_ENTRY_KEYS), _key_table(_PLAYLIST_KEYS)


@nb.njit(nogil=True, cache=True)
def _hexadecimal(buffer: Bytes, pos: int) -> int:
    """Return the value of four hexadecimal digits, −1 if they are none."""
    value = 0
    for index in range(4):
        byte = np.int64(buffer[pos + index])
        if ord("0") <= byte <= ord("9"):
            digit = byte - ord("0")
        elif ord("a") <= byte | 0x20 <= ord("f"):
            digit = (byte | 0x20) - ord("a") + 10
        else:
            return -1
        value = value << 4 | digit
    return value


@nb.njit(nogil=True, cache=True)
def _code_point(buffer: Bytes, pos: int) -> tuple[int, int]:
    r"""Return (code point, bytes) of the \u escape at `pos`, a surrogate pair counting as one; bytes 0: none."""
    unit = _hexadecimal(buffer, pos + 2)
    if unit < 0 or 0xDC00 <= unit < 0xE000:
        return 0, 0
    if unit < 0xD800 or unit >= 0xE000:
        return unit, 6
    if buffer[pos + 6] != _BACKSLASH or buffer[pos + 7] != ord("u"):
        return 0, 0
    low = _hexadecimal(buffer, pos + 8)
    if low < 0xDC00 or low >= 0xE000:
        return 0, 0
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), 12


@nb.njit(nogil=True, cache=True)
def _simple_escape(byte: int) -> int:
    """Return what a one-letter escape stands for, −1 if it is none."""
    if byte == _QUOTE or byte == _BACKSLASH or byte == ord("/"):
        return byte
    if byte == ord("n"):
        return 10
    if byte == ord("t"):
        return 9
    if byte == ord("r"):
        return 13
    if byte == ord("b"):
        return 8
    return 12 if byte == ord("f") else -1


@nb.njit(nogil=True, cache=True)
def _escape_bytes(buffer: Bytes, pos: int) -> int:
    """Return the length of the escape at `pos`, 0 if it is none."""
    if buffer[pos + 1] == ord("u"):
        return _code_point(buffer, pos)[1]
    return 2 if _simple_escape(np.int64(buffer[pos + 1])) >= 0 else 0


@nb.njit(nogil=True, cache=True)
def _utf8_bytes(buffer: Bytes, pos: int) -> int:
    """Return the length of the UTF-8 sequence (of 2 to 4 bytes) at `pos`, 0 if it is not valid."""
    first, second = buffer[pos], buffer[pos + 1]
    if first < 0xC2 or first > 0xF4:
        return 0
    length = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    for index in range(1, length):
        if buffer[pos + index] & 0xC0 != 0x80:
            return 0
    overlong = (first == 0xE0 and second < 0xA0) or (first == 0xF0 and second < 0x90)
    outside = (first == 0xED and second > 0x9F) or (first == 0xF4 and second > 0x8F)
    return 0 if overlong or outside else length


@nb.njit(nogil=True, cache=True)
def _odd_text_end(buffer: Bytes, pos: int) -> tuple[int, bool]:
    """Return (place of the closing quote, whether there are escapes) of a text; place −1: not valid."""
    escaped = False
    while True:
        run = plain_run(buffer, pos)
        pos += run
        if run == WIDTH:
            continue
        byte = buffer[pos]
        if byte == _QUOTE:
            return pos, escaped
        if byte == _BACKSLASH:
            escaped = True
            step = _escape_bytes(buffer, pos)
        else:
            step = _utf8_bytes(buffer, pos)
        if step == 0:
            return _UNSURE, escaped
        pos += step


@nb.njit(nogil=True, cache=True, inline="always")
def _text_end(buffer: Bytes, pos: int) -> tuple[int, bool]:
    run = plain_run(buffer, pos)
    if buffer[pos + run] == _QUOTE:
        return pos + run, False
    return _odd_text_end(buffer, pos)


@nb.njit(nogil=True, cache=True)
def _put_code_point(buffer: Bytes, pos: int, code: int) -> int:
    """Write a code point as UTF-8 and return the place behind it."""
    if code < 0x80:
        buffer[pos] = code
        return pos + 1
    if code < 0x800:
        buffer[pos] = 0xC0 | code >> 6
        buffer[pos + 1] = 0x80 | code & 0x3F
        return pos + 2
    if code < 0x10000:
        buffer[pos] = 0xE0 | code >> 12
        buffer[pos + 1] = 0x80 | code >> 6 & 0x3F
        buffer[pos + 2] = 0x80 | code & 0x3F
        return pos + 3
    buffer[pos] = 0xF0 | code >> 18
    buffer[pos + 1] = 0x80 | code >> 12 & 0x3F
    buffer[pos + 2] = 0x80 | code >> 6 & 0x3F
    buffer[pos + 3] = 0x80 | code & 0x3F
    return pos + 4


@nb.njit(nogil=True, cache=True)
def _unescape(buffer: Bytes, start: int, length: int) -> int:
    """Decode a valid text in place (it only gets shorter) and return its length."""
    pos, put, stop = start, start, start + length
    while pos < stop:
        if buffer[pos] != _BACKSLASH:
            buffer[put] = buffer[pos]
            pos, put = pos + 1, put + 1
        elif buffer[pos + 1] == ord("u"):
            code, step = _code_point(buffer, pos)
            pos, put = pos + step, _put_code_point(buffer, put, code)
        else:
            buffer[put] = _simple_escape(np.int64(buffer[pos + 1]))
            pos, put = pos + 2, put + 1
    return put - start


@nb.njit(nogil=True, cache=True, inline="always")
def _key(buffer: Bytes, pos: int, table: npt.NDArray[np.uint64]) -> tuple[int, int]:
    """Return (code of the key whose quote stands at `pos`, place of its value); place −1: not to be vouched for."""
    if buffer[pos] != _QUOTE:
        return _UNKNOWN, _UNSURE
    start = pos + 1
    length = plain_run(buffer, start)
    stop = start + length
    while buffer[stop] != _QUOTE:
        run = plain_run(buffer, stop)
        stop += run
        if run == 0:
            return _UNKNOWN, _UNSURE
    length = stop - start
    head = load64(buffer, start)
    if length < 8:
        head &= (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
    tail = load64(buffer, stop - 8) if length >= 8 else head
    row = table[np.int64(((head ^ np.uint64(length)) * np.uint64(_KEY_FACTOR)) >> np.uint64(59))]
    known = row[0] == head and row[1] == tail and row[2] == np.uint64(length)
    pos = skip_blanks(buffer, stop + 1)
    if buffer[pos] != _COLON:
        return _UNKNOWN, _UNSURE
    return (np.int64(row[3]) if known else _UNKNOWN), skip_blanks(buffer, pos + 1)


@nb.njit(nogil=True, cache=True, inline="always")
def _word(buffer: Bytes, pos: int, word: int) -> bool:
    return np.uint32(load64(buffer, pos)) == np.uint32(word)


@nb.njit(nogil=True, cache=True, inline="always")
def _number(buffer: Bytes, pos: int) -> tuple[int, int]:
    """Return (value, place behind it) of a whole number of at most 18 digits, or null (−1); place −1: neither."""
    if buffer[pos] == _ZERO:
        return 0, pos + 1
    start, value = pos, np.int64(0)
    digit = np.int64(buffer[pos]) - _ZERO
    while 0 <= digit <= 9 and pos < start + 18:
        value = 10 * value + digit
        pos += 1
        digit = np.int64(buffer[pos]) - _ZERO
    if pos > start:
        return value, pos
    return -1, (pos + 4 if _word(buffer, pos, _NULL) else _UNSURE)


@nb.njit(nogil=True, cache=True)
def _truth(buffer: Bytes, pos: int) -> tuple[int, int]:
    """Return (1, 0 or −1, place behind it) of true, false or null, the former also as strings; place −1: neither."""
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
def _next_member(buffer: Bytes, pos: int, close: int) -> tuple[int, bool]:
    """Return (place of the next member, False) behind a comma, or (place behind the close, True); place −1: neither."""
    pos = skip_blanks(buffer, pos)
    if buffer[pos] == _COMMA:
        return skip_blanks(buffer, pos + 1), False
    return (pos + 1 if buffer[pos] == close else _UNSURE), True


@nb.njit(nogil=True, cache=True)
def _entry(
    buffer: Bytes,
    pos: int,
    end: int,
    row: int,
    index: int,
    spans: Int32s,
    durations: Int64s,
    escaped: Int64s,
    counts: Int64s,
) -> int:
    """Read the entry at `pos` into row `row` and return the place behind it, −1 if it cannot be vouched for."""
    for column in range(1, SPAN_COLUMNS, 2):
        spans[row, column] = -1
    durations[row] = -1
    seen, done = 0, False
    pos = skip_blanks(buffer, pos + 1)
    while not done:
        code, pos = _key(buffer, pos, _ENTRY_TABLE)
        if pos < 0 or (code >= 0 and seen >> code & 1):
            return _UNSURE
        if code == _UNKNOWN:
            status, pos, _ = skip_value(buffer, pos, end, 61)
            if status != WHOLE:
                return _UNSURE
        elif code < _ENTRY_DURATION:
            seen |= 1 << code
            if buffer[pos] == _QUOTE:
                stop, has_escapes = _text_end(buffer, pos + 1)
                if stop < 0:
                    return _UNSURE
                spans[row, 2 * code], spans[row, 2 * code + 1] = pos + 1, stop - pos - 1
                if has_escapes:
                    escaped[counts[2]] = row * SPAN_COLUMNS + 2 * code
                    counts[2] += 1
                pos = stop + 1
            elif _word(buffer, pos, _NULL):
                pos += 4
            else:
                return _UNSURE
        else:
            seen |= 1 << code
            value, pos = _number(buffer, pos)
            if pos < 0 or (code == _ENTRY_POS and value >= 0 and value != index):
                return _UNSURE
            if code == _ENTRY_DURATION:
                durations[row] = value
        pos, done = _next_member(buffer, pos, _CLOSE_OBJECT)
        if pos < 0:
            return _UNSURE
    return pos if spans[row, TRACK_URI + 1] > 0 else _UNSURE


@nb.njit(nogil=True, cache=True)
def _entries(
    buffer: Bytes,
    pos: int,
    end: int,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> int:
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
def _playlist_text(
    buffer: Bytes, pos: int, row: int, column: int, playlists: Int64s, escaped: Int64s, counts: Int64s
) -> int:
    """Read a text or null into its columns and return the place behind it, −1 if it is neither."""
    if buffer[pos] != _QUOTE:
        return pos + 4 if _word(buffer, pos, _NULL) else _UNSURE
    stop, has_escapes = _text_end(buffer, pos + 1)
    if stop < 0:
        return _UNSURE
    playlists[row, column], playlists[row, column + 1] = pos + 1, stop - pos - 1
    if has_escapes:
        escaped[counts[2]] = -1 - (row * PLAYLIST_COLUMNS + column)
        counts[2] += 1
    return stop + 1


@nb.njit(nogil=True, cache=True)
def _playlist(
    buffer: Bytes,
    pos: int,
    end: int,
    playlists: Int64s,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> int:
    """Read the playlist at `pos` into the next row and return the place behind it, −1 if it cannot be vouched for."""
    row, first = counts[0], counts[1]
    playlists[row] = -1
    seen, done = 0, False
    pos = skip_blanks(buffer, pos + 1)
    while not done:
        code, pos = _key(buffer, pos, _PLAYLIST_TABLE)
        if pos < 0 or (code >= 0 and seen >> code & 1):
            return _UNSURE
        if code == _UNKNOWN:
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
            pos = _playlist_text(buffer, pos, row, column, playlists, escaped, counts)
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
def _decode_escapes(buffer: Bytes, playlists: Int64s, spans: Int32s, escaped: Int64s, count: int) -> None:
    """Decode the texts that hold escapes, and correct their lengths."""
    for index in range(count):
        place = escaped[index]
        if place >= 0:
            row, column = place // SPAN_COLUMNS, place % SPAN_COLUMNS
            spans[row, column + 1] = _unescape(
                buffer, np.int64(spans[row, column]), np.int64(spans[row, column + 1])
            )
        else:
            row, column = (-1 - place) // PLAYLIST_COLUMNS, (-1 - place) % PLAYLIST_COLUMNS
            playlists[row, column + 1] = _unescape(buffer, playlists[row, column], playlists[row, column + 1])


@nb.njit(nogil=True, cache=True)
def scan_playlists(
    buffer: Bytes,
    pos: int,
    end: int,
    state: int,
    limit: int,
    playlists: Int64s,
    spans: Int32s,
    durations: Int64s,
    positions: Int32s,
    escaped: Int64s,
    counts: Int64s,
) -> tuple[int, int]:
    """Read playlists from a list of them, until one cannot be vouched for or something else stands there.

    Texts with escapes are decoded in place, but only in playlists that were taken.

    Args:
        buffer: the data, zeros behind it.
        pos: where to begin.
        end: where the data ends.
        state: whether before the list's first value (BEFORE_FIRST), behind a comma (BEFORE_NEXT) or a value (AFTER).
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
