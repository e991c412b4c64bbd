"""Known names of XML elements and attributes, found by one perfect hash of their bytes."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int, load64

Bytes = npt.NDArray[np.uint8]

MAX_NAME_BYTES = 16
NO_NAME = -1
_SLOT_BITS = 11
_LOW = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)


class NameTable(NamedTuple):
    """Names by hash slot: their number (−1: none) there, and by number their first and last 8 bytes and size."""

    multiplier: np.uint64
    slots: npt.NDArray[np.int16]
    heads: npt.NDArray[np.uint64]
    tails: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int64]


@nb.njit(nogil=True, cache=True, inline="always")
def _slot(head: np.uint64, tail: np.uint64, multiplier: np.uint64) -> Int:
    mixed = (head ^ (tail << np.uint64(7)) ^ (tail >> np.uint64(23))) * multiplier
    return np.int64(mixed >> np.uint64(64 - _SLOT_BITS))


@nb.njit(nogil=True, cache=True)
def _words(buffer: Bytes, start: Int, end: Int) -> tuple[np.uint64, np.uint64]:
    """Return the first and the last 8 bytes of a name, fewer if it has no more."""
    size = min(end - start, 8)
    return load64(buffer, start) & _LOW[size], load64(buffer, end - size) & _LOW[size]


@nb.njit(nogil=True, cache=True)
def find_name(buffer: Bytes, start: Int, end: Int, names: NameTable) -> Int:
    """Return the number of the name between `start` and `end`, −1 if it is not known."""
    if end - start > MAX_NAME_BYTES:
        return NO_NAME
    head, tail = _words(buffer, start, end)
    number = np.int64(names.slots[_slot(head, tail, names.multiplier)])
    if number < 0 or names.heads[number] != head or names.tails[number] != tail or names.sizes[number] != end - start:
        return NO_NAME
    return number


def name_table(known: list[str]) -> NameTable:
    """Return the table of these names (ASCII, at most 16 bytes each), numbered in their order."""
    raw = [name.encode("ascii") for name in known]
    heads = np.array([int.from_bytes(name[:8], "little") for name in raw], np.uint64)
    tails = np.array([int.from_bytes(name[-8:], "little") for name in raw], np.uint64)
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    step = np.uint64(0xD1342543DE82EF94)
    with np.errstate(over="ignore"):
        while True:
            mixed = (heads ^ (tails << np.uint64(7)) ^ (tails >> np.uint64(23))) * multiplier
            places = (mixed >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
            if np.unique(places).size == len(raw):
                break
            multiplier += step
    slots = np.full(1 << _SLOT_BITS, NO_NAME, np.int16)
    slots[places] = np.arange(len(raw))
    return NameTable(multiplier, slots, heads, tails, np.array([len(name) for name in raw]))
