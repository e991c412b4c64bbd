"""Made-up arguments for a loss, from the names of its parameters alone: the letters behind a name are its axes."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

SIZES = {"B": 6, "D": 5, "K": 3, "V": 7, "L": 3, "M": 3}


def tensors(
    loss: Callable[..., Any], *, optional: bool, seed: int = 0, dtype: torch.dtype = torch.float64, **sizes: int
) -> dict[str, Tensor]:
    """Return every tensor the loss takes; with `optional`, those it can do without too."""
    draw = torch.Generator().manual_seed(seed)
    given = {}
    for name, parameter in inspect.signature(loss).parameters.items():
        axes = re.fullmatch(r"[a-z_]+_([A-Z]+)", name)
        if axes and (optional or parameter.default is parameter.empty):
            shape = tuple((SIZES | sizes)[letter] for letter in axes[1])
            given[name] = _tensor(name, shape, draw, dtype)
    return given


def _tensor(name: str, shape: tuple[int, ...], draw: torch.Generator, dtype: torch.dtype) -> Tensor:
    if "groups" in name:
        return torch.randint(shape[0] // 2, shape, generator=draw)
    if "label_ids" in name:
        return torch.stack([torch.randperm(SIZES["V"] + 1, generator=draw)[: shape[1]] - 1 for _ in range(shape[0])])
    if "present" in name:
        return torch.rand(shape, generator=draw) < 0.7
    if "weights" in name:
        return torch.rand(shape, generator=draw, dtype=dtype) + 0.1
    return torch.randn(shape, generator=draw, dtype=dtype)


def by_row(name: str) -> int | None:
    """Return which axis of a tensor of that name is the batch."""
    axes = name.rpartition("_")[2]
    return axes.index("B") if "B" in axes else None
