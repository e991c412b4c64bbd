"""The seeded integer mix of `pairmine.seeding`, for compiled loops."""

import numba as nb
import numpy as np


@nb.njit(inline="always")
def mix32(x: np.uint64) -> np.uint64:
    """Scramble a 32-bit value held in uint64 (a bijection)."""
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x21F0AAAD)) & np.uint64(0xFFFFFFFF)
    x = ((x ^ (x >> np.uint64(15))) * np.uint64(0x735A2D97)) & np.uint64(0xFFFFFFFF)
    return x ^ (x >> np.uint64(15))


@nb.njit(inline="always")
def mix(stream: np.uint64, a: np.uint64) -> np.uint64:
    """Map an id to its 32-bit place in the order of `stream`; distinct ids, distinct values."""
    low, high = stream & np.uint64(0xFFFFFFFF), stream >> np.uint64(32)
    return mix32(mix32(np.uint64(a) ^ low) ^ high)


@nb.njit(inline="always")
def mix_pair(stream: np.uint64, a: np.uint64, b: np.uint64) -> np.uint64:
    """Place of `b` in the order that `stream` gives the members of `a`."""
    return mix32(np.uint64(b) ^ mix(stream, a))
