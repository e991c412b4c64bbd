"""One process or many: what plain `torchrun` tells each of them."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module

import torch
import torch.distributed as dist

from pairmine.errors import UsageError


@dataclass(frozen=True)
class Ranks:
    """The rank of this process, how many there are, and its device."""

    rank: int
    count: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this process writes and talks."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Return whether the flag is set on any rank."""
        if self.count == 1:
            return flag
        found = torch.tensor([float(flag)], device=self.device)
        dist.all_reduce(found, dist.ReduceOp.MAX)
        return bool(found.item())

    def mean(self, figures: torch.Tensor) -> torch.Tensor:
        """Return the mean over ranks."""
        if self.count > 1:
            dist.all_reduce(figures)
        return figures / self.count


@contextmanager
def join(device: str | None) -> Iterator[Ranks]:
    """Join the ranks that torchrun started, NCCL on CUDA, gloo on a CPU; alone without torchrun.

    Raises:
        UsageError: there is no such device.
    """
    name = device_name(device)
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Ranks(0, 1, torch.device(name))
        return
    if name == "cuda":
        name = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(name)
    # gloo's threads end with the last reference to the group; one that still holds a tensor when the interpreter ends
    # aborts the process. Dynamo, which optimisers import, keeps a reference for good if imported within a group.
    import_module("torch._dynamo")
    dist.init_process_group("nccl" if name.startswith("cuda") else "gloo")
    try:
        yield Ranks(dist.get_rank(), count, torch.device(name))
    finally:
        gc.collect()  # a model wrapped for many ranks refers to itself and to the group
        dist.destroy_process_group()


def device_name(device: str | None) -> str:
    """Return the device asked for, or by default the GPU if there is one.

    Raises:
        UsageError: it is not there.
    """
    name = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(f"--device {name}: this torch sees no CUDA device: leave it out, or install a CUDA build")
    return name
