"""Wide steps over XML: 32 bytes a step. Buffers are padded as `byte_runs` says, with zeros."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic

from pairmine.kernels import byte_runs
from pairmine.kernels.byte_runs import WIDTH, Codegen, Int, Run, lanes_at, lanes_equal, leading, pointer_to

_LANES = ir.VectorType(ir.IntType(8), WIDTH)


def _run(stops: bytes, *, plain: bool) -> Run:
    """Make a function that counts the bytes before one of `stops` or, if `plain`, any but printable ASCII."""

    def run(typing_context: Any, buffer: Any, index: Any) -> Codegen:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            lanes = lanes_at(context, builder, signature, args)
            # As signed bytes, control characters and everything beyond ASCII are below the blank.
            floor = 0x20 if plain else -128
            hits = builder.icmp_signed("<", lanes, ir.Constant(_LANES, [floor] * WIDTH))
            for byte in stops:
                hits = builder.or_(hits, lanes_equal(builder, lanes, byte))
            return leading(builder, hits)

        return types.int64(buffer, types.int64), codegen

    return cast(Run, intrinsic(run))


text_run = _run(b"<&>", plain=True)
"""Bytes from `index` that are printable ASCII without markup (at most 32)."""

double_quoted_run = _run(b'"&<', plain=True)
"""Bytes from `index` of a value in double quotes that need no second look (at most 32)."""

single_quoted_run = _run(b"'&<", plain=True)
"""Bytes from `index` of a value in single quotes that need no second look (at most 32)."""

markup_run = _run(b"<", plain=False)
"""Bytes from `index` before the next `<` (at most 32)."""

aside_run = _run(b"!?", plain=False)
"""Bytes from `index` before one that may follow the `<` of a comment, CDATA or instruction (at most 32)."""

blank_run = byte_runs.blank_run


def _copy_lanes(typing_context: Any, source: Any, start: Any, target: Any, put: Any) -> Codegen:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = lanes_at(context, builder, signature, args)
        pointer = pointer_to(context, builder, signature.args[2], args[2], args[3])
        builder.store(lanes, builder.bitcast(pointer, _LANES.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), codegen


copy_lanes = cast(Callable[[npt.NDArray[np.uint8], Int, npt.NDArray[np.uint8], Int], None], intrinsic(_copy_lanes))
"""Copy the 32 bytes at source[start] to target[put]."""
