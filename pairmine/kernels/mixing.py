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


@nb.njit(inline="always")
def random_bits(state: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Return the next state of SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014) and 64 random bits."""
    state += np.uint64(0x9E3779B97F4A7C15)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@nb.njit(inline="always")
def below(bits: np.uint64, size: np.int64) -> np.int64:
    """Map the upper half of 64 random bits to 0 … size − 1."""
    return np.int64(((bits >> np.uint64(32)) * np.uint64(size)) >> np.uint64(32))
