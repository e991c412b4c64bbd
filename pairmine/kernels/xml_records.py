"""Where records of XML begin, by their element's name; and the steps of every reader: over blanks, over a name."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import WIDTH, Int, load64
from pairmine.kernels.xml_asides import aside_end
from pairmine.kernels.xml_runs import aside_run, blank_run, markup_run
from pairmine.kernels.xml_text import GT, LT, SLASH, is_blank

Bytes = npt.NDArray[np.uint8]

_IS_NAME = np.array([(chr(byte).isalnum() and byte < 128) or chr(byte) in "_-." for byte in range(256)])
_IS_FIRST = np.array([(chr(byte).isalpha() and byte < 128) or chr(byte) == "_" for byte in range(256)])

_I, _D, _EQUALS = b"id="


class Kind(NamedTuple):
    """What makes a record: its element's name as 8 bytes, its size, node and name, the code of its id, …"""

    word: np.uint64
    size: int
    root: int
    name: int
    id_code: int
    track_table: int
    holds_own: int  # whether elements of that name, without children, stand in records


@nb.njit(nogil=True, cache=True, inline="always")
def skip_blanks(buffer: Bytes, pos: Int) -> Int:
    """Return the place of the next byte that is no white space."""
    if not is_blank(buffer[pos]):
        return pos
    step = blank_run(buffer, pos)
    while step == WIDTH:
        pos += step
        step = blank_run(buffer, pos)
    return pos + step


@nb.njit(nogil=True, cache=True)
def _is_id(buffer: Bytes, pos: Int) -> bool:
    """Return whether an attribute `id` is behind the byte at `pos`."""
    if not is_blank(buffer[pos]) or buffer[pos + 1] != _I or buffer[pos + 2] != _D:
        return False
    return bool(buffer[pos + 3] == _EQUALS or is_blank(buffer[pos + 3]))


@nb.njit(nogil=True, cache=True)
def is_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> bool:
    """Return whether a record begins at `pos` (where there is a `<`).

    Where records hold elements of their own name, those that have an attribute `id`, or do not begin with an element,
    are none.
    """
    low = (np.uint64(1) << np.uint64(8 * kind.size)) - np.uint64(1)
    if load64(buffer, pos + 1) & low != kind.word:
        return False
    pos += 1 + kind.size
    if not (is_blank(buffer[pos]) or buffer[pos] == GT or buffer[pos] == SLASH):
        return False
    if not kind.holds_own:
        return True
    while pos < end and buffer[pos] != GT and buffer[pos] != LT:
        if _is_id(buffer, pos):
            return False
        pos += 1
    if pos >= end or buffer[pos] == LT or buffer[pos - 1] == SLASH:
        return False
    pos = skip_blanks(buffer, pos + 1)
    behind = aside_end(buffer, pos, end)
    while behind > pos:
        pos = skip_blanks(buffer, behind)
        behind = aside_end(buffer, pos, end)
    return bool(buffer[pos] == LT and _IS_FIRST[buffer[pos + 1]])


@nb.njit(nogil=True, cache=True)
def next_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> Int:
    """Return the place at or behind `pos` where a record begins, `end` if none does; asides are passed over."""
    while pos < end:
        step = markup_run(buffer, pos)
        pos += step
        if step < WIDTH and pos < end:
            if is_record(buffer, pos, end, kind):
                return pos
            pos = max(aside_end(buffer, pos, end), pos + 1)
    return end


@nb.njit(nogil=True, cache=True)
def last_record(buffer: Bytes, pos: Int, end: Int, kind: Kind) -> Int:
    """Return the last place behind `pos` and before `end` where a record begins, −1 if none does.

    Asides are passed over; behind one that does not end before `end` nothing is known to begin.
    """
    last: Int = -1
    place, begin = pos, pos + 1
    while place < end:
        step = aside_run(buffer, place + 1)
        place += step
        if step == WIDTH:
            continue
        behind = aside_end(buffer, place, end) if place < end and buffer[place] == LT else place
        if behind == place:
            place += 1
            continue
        last = max(last, _last_between(buffer, begin, place, end, kind))
        if behind < 0:
            return last
        place, begin = behind, behind
    return max(last, _last_between(buffer, begin, end, end, kind))


@nb.njit(nogil=True, cache=True)
def _last_between(buffer: Bytes, begin: Int, stop: Int, end: Int, kind: Kind) -> Int:
    """Return the last place from `begin` and before `stop` where a record begins, −1 if none does."""
    place = stop - 1
    while place >= begin:
        if buffer[place] == LT and is_record(buffer, place, end, kind):
            return place
        place -= 1
    return -1


@nb.njit(nogil=True, cache=True, inline="always")
def name_end(buffer: Bytes, pos: Int) -> Int:
    """Return the place behind the name at `pos`; `pos` itself: none begins there."""
    if _IS_FIRST[buffer[pos]]:
        pos += 1
        while _IS_NAME[buffer[pos]]:
            pos += 1
    return pos
