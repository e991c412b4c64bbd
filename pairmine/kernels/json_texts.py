"""Texts of JSON: where they end, whether they are valid, and what they stand for."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, Int, plain_run

Bytes = npt.NDArray[np.uint8]

_QUOTE, _BACKSLASH, _SLASH = ord('"'), ord("\\"), ord("/")


@nb.njit(nogil=True, cache=True)
def _hexadecimal(buffer: Bytes, pos: Int) -> Int:
    """Return the value of four hexadecimal digits, −1 if they are none."""
    value = np.int64(0)
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
def _code_point(buffer: Bytes, pos: Int) -> tuple[Int, Int]:
    r"""Return (code point, bytes) of the \u escape, or pair of them, at `pos`; bytes 0: none."""
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
def _simple_escape(byte: Int) -> Int:
    """Return what a one-letter escape stands for, −1 if it is none."""
    if byte in (_QUOTE, _BACKSLASH, _SLASH):
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
def _escape_bytes(buffer: Bytes, pos: Int) -> Int:
    """Return the length of the escape at `pos`, 0 if it is none."""
    if buffer[pos + 1] == ord("u"):
        return _code_point(buffer, pos)[1]
    return 2 if _simple_escape(np.int64(buffer[pos + 1])) >= 0 else 0


@nb.njit(nogil=True, cache=True)
def _utf8_bytes(buffer: Bytes, pos: Int) -> Int:
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
def _odd_text_end(buffer: Bytes, pos: Int) -> tuple[Int, bool]:
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
            return -1, escaped
        pos += step


@nb.njit(nogil=True, cache=True, inline="always")
def text_end(buffer: Bytes, pos: Int) -> tuple[Int, bool]:
    """Return (place of the closing quote, whether there are escapes) of a text; place −1: it is not valid."""
    run = plain_run(buffer, pos)
    if buffer[pos + run] == _QUOTE:
        return pos + run, False
    return _odd_text_end(buffer, pos)


@nb.njit(nogil=True, cache=True)
def _put_code_point(buffer: Bytes, pos: Int, code: Int) -> Int:
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
def unescape(buffer: Bytes, start: Int, length: Int) -> Int:
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
