"""Pair sets for PyTorch: batches made by workers, each rank its own rows, resumed where the loop stood.

    >>> from pairmine.shards import Reader
    >>> from pairmine.shards.torch import PairLoader
    >>> loader = PairLoader(Reader("workspace/pairs/mpd-tco"), 384, num_workers=2)
    >>> for epoch in range(100):
    ...     for batch in loader:
    ...         step(batch["anchor"], batch["positive"])

`make` turns a batch of ids into what the model takes, inside the workers; `examples/` cut patches of log-mels so.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import torch.distributed as dist
from torch.utils.data import DataLoader, Dataset, Sampler

from pairmine.shards.batches import Batch, Batches
from pairmine.shards.reader import Reader

Place = tuple[int, int]


def columns(batch: Batch) -> dict[str, Any]:
    """Return what a batch has as a dictionary of arrays, which the loader makes tensors of."""
    return {name: value for name, value in vars(batch).items() if value is not None}


class PairLoader:
    """Batches of a pair set for a training loop. Iterating gives the rest of an epoch, then stands at the next.

    Under `torchrun`, or where torch.distributed is initialised, each rank gets its rows of every batch.

    Args:
        reader: the pair set.
        batch: rows of a batch over all ranks; a set of composed batches has its own.
        make: what a batch becomes, inside the workers: tensors, or NumPy arrays, which become tensors.
        seed, drop_last: as in `Batches`.
        workers: options of `torch.utils.data.DataLoader`: num_workers, pin_memory, prefetch_factor ….

    Attributes:
        batches: what is read. Its place counts batches handed out, not those that workers made ahead.

    Raises:
        UsageError: as `Batches` does.
    """

    def __init__(
        self,
        reader: Reader,
        batch: int | None = None,
        *,
        make: Callable[[Batch], Any] = columns,
        seed: int = 0,
        drop_last: bool = True,
        **workers: Any,
    ) -> None:
        rank, ranks = _ranks()
        self.batches = Batches(reader, batch, rank=rank, ranks=ranks, seed=seed, drop_last=drop_last)
        made = _Made(self.batches, make)
        self._loader = DataLoader(made, sampler=_Places(self.batches), batch_size=None, **workers)

    def __len__(self) -> int:
        """Return how many batches this epoch has."""
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        """Yield what `make` made of the batches of this epoch that are left."""
        for (epoch, number), made in self._loader:
            self.batches.advance(epoch, number)
            yield made

    def set_epoch(self, epoch: int) -> None:
        """Go to the first batch of an epoch; where that epoch is under way already, nothing changes."""
        self.batches.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return where the loop stands, as plain numbers and strings."""
        return self.batches.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken, on any number of ranks and workers.

        Raises:
            UsageError: it was taken of another set, or with another batch size or seed.
        """
        self.batches.load_state_dict(state)


class _Made(Dataset[tuple[Place, Any]]):
    """Batches by their place, with the place."""

    def __init__(self, batches: Batches, make: Callable[[Batch], Any]) -> None:
        self.batches, self.make = batches, make

    def __getitem__(self, place: Place) -> tuple[Place, Any]:
        return place, self.make(self.batches.get(*place))


class _Places(Sampler[Place]):
    """The places of the batches of the present epoch that are left."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Place]:
        return self.batches.places()


def _ranks() -> Place:
    """Return the rank of this process, and how many there are."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
