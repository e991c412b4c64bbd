"""Prefetching, and arrays that are not counted, for compiled loops whose time goes in memory."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of `array[index]` (one-dimensional, contiguous) without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.bitcast(builder.gep(view.data, [arguments[1]]), cgutils.voidptr_t)
        int32 = ir.IntType(32)
        name = "llvm.prefetch.p0"
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, int32, int32, int32])
        function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        read, keep_in_all_levels, data = int32(0), int32(3), int32(1)
        builder.call(function, [place, read, keep_in_all_levels, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


prefetch: Any = _prefetch


@intrinsic
def _borrowed(typing_context: Any, array: Any) -> Any:
    """Return an array that shares the bytes of another but holds no reference to it.

    Compiled code counts references to arrays by atomic steps wherever they are handed on, which in deep scanners
    costs more than the work. The other array must outlive this one: let it be an argument, or returned.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = cgutils.get_null_value(view.meminfo.type)  # type: ignore[no-untyped-call]
        view.parent = cgutils.get_null_value(view.parent.type)  # type: ignore[no-untyped-call]
        return view._getvalue()

    return array(array), generate


borrowed: Any = _borrowed
