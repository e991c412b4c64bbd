"""Equality of bytes."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int

Bytes = npt.NDArray[np.uint8]


@nb.njit(nogil=True, cache=True)
def same_bytes(first: Bytes, place: Int, second: Bytes, other: Int, length: Int) -> bool:
    """Return whether the `length` bytes from first[place] and from second[other] are the same."""
    index = 0
    while index < length and first[place + index] == second[other + index]:
        index += 1
    return bool(index >= length)
