"""Random streams that depend on nothing but their names, and the one integer mix behind every seeded order.

The same mix exists three times on purpose, once for each place that needs it: here for NumPy arrays, in
`kernels/mixing.py` for compiled loops and in `sql/catalogue/mix.sql` for DuckDB. A test holds them equal.
"""

import hashlib

import numpy as np
import numpy.typing as npt

MASK_32 = 0xFFFFFFFF


def stream(seed: int, *names: str | int) -> int:
    """Return the 63-bit stream named by a seed and names, e.g. `stream(0, "co", epoch, "visit")`."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def rng(seed: int, *names: str | int) -> np.random.Generator:
    """Return a NumPy generator for the stream of these names."""
    return np.random.Generator(np.random.PCG64(stream(seed, *names)))


def mix32(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Scramble 32-bit values (held in uint64); a bijection, so distinct values stay distinct."""
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x21F0AAAD)) & np.uint64(MASK_32)
    x = ((x ^ (x >> np.uint64(15))) * np.uint64(0x735A2D97)) & np.uint64(MASK_32)
    return x ^ (x >> np.uint64(15))


def mix(stream: int, ids: npt.ArrayLike) -> npt.NDArray[np.uint64]:
    """Map ids (0 … 2³²−1) to distinct 32-bit values in the order of `stream`."""
    low, high = np.uint64(stream & MASK_32), np.uint64(stream >> 32)
    return mix32(mix32(np.asarray(ids, np.uint64) ^ low) ^ high)


def order(stream: int, count: int) -> npt.NDArray[np.int32]:
    """Return the ids 0 … count−1 in the seeded order of `stream`."""
    keys = (mix(stream, np.arange(count)) << np.uint64(32)) | np.arange(count, dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(MASK_32)).astype(np.int32)
