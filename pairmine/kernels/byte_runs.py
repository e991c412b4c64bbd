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
_Codegen = tuple[Any, Callable[..., Any]]
_Run = Callable[[npt.NDArray[np.uint8], Int], int]


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _lanes(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Load the 32 bytes at buffer[index]."""
    pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
    return builder.load(builder.bitcast(pointer, _LANES.as_pointer()), align=1)


def _equal(builder: Any, lanes: Any, byte: int) -> Any:
    return builder.icmp_unsigned("==", lanes, ir.Constant(_LANES, [byte] * WIDTH))


def _leading(builder: Any, hits: Any) -> Any:
    """Number of lanes before the first hit, 32 if there is none."""
    mask = builder.bitcast(hits, ir.IntType(WIDTH))
    return builder.zext(builder.cttz(mask, ir.Constant(ir.IntType(1), 0)), ir.IntType(64))


def _plain_run(typing_context: Any, buffer: Any, index: Any) -> _Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = _lanes(context, builder, signature, args)
        # As signed bytes, control characters and everything beyond ASCII are below the blank.
        odd = builder.icmp_signed("<", lanes, ir.Constant(_LANES, [0x20] * WIDTH))
        stops = builder.or_(_equal(builder, lanes, ord('"')), _equal(builder, lanes, ord("\\")))
        return _leading(builder, builder.or_(odd, stops))

    return types.int64(buffer, types.int64), codegen


def _quote_run(typing_context: Any, buffer: Any, index: Any) -> _Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = _lanes(context, builder, signature, args)
        stops = builder.or_(_equal(builder, lanes, ord('"')), _equal(builder, lanes, ord("\\")))
        return _leading(builder, stops)

    return types.int64(buffer, types.int64), codegen


def _blank_run(typing_context: Any, buffer: Any, index: Any) -> _Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = _lanes(context, builder, signature, args)
        blank = _equal(builder, lanes, ord(" "))
        for byte in b"\n\r\t":
            blank = builder.or_(blank, _equal(builder, lanes, byte))
        return _leading(builder, builder.not_(blank))

    return types.int64(buffer, types.int64), codegen


def _load64(typing_context: Any, buffer: Any, index: Any) -> _Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        return builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(buffer, types.int64), codegen


def _prefetch(typing_context: Any, array: Any, index: Any) -> _Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1])
        pointer = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        i32 = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer.type], ir.FunctionType(ir.VoidType(), [pointer.type, i32, i32, i32])
        )
        builder.call(function, [pointer, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), codegen


plain_run = cast(_Run, intrinsic(_plain_run))
"""Bytes from `index` that are ASCII text without quote, backslash and control characters (at most 32)."""

quote_run = cast(_Run, intrinsic(_quote_run))
"""Bytes from `index` before the first quote or backslash (at most 32)."""

blank_run = cast(_Run, intrinsic(_blank_run))
"""Bytes of JSON white space from `index` (at most 32)."""

load64 = cast(Callable[[npt.NDArray[np.uint8], Int], np.uint64], intrinsic(_load64))
"""The 8 bytes at `index` as a little-endian uint64."""

prefetch = cast(Callable[[npt.NDArray[np.generic], Int], None], intrinsic(_prefetch))
"""Ask for the cache line of array[index]."""
