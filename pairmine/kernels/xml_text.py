"""Characters of XML: what may stand in a text, and what references stand for."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int, load64

Bytes = npt.NDArray[np.uint8]

LT, GT, AMP, SLASH, SEMICOLON, HASH = ord("<"), ord(">"), ord("&"), ord("/"), ord(";"), ord("#")
TAB, NEWLINE, RETURN, BLANK = 9, 10, 13, 32
_BRACKET = ord("]")
_NAMED = ((b"lt;", LT), (b"gt;", GT), (b"amp;", AMP), (b"quot;", ord('"')), (b"apos;", ord("'")))
_WORDS = np.array([int.from_bytes(name, "little") for name, _ in _NAMED], np.uint64)
_SIZES = np.array([len(name) for name, _ in _NAMED])
_VALUES = np.array([value for _, value in _NAMED])
_MOST_DIGITS = 8


@nb.njit(nogil=True, cache=True, inline="always")
def is_blank(byte: Int) -> bool:
    """Return whether a byte is white space to XML."""
    return bool(byte in (BLANK, NEWLINE, TAB, RETURN))


@nb.njit(nogil=True, cache=True)
def _is_char(point: Int) -> bool:
    """Return whether a code point may stand in XML 1.0."""
    if point < BLANK:
        return bool(point in (TAB, NEWLINE, RETURN))
    return bool(point < 0xD800 or 0xE000 <= point < 0xFFFE or 0x10000 <= point <= 0x10FFFF)


@nb.njit(nogil=True, cache=True)
def _digit(byte: Int, base: Int) -> Int:
    """Return the value of a digit, −1 if it is none."""
    if ord("0") <= byte <= ord("9"):
        return byte - ord("0")
    if base == 16 and ord("a") <= byte | 0x20 <= ord("f"):
        return (byte | 0x20) - ord("a") + 10
    return -1


@nb.njit(nogil=True, cache=True)
def _number(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (code point, place behind it) of the numeric reference whose `#` stands at `pos`; place −1: none."""
    base = 16 if buffer[pos + 1] == ord("x") else 10
    start = pos + (2 if base == 16 else 1)
    pos, value = start, np.int64(0)
    digit = _digit(np.int64(buffer[pos]), base)
    while digit >= 0 and pos - start < _MOST_DIGITS:
        value = value * base + digit
        pos += 1
        digit = _digit(np.int64(buffer[pos]), base)
    if pos == start or buffer[pos] != SEMICOLON or not _is_char(value):
        return 0, -1
    return value, pos + 1


@nb.njit(nogil=True, cache=True)
def reference(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    """Return (code point, place behind it) of the reference at `pos`; place −1: not one of XML's own."""
    if buffer[pos + 1] == HASH:
        return _number(buffer, pos + 1)
    word = load64(buffer, pos + 1)
    for index in range(_WORDS.size):
        bits = np.uint64(8 * _SIZES[index])
        if word & ((np.uint64(1) << bits) - np.uint64(1)) == _WORDS[index]:
            return _VALUES[index], pos + 1 + _SIZES[index]
    return 0, -1


@nb.njit(nogil=True, cache=True)
def utf8_end(buffer: Bytes, pos: Int) -> Int:
    """Return the place behind the UTF-8 sequence (of 2 to 4 bytes) at `pos`, −1 if XML does not allow it."""
    first = np.int64(buffer[pos])
    if first < 0xC2 or first > 0xF4:
        return -1
    size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    point = first & (0x7F >> size)
    for index in range(1, size):
        byte = np.int64(buffer[pos + index])
        if byte & 0xC0 != 0x80:
            return -1
        point = point << 6 | (byte & 0x3F)
    overlong = (size == 3 and point < 0x800) or (size == 4 and point < 0x10000)
    return -1 if overlong or not _is_char(point) else pos + size


@nb.njit(nogil=True, cache=True)
def rare_end(buffer: Bytes, pos: Int) -> tuple[Int, bool]:
    """Step over a character the wide steps stop at: (place behind it, whether it stands for something else).

    Place −1: it is not allowed here, or ends the data.
    """
    byte = buffer[pos]
    if byte >= 0x80:
        return utf8_end(buffer, pos), False
    if byte == AMP:
        return reference(buffer, pos)[1], True
    if byte == GT:
        closes = buffer[pos - 1] == _BRACKET and buffer[pos - 2] == _BRACKET
        return (-1 if closes else pos + 1), False
    if byte in (NEWLINE, TAB):
        return pos + 1, False
    return (pos + 1 if byte == RETURN else -1), True


@nb.njit(nogil=True, cache=True)
def put_utf8(point: Int, target: Bytes, put: Int) -> Int:
    """Write a code point as UTF-8 and return the place behind it."""
    if point < 0x80:
        target[put] = point
        return put + 1
    size = 2 if point < 0x800 else 3 if point < 0x10000 else 4
    for index in range(size - 1, 0, -1):
        target[put + index] = 0x80 | (point & 0x3F)
        point >>= 6
    target[put] = (0xF00 >> size & 0xFF) | point
    return put + size


@nb.njit(nogil=True, cache=True)
def decode(buffer: Bytes, pos: Int, end: Int, is_attribute: bool, target: Bytes, put: Int) -> Int:
    """Write what a valid text or attribute value stands for, and return the place behind it.

    Line ends become newlines, in attributes all white space becomes blanks, unless written as references.
    """
    while pos < end:
        byte = np.int64(buffer[pos])
        if byte == AMP:
            point, pos = reference(buffer, pos)
            put = put_utf8(point, target, put)
            continue
        pos += 1
        if byte == RETURN:
            pos += buffer[pos] == NEWLINE
            byte = np.int64(NEWLINE)
        if is_attribute and byte in (NEWLINE, TAB):
            byte = np.int64(BLANK)
        target[put] = byte
        put += 1
    return put
