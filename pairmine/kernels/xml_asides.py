"""Comments, CDATA sections and processing instructions: markup in which tags are none."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int

Bytes = npt.NDArray[np.uint8]

_COMMENT, _COMMENT_END, _DASHES = b"<!--", b"-->", b"--"
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_INSTRUCTION, _INSTRUCTION_END = b"<?", b"?>"
_OPEN, _UNSOUND = -1, -2


@nb.njit(nogil=True, cache=True)
def _stands(buffer: Bytes, pos: Int, word: bytes) -> bool:
    index = 0
    while index < len(word) and buffer[pos + index] == word[index]:
        index += 1
    return bool(index == len(word))


@nb.njit(nogil=True, cache=True)
def _behind(buffer: Bytes, pos: Int, end: Int, closing: bytes, forbidden: bytes) -> Int:
    """Return the place behind `closing`; −1: it is not there, −2: `forbidden` stands before it."""
    while pos < end:
        if _stands(buffer, pos, closing):
            return pos + len(closing)
        if _stands(buffer, pos, forbidden):
            return _UNSOUND
        pos += 1
    return _OPEN


@nb.njit(nogil=True, cache=True)
def aside_end(buffer: Bytes, pos: Int, end: Int) -> Int:
    """Return the place behind the comment, CDATA section or instruction at `pos`.

    `pos` itself: none stands there; −1: it does not end before `end`. One in which another of its sort begins is
    none: so no byte is looked at twice for the same sort, however many are never closed.
    """
    stop: Int = _UNSOUND
    if _stands(buffer, pos, _COMMENT):
        stop = _behind(buffer, pos + len(_COMMENT), end, _COMMENT_END, _DASHES)
    elif _stands(buffer, pos, _CDATA):
        stop = _behind(buffer, pos + len(_CDATA), end, _CDATA_END, _CDATA)
    elif _stands(buffer, pos, _INSTRUCTION):
        stop = _behind(buffer, pos + len(_INSTRUCTION), end, _INSTRUCTION_END, _INSTRUCTION)
    return pos if stop == _UNSOUND else stop
