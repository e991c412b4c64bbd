"""Bring the rows of all ranks together, so that gradients find their way back."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def gather(rows: Tensor) -> Tensor:
    """Return the rows of all ranks, rank after rank; all ranks must have as many.

    The gradient of a row is the sum of what all ranks' losses ask of it: averaged over ranks (as
    `DistributedDataParallel` does with parameters) it is the gradient of the mean of the ranks' losses.
    """
    gathered: Tensor = _Gather.apply(rows)  # type: ignore[no-untyped-call]
    return gathered


class _Gather(torch.autograd.Function):
    # torch.distributed.nn.functional.all_gather does the same, but is deprecated in favour of a private function
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
