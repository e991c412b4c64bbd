"""Known names of XML elements and attributes, found by one perfect hash of their bytes."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int, load64

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

MAX_NAME_BYTES = 16
NO_NAME = -1
_SLOT_BITS = 11
_LOW = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)


@nb.njit(nogil=True, cache=True, inline="always")
def _slot(head: np.uint64, tail: np.uint64, multiplier: np.uint64) -> Int:
    mixed = (head ^ (tail << np.uint64(7)) ^ (tail >> np.uint64(23))) * multiplier
    return np.int64(mixed >> np.uint64(64 - _SLOT_BITS))


@nb.njit(nogil=True, cache=True)
def find_name(buffer: Bytes, start: Int, end: Int, names: Words) -> Int:
    """Return the number of the name between `start` and `end`, −1 if it is not known."""
    size = end - start
    if size > MAX_NAME_BYTES:
        return NO_NAME
    low = _LOW[min(size, 8)]
    head, tail = load64(buffer, start) & low, load64(buffer, end - min(size, 8)) & low
    slot = _slot(head, tail, names[-1, 0])
    if names[slot, 0] != head or names[slot, 1] != tail or names[slot, 2] != np.uint64(size):
        return NO_NAME
    return np.int64(names[slot, 3])


def name_table(known: list[str]) -> Words:
    """Return the table of these names (ASCII, at most 16 bytes each), numbered in their order.

    (slots + 1, 4) uint64: first 8 bytes, last 8 bytes, size, number; the hash's multiplier in the last row.
    """
    raw = [name.encode("ascii") for name in known]
    heads = np.array([int.from_bytes(name[:8], "little") for name in raw], np.uint64)
    tails = np.array([int.from_bytes(name[-8:], "little") for name in raw], np.uint64)
    multiplier = 0x9E3779B97F4A7C15
    places = _places(heads, tails, multiplier)
    while np.unique(places).size < len(raw):
        multiplier = (multiplier + 0xD1342543DE82EF94) % 2**64
        places = _places(heads, tails, multiplier)
    names = np.zeros(((1 << _SLOT_BITS) + 1, 4), np.uint64)
    for number, (place, name) in enumerate(zip(places, raw, strict=True)):
        names[place] = heads[number], tails[number], len(name), number
    names[-1, 0] = multiplier
    return names


def _places(heads: Words, tails: Words, multiplier: int) -> npt.NDArray[np.int64]:
    mixed = (heads ^ (tails << np.uint64(7)) ^ (tails >> np.uint64(23))) * np.uint64(multiplier)
    places: npt.NDArray[np.int64] = (mixed >> np.uint64(64 - _SLOT_BITS)).astype(np.int64)
    return places
