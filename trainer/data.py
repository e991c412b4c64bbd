"""Pair sets and a feature store become batches.

What a batch holds depends on (seed, epoch, its number) and nothing else; rank r of w takes its rows r, r + w, … So any
run can be taken up in the middle of an epoch by counting, and any number of ranks sees the same batches.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from pairmine import seeding
from pairmine.shards import Labels, Vectors
from pairmine.shards.batches import seeded_plan, share
from trainer import views
from trainer.pair_sets import Features, Ints, PairSet, Rows
from trainer.recipe import Views


@dataclass(frozen=True)
class Batch:
    """One batch of one stream, on this rank.

    Attributes:
        mel_VBFT: half-precision log-mels, V views: anchor, positive, negative; with `waveforms` the samples they are to
            be computed from, (V, B, 1, samples).
        other_VBFT: patches to be mixed into them.
        changes: random numbers for mixing and augmentation, each (V, B), stripes (V, B, bands or frames, stripe, 2).
        rows_B: the anchors' rows in the feature store.
        groups_B, negative_groups_B: ids of rows that are no negatives of each other.
        vector_BD, has_vector_B, label_ids_BL, weights_BL, has_labels_B: targets, where the stream has them.
    """

    mel_VBFT: Tensor
    rows_B: Tensor
    groups_B: Tensor | None = None
    negative_groups_B: Tensor | None = None
    other_VBFT: Tensor | None = None
    changes: dict[str, Tensor] | None = None
    vector_BD: Tensor | None = None
    has_vector_B: Tensor | None = None
    label_ids_BL: Tensor | None = None
    weights_BL: Tensor | None = None
    has_labels_B: Tensor | None = None
    waveforms: bool = False

    def to(self, device: torch.device) -> "Batch":
        """Return it on a device; from pinned memory this overlaps with compute."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pinned(self) -> "Batch":
        """Return it in pinned memory."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Any) -> "Batch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved = {name: change(value) for name, value in values.items() if isinstance(value, Tensor)}
        if self.changes is not None:
            moved["changes"] = {name: change(value) for name, value in self.changes.items()}
        return replace(self, **moved)


class Plan(NamedTuple):
    """The batches of a pass over an epoch: batch b is `rows[bounds[b] : bounds[b + 1]]`."""

    rows: Rows
    bounds: Ints


class Stream:
    """One or several pair sets joined by track, cut into batches.

    Args:
        sets: the pair sets; several are joined over the tracks of all.
        features: the store.
        spec: how patches are cut.
        frames: length of a patch.
        batch: rows of a batch over all ranks; a set of fixed order keeps its own.
        groups: "track", "via" or "none".
        view_count: patches a row: anchor, positive, negative.
        drop_last: leave out a last batch that is not full.
        seed: names the draws.
        still: draw the same crops in every epoch, and change nothing (validation).
    """

    def __init__(
        self,
        sets: list[PairSet],
        features: Features,
        *,
        spec: Views,
        frames: int,
        batch: int,
        groups: str = "track",
        view_count: int = 2,
        drop_last: bool = True,
        seed: int = 0,
        still: bool = False,
    ):
        self.sets, self.features, self.frames, self.groups = sets, features, frames, groups
        self.spec = replace(spec, mix=[], augment=[]) if still else spec
        self.view_count, self.seed, self.still = view_count, seed, still
        self.fixed = len(sets) == 1 and sets[0].fixed_batch is not None
        self.batch = sets[0].fixed_batch if len(sets) == 1 and sets[0].fixed_batch else batch
        self.drop_last = drop_last
        self.gap = views.gap_frames(self.spec, features.manifest["front_end"])
        self._frames_of = features.frames.astype(np.int64)
        self.first_epoch = 0
        self._plans: dict[tuple[int, int], Plan] = {}

    def reading(self, pairs: PairSet, first_epoch: int) -> "Stream":
        """Return it with another pair set, whose pair epoch 0 is read by training epoch `first_epoch`."""
        other = copy(self)
        other.sets, other.first_epoch, other._plans = [pairs], first_epoch, {}
        return other

    def order(self, epoch: int) -> Rows:
        """Return the rows of a training epoch in the order in which they are read, on all ranks."""
        return self._plan(epoch, 0).rows

    def pair_epoch(self, epoch: int) -> int:
        """Return which pair epoch a training epoch reads (of the first set, where several are joined)."""
        return (epoch - self.first_epoch) % self.sets[0].epochs

    def batches(self, epoch: int) -> int:
        """Return how many batches one pass over a training epoch has."""
        return len(self._plan(epoch, 0).bounds) - 1

    def dropped(self, epoch: int) -> int:
        """Return how many pairs of the epoch were dropped for want of features."""
        return sum(each.epoch((epoch - self.first_epoch) % each.epochs)[1] for each in self.sets)

    def tracks(self) -> Ints:
        """Return the feature rows of the tracks of the first pair epoch."""
        rows = self._joined(0)
        return np.unique(np.concatenate([rows.anchor, rows.positive]))

    def warnings(self) -> list[str]:
        """Return a line for what differs from the recipe: another batch size, or a last batch that is not full."""
        folders = ", ".join(str(each.folder) for each in self.sets)
        rows = len(self._plan(0, 0).rows.anchor)
        if self.fixed:
            return [f"{folders} has composed batches: {self.batch} rows each, in their order"]
        return [f"{folders} has {rows} rows an epoch, under a batch of {self.batch}"] if rows < self.batch else []

    def rows(self, epoch: int, number: int) -> tuple[Rows, Ints]:
        """Return the rows of a batch on all ranks, and the group of each; short sets are passed over again."""
        turn, number = divmod(number, self.batches(epoch))
        plan = self._plan(epoch, turn)
        taken = plan.rows.take(slice(plan.bounds[number], plan.bounds[number + 1]))
        if self.groups == "via":
            groups = np.where(taken.via < 0, -1 - np.arange(len(taken.via)), taken.via)
        else:
            groups = taken.anchor
        return taken, groups

    def get(self, epoch: int, number: int, rank: int = 0, ranks: int = 1) -> Batch:
        """Return a batch: rows rank, rank + ranks, … of it, as many for each rank; of too few, one for each."""
        taken, groups = self.rows(epoch, number)
        count = len(taken.anchor)
        mine = share(count, rank, ranks)
        rng = seeding.rng(self.seed, "crops", 0 if self.still else epoch, number)
        tracks_VB = taken.views(self.view_count)
        length = views.gathered_frames(self.spec, self.frames)
        starts_VB = self._starts(rng, tracks_VB, length)
        changes = views.draw(rng, self.spec, tracks_VB.shape)
        other_VBFT = None
        if self.spec.mix:
            partners = (np.arange(count) + rng.integers(1, max(count, 2), count)) % count
            other_VBFT = self._patches(tracks_VB[:, partners[mine]], starts_VB[:, partners[mine]], length)
        return Batch(
            mel_VBFT=self._patches(tracks_VB[:, mine], starts_VB[:, mine], length),
            rows_B=torch.from_numpy(taken.anchor[mine]),
            groups_B=None if self.groups == "none" else torch.from_numpy(groups[mine]),
            negative_groups_B=self._negative_groups(taken, mine),
            other_VBFT=other_VBFT,
            changes={name: torch.from_numpy(values[:, mine]) for name, values in changes.items()} or None,
            waveforms=self.features.waveforms,
            **self._targets(taken.anchor[mine]),
        )

    def _starts(self, rng: np.random.Generator, tracks_VB: Ints, length: int) -> Ints:
        """Draw the first frame of every patch."""
        spare_VB = self._frames_of[tracks_VB] - length
        starts_VB = (rng.random(tracks_VB.shape) * (spare_VB + 1)).astype(np.int64)
        alone_B = np.zeros(tracks_VB.shape[1], np.bool_) if len(tracks_VB) < 2 else tracks_VB[0] == tracks_VB[1]
        if self.spec.pairing == "same" and len(tracks_VB) > 1:
            starts_VB[1, alone_B] = starts_VB[0, alone_B]
        if self.spec.pairing == "adjacent" and len(tracks_VB) > 1:
            step = length + self.gap
            first_B = (rng.random(alone_B.size) * (spare_VB[0] - step + 1)).astype(np.int64)
            starts_VB[0, alone_B], starts_VB[1, alone_B] = first_B[alone_B], first_B[alone_B] + step
        return starts_VB

    def _patches(self, tracks_VB: Ints, starts_VB: Ints, length: int) -> Tensor:
        patches = self.features.patches(tracks_VB.ravel(), starts_VB.ravel(), length)
        return torch.from_numpy(patches).view(*tracks_VB.shape, *patches.shape[1:])

    def _negative_groups(self, taken: Rows, mine: Ints) -> Tensor | None:
        """Return the groups of the negatives, which are tracks: known where groups are tracks too."""
        if taken.negative is None or self.groups != "track" or self.view_count < 3:
            return None
        return torch.from_numpy(taken.negative[mine])

    def _targets(self, tracks_B: Ints) -> dict[str, Tensor]:
        targets: dict[str, Tensor] = {}
        for each in self.sets:
            if each.vectors is not None:
                targets |= _vector_targets(each.vectors, each.ids(tracks_B))
            if each.labels is not None:
                targets |= _label_targets(each.labels, each.ids(tracks_B))
        return targets

    def _plan(self, epoch: int, turn: int) -> Plan:
        """Return the batches of a pass; a pair epoch read again, or in a second pass, is shuffled anew."""
        if (epoch, turn) not in self._plans:
            for old in [key for key in self._plans if key[0] < epoch - 1]:
                del self._plans[old]
            self._plans[epoch, turn] = self._draw_plan(epoch, turn)
        return self._plans[epoch, turn]

    def _draw_plan(self, epoch: int, turn: int) -> Plan:
        rows = self._joined(epoch)
        read_before = epoch - self.first_epoch >= self.sets[0].epochs or turn > 0 or len(self.sets) > 1
        name = {"seed": self.seed, "epoch": 0 if self.still else epoch, "turn": turn}
        again = read_before and not (self.fixed and self.still)
        batch_N = rows.batch if self.fixed else None
        order, bounds = seeded_plan(batch_N, len(rows.anchor), self.batch, again, drop_last=self.drop_last, **name)
        return Plan(rows if order is None else rows.take(order), bounds)

    def _joined(self, epoch: int) -> Rows:
        if len(self.sets) == 1:
            return self.sets[0].epoch(self.pair_epoch(epoch))[0]
        tracks = np.unique(np.concatenate([each.epoch(epoch % each.epochs)[0].anchor for each in self.sets]))
        nothing = np.full(len(tracks), -1)
        return Rows(tracks, tracks, None, nothing, nothing)


def _vector_targets(targets: Vectors, ids_B: Ints) -> dict[str, Tensor]:
    vector_BD, has_vector_B = targets.of(ids_B)
    return {"vector_BD": torch.from_numpy(vector_BD), "has_vector_B": torch.from_numpy(has_vector_B)}


def _label_targets(targets: Labels, ids_B: Ints) -> dict[str, Tensor]:
    ids_BL, weights_BL = targets.of(ids_B)
    return {
        "label_ids_BL": torch.from_numpy(ids_BL),
        "weights_BL": torch.from_numpy(weights_BL),
        "has_labels_B": torch.from_numpy((ids_BL >= 0).any(1)),
    }


Streams = Mapping[tuple[str, ...], Stream]
Batches = dict[tuple[str, ...], Batch]


def epoch_batches(streams: Streams, epoch: int) -> int:
    """Return the batches of a training epoch: those of the longest stream; shorter ones are passed over again."""
    return max(stream.batches(epoch) for stream in streams.values())
