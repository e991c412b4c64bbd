"""Losses compute in float32 or better, whatever the networks before them ran in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast

import torch
from torch import Tensor

P = ParamSpec("P")


def full_precision(loss: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Widen half-precision arguments of a loss to float32 and switch autocast off inside it.

    A bfloat16 has eight significant bits: a similarity of 100 (temperature 0.01) would be known to 0.5 only.
    """

    @wraps(loss)
    def widened(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        with torch.autocast(_device((*args, *kwargs.values())), enabled=False):
            wide = {name: _widen(value) for name, value in kwargs.items()}
            return cast(Callable[..., Tensor], loss)(*map(_widen, args), **wide)

    return widened


def _widen(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value
    return [_widen(part) for part in value] if isinstance(value, (list, tuple)) else value


def _device(values: tuple[Any, ...]) -> str:
    first = values[0] if isinstance(values[0], Tensor) else values[0][0]
    return str(first.device.type)
