"""Gather patches of consecutive frames from many memory-mapped arrays."""

from typing import Any

import numba as nb
import numpy as np
import numpy.typing as npt
from numba import carray, types  # type: ignore[attr-defined]
from numba.extending import intrinsic

Addresses = npt.NDArray[np.uint64]
Int64s = npt.NDArray[np.int64]
Halves = npt.NDArray[np.uint16]


@intrinsic
def _pointer(typing_context: Any, address: Any) -> Any:
    """Return an address as a pointer to 16-bit values."""
    pointer = types.CPointer(types.uint16)  # type: ignore[no-untyped-call]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.uint64), generate


_at: Any = _pointer


@nb.njit(nogil=True, cache=True)
def gather(addresses: Addresses, first: Int64s, out: Halves) -> None:
    """Fill `out` (patches, frames, bands) with the frames from `first[i]` on of the array at `addresses[i]`.

    The arrays are (frames, bands), C-contiguous, 16 bits a value, `bands` as in `out`. Whoever calls has checked that
    the patches lie within them, and keeps them alive: nothing is checked here.
    """
    values = out.shape[1] * out.shape[2]
    flat = out.reshape(out.shape[0], values)
    for patch in range(out.shape[0]):
        begin = first[patch] * out.shape[2]
        source = carray(_at(addresses[patch]), begin + values)
        flat[patch] = source[begin:]
