"""The byte order of texts: eight bytes at a time, deeper only where they are equal."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.gathering import group_sorted

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_WORD = 8
_SHORT = 24  # runs up to this length are sorted by comparing whole texts


def number_texts(offsets: Int64s, data: Bytes) -> tuple[Int32s, int]:
    """Number texts densely from 0 by their byte order; returns (number of each, how many there are).

    Args:
        offsets: (texts + 1,) int64 into the bytes.
        data: UTF-8 without NUL.
    """
    words = leading_words(offsets, data)
    order = np.argsort(words)
    refine(order, words[order], offsets, data)
    numbers, count = group_sorted(offsets, data, order.astype(np.uint32))
    return numbers, int(count)


@nb.njit(cache=True, nogil=True)
def leading_words(offsets, data):  # type: ignore[no-untyped-def]
    """Return the first 8 bytes of each text as a number of the same order (uint64); shorter ones end in zeros."""
    words = np.empty(offsets.size - 1, np.uint64)
    for row in range(words.size):
        words[row] = _word(data, offsets[row], offsets[row + 1])
    return words


@nb.njit(cache=True, nogil=True)
def _word(data, begin, end):  # type: ignore[no-untyped-def]
    word = np.uint64(0)
    length = min(end - begin, _WORD)
    for index in range(length):
        word = word << np.uint64(8) | np.uint64(data[begin + index])
    return word << np.uint64(8 * (_WORD - length)) if length > 0 else np.uint64(0)


@nb.njit(cache=True, nogil=True)
def refine(order, words, offsets, data):  # type: ignore[no-untyped-def]
    """Sort the rows of equal first words by what follows, in place.

    Args:
        order: rows in the order of their first words.
        words: those words, in the same order.
        offsets: of the texts.
        data: their bytes.
    """
    stack = [(0, 0, 0)][:0]
    _push_runs(stack, words, 0, _WORD)
    while len(stack):
        begin, end, depth = stack.pop()
        first = order[begin]
        if offsets[first + 1] - offsets[first] < depth:  # so do all texts of the run, which are equal
            continue
        if end - begin <= _SHORT:
            _insertion_sort(order, begin, end, offsets, data, depth)
            continue
        deeper = np.empty(end - begin, np.uint64)
        for index in range(begin, end):
            row = order[index]
            deeper[index - begin] = _word(data, offsets[row] + depth, offsets[row + 1])
        inner = np.argsort(deeper)
        rows = order[begin:end].copy()
        for index in range(inner.size):
            order[begin + index] = rows[inner[index]]
        _push_runs(stack, deeper[inner], begin, depth + _WORD)


@nb.njit(cache=True, nogil=True)
def _push_runs(stack, words, shift, depth):  # type: ignore[no-untyped-def]
    """Put every run of equal words on the stack: where it begins and ends, and how deep its texts are equal."""
    begin = 0
    for index in range(1, words.size + 1):
        if index == words.size or words[index] != words[begin]:
            if index - begin > 1:
                stack.append((shift + begin, shift + index, depth))
            begin = index


@nb.njit(cache=True, nogil=True)
def _insertion_sort(order, begin, end, offsets, data, depth):  # type: ignore[no-untyped-def]
    for index in range(begin + 1, end):
        row, place = order[index], index
        while place > begin and _less(offsets, data, row, order[place - 1], depth):
            order[place] = order[place - 1]
            place -= 1
        order[place] = row


@nb.njit(cache=True, nogil=True)
def _less(offsets, data, left, right, depth):  # type: ignore[no-untyped-def]
    """Whether the left text comes before the right one, both known to be equal up to a depth."""
    a, b = offsets[left] + depth, offsets[right] + depth
    shorter = min(offsets[left + 1] - a, offsets[right + 1] - b)
    for index in range(shorter):
        if data[a + index] != data[b + index]:
            return data[a + index] < data[b + index]
    return offsets[left + 1] - a < offsets[right + 1] - b
