"""Batches of a pair set: by rank, shuffled anew where an epoch is read again, resumed by counting.

    >>> from pairmine.shards import Batches, Reader
    >>> batches = Batches(Reader("workspace/pairs/mpd-tco"), 384, rank=0, ranks=1, seed=0)
    >>> while batches.epoch < 100:
    ...     for batch in batches:
    ...         step(batch.anchor, batch.positive)
    ...         save(batches.state_dict())      # {"epoch": 0, "batch": 1, …}: what comes next

What a batch holds depends on (seed, epoch, its number) alone; ranks share it row by row, so a run may also be resumed
on another number of ranks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from pairmine import seeding
from pairmine.errors import UsageError
from pairmine.shards.reader import Reader
from pairmine.shards.targets import Floats, Ids, Ints


class Plan(NamedTuple):
    """The batches of a pass over rows: batch b is `order[bounds[b] : bounds[b + 1]]`; `order` None is as they stand."""

    order: Ints | None
    bounds: Ints


def plan(batch_N: Ints | None, rows: int, batch: int, rng: np.random.Generator | None, drop_last: bool) -> Plan:
    """Cut rows into batches.

    Args:
        batch_N: the number of the composed batch each row belongs to, ascending; None where rows are free.
        rows: how many there are.
        batch: rows of a batch, where they are free.
        rng: shuffles the rows, or the composed batches among each other; None leaves all as it stands.
        drop_last: leave out the rest that fills no batch, unless it is all there is.
    """
    if batch_N is not None:
        return _composed(batch_N, rng)
    whole = rows // batch * batch if drop_last and rows >= batch else rows
    return Plan(None if rng is None else rng.permutation(rows), np.append(np.arange(0, whole, batch), whole))


def seeded_plan(
    batch_N: Ints | None, rows: int, batch: int, again: bool, *, seed: int, epoch: int, turn: int, drop_last: bool
) -> Plan:
    """Cut the rows of a training epoch into batches, as `plan` does: as they stand, or shuffled if they are read again.

    The order has the name (seed, epoch, turn); a turn is a pass over the rows within an epoch.
    """
    return plan(batch_N, rows, batch, seeding.rng(seed, "order", epoch, turn) if again else None, drop_last)


def share(rows: int, rank: int, ranks: int) -> Ints:
    """Return which rows of a batch are a rank's: rank, rank + ranks, …, as many for each; of too few, one for each."""
    if rows < ranks:
        return np.array([rank % rows])
    return np.arange(rank, rows - rows % ranks, ranks)


def _composed(batch_N: Ints, rng: np.random.Generator | None) -> Plan:
    firsts = np.flatnonzero(np.diff(batch_N, prepend=-1))
    bounds = np.append(firsts, len(batch_N))
    if rng is None:
        return Plan(None, bounds)
    order = rng.permutation(len(firsts))
    sizes = np.diff(bounds)[order]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return Plan(np.repeat(firsts[order], sizes) + within, np.append(0, np.cumsum(sizes)))


@dataclass(frozen=True)
class Batch:
    """The rows of a batch that are this rank's; B of them.

    Attributes:
        epoch, number: which batch it is.
        anchor, positive, negative: ids of tracks; `Reader.keys_of` gives their keys.
        via, score: what links the two (-1 for nothing), and how strongly.
        vector: (B, D) target of each anchor, in sets of kind vectors; zeros where there is none.
        label_ids, weights: (B, L) in sets of kind labels, padded with -1 and 0.
    """

    epoch: int
    number: int
    anchor: Ids
    positive: Ids
    negative: Ids | None
    via: Ids
    score: Floats
    vector: Floats | None = None
    label_ids: Ints | None = None
    weights: Floats | None = None


class Batches:
    """The batches of one rank, epoch after epoch. Iterating gives the rest of an epoch, then stands at the next.

    An epoch of which no row is left (see `only` of the reader) has no batches; iterating passes it over.

    Args:
        reader: the pair set.
        batch: rows of a batch over all ranks; a set of composed batches has its own.
        rank, ranks: rank r of w gets rows r, r + w, … of each batch, all ranks as many; of too few, one each.
        seed: names the order in which an epoch is read again: training epoch e reads pair epoch e % reader.epochs.
        drop_last: leave out the last rows of an epoch that fill no batch.

    Attributes:
        epoch, number: the batch that comes next.

    Raises:
        UsageError: `batch` is missing, or is not that of the composed batches; or there is no such rank.
    """

    def __init__(
        self,
        reader: Reader,
        batch: int | None = None,
        *,
        rank: int = 0,
        ranks: int = 1,
        seed: int = 0,
        drop_last: bool = True,
    ) -> None:
        self.reader, self.rank, self.ranks, self.seed, self.drop_last = reader, rank, ranks, seed, drop_last
        self.batch = _rows_of(reader, batch)
        if not 0 <= rank < ranks <= self.batch:
            raise UsageError(f"rank {rank} of {ranks} with batches of {self.batch}: ranks count from 0, a row each")
        self.epoch = self.number = 0
        self._plan = lru_cache(maxsize=2)(self._draw_plan)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_plan"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._plan = lru_cache(maxsize=2)(self._draw_plan)

    def __len__(self) -> int:
        """Return how many batches this epoch has, those before `number` counted too."""
        return len(self._plan(self.epoch).bounds) - 1

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches of this epoch that are left."""
        for epoch, number in self.places():
            self.advance(epoch, number)
            yield self.get(epoch, number)

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield (epoch, number) of the batches of this epoch that are left, for workers that make them by `get`."""
        epoch, batches = self.epoch, len(self)
        if not batches:
            self.set_epoch(epoch + 1)
        for number in range(self.number, batches):
            yield epoch, number

    def advance(self, epoch: int, number: int) -> None:
        """Stand behind a batch: at the next, or at the next epoch's first."""
        last = number + 1 == len(self._plan(epoch).bounds) - 1
        self.epoch, self.number = (epoch + 1, 0) if last else (epoch, number + 1)

    def get(self, epoch: int, number: int) -> Batch:
        """Return a batch by its place; it depends on nothing that was read before."""
        order, bounds = self._plan(epoch)
        rows = self.reader.epoch(epoch % self.reader.epochs)
        at = bounds[number] + share(int(bounds[number + 1] - bounds[number]), self.rank, self.ranks)
        taken = rows.take(at if order is None else order[at])
        return Batch(epoch, number, *taken[:5], **self._targets(taken.anchor))

    def set_epoch(self, epoch: int) -> None:
        """Go to the first batch of an epoch; where that epoch is under way already, nothing changes."""
        if epoch != self.epoch:
            self.epoch, self.number = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands, as plain numbers and strings: the batch that comes next, and of what."""
        return {"epoch": self.epoch, "batch": self.number, **self._identity()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state_dict` was taken.

        Raises:
            UsageError: it was taken of another set, or with another batch size or seed.
        """
        own = self._identity()
        for name in (name for name in own if state.get(name) != own[name]):
            raise UsageError(f"the state is of other batches: its {name} is {state.get(name)!r}, here {own[name]!r}")
        self.epoch, self.number = state["epoch"], state["batch"]

    def _identity(self) -> dict[str, Any]:
        return {"set": self.reader.identity, "rows": self.batch, "seed": self.seed, "drop_last": self.drop_last}

    def _draw_plan(self, epoch: int) -> Plan:
        rows = self.reader.epoch(epoch % self.reader.epochs)
        composed, again = rows.place // self.batch if self.reader.batch else None, epoch >= self.reader.epochs
        order = {"seed": self.seed, "epoch": epoch, "turn": 0}
        return seeded_plan(composed, len(rows.anchor), self.batch, again, drop_last=self.drop_last, **order)

    def _targets(self, anchor: Ids) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.reader.vectors is not None:
            found["vector"] = self.reader.vectors.of(anchor)[0]
        if self.reader.labels is not None:
            found["label_ids"], found["weights"] = self.reader.labels.of(anchor)
        return found


def _rows_of(reader: Reader, batch: int | None) -> int:
    """Return the rows of a batch: those asked for, or those of the composed batches."""
    if reader.batch is None and (batch is None or batch < 1):
        raise UsageError(f"batches of {reader.folder}: give the rows of a batch, such as Batches(reader, 384)")
    if reader.batch is not None and batch not in (None, reader.batch):
        raise UsageError(f"{reader.folder} has composed batches of {reader.batch} rows, not {batch}: leave it out")
    return reader.batch or batch or 0
