"""Wide steps over byte buffers: 32 bytes a step, whatever vectors the machine has.

Every function reads up to 32 bytes from `index` on, so a buffer needs that much padding behind its data.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic

Int = int | np.int64

WIDTH = 32
PADDING = 2 * WIDTH
_LANES = ir.VectorType(ir.IntType(8), WIDTH)
Codegen = tuple[Any, Callable[..., Any]]
Run = Callable[[npt.NDArray[np.uint8], Int], int]


def pointer_to(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    """Generate the address of array[index]."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def lanes_at(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Generate the load of the 32 bytes at buffer[index]."""
    pointer = pointer_to(context, builder, signature.args[0], args[0], args[1])
    return builder.load(builder.bitcast(pointer, _LANES.as_pointer()), align=1)


def lanes_equal(builder: Any, lanes: Any, byte: int) -> Any:
    """Generate which lanes hold a byte."""
    return builder.icmp_unsigned("==", lanes, ir.Constant(_LANES, [byte] * WIDTH))


def leading(builder: Any, hits: Any) -> Any:
    """Generate the number of lanes before the first hit, 32 if there is none."""
    mask = builder.bitcast(hits, ir.IntType(WIDTH))
    return builder.zext(builder.cttz(mask, ir.Constant(ir.IntType(1), 0)), ir.IntType(64))


def _plain_run(typing_context: Any, buffer: Any, index: Any) -> Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = lanes_at(context, builder, signature, args)
        # As signed bytes, control characters and everything beyond ASCII are below the blank.
        odd = builder.icmp_signed("<", lanes, ir.Constant(_LANES, [0x20] * WIDTH))
        stops = builder.or_(lanes_equal(builder, lanes, ord('"')), lanes_equal(builder, lanes, ord("\\")))
        return leading(builder, builder.or_(odd, stops))

    return types.int64(buffer, types.int64), codegen


def _quote_run(typing_context: Any, buffer: Any, index: Any) -> Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = lanes_at(context, builder, signature, args)
        stops = builder.or_(lanes_equal(builder, lanes, ord('"')), lanes_equal(builder, lanes, ord("\\")))
        return leading(builder, stops)

    return types.int64(buffer, types.int64), codegen


def _blank_run(typing_context: Any, buffer: Any, index: Any) -> Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = lanes_at(context, builder, signature, args)
        blank = lanes_equal(builder, lanes, ord(" "))
        for byte in b"\n\r\t":
            blank = builder.or_(blank, lanes_equal(builder, lanes, byte))
        return leading(builder, builder.not_(blank))

    return types.int64(buffer, types.int64), codegen


def _load64(typing_context: Any, buffer: Any, index: Any) -> Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = pointer_to(context, builder, signature.args[0], args[0], args[1])
        return builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(buffer, types.int64), codegen


plain_run = cast(Run, intrinsic(_plain_run))
"""Bytes from `index` that are ASCII text without quote, backslash and control characters (at most 32)."""

quote_run = cast(Run, intrinsic(_quote_run))
"""Bytes from `index` before the first quote or backslash (at most 32)."""

blank_run = cast(Run, intrinsic(_blank_run))
"""Bytes of JSON white space from `index` (at most 32)."""

load64 = cast(Callable[[npt.NDArray[np.uint8], Int], np.uint64], intrinsic(_load64))
"""The 8 bytes at `index` as a little-endian uint64."""
