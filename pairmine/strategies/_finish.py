"""What may be done to an epoch once it is drawn: hard negatives beside its pairs, batches without shared marks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pairmine import seeding
from pairmine.errors import UsageError
from pairmine.kernels.batches import compose
from pairmine.kernels.groups import Groups, transposed
from pairmine.kernels.hard_negatives import band_negatives
from pairmine.kernels.matching import Matches, shuffled
from pairmine.registry import check_name
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters

MARKS = ("artist", "label", "playlist", "release")

Finish = Callable[[int, Matches], tuple[Matches, dict[str, int]]]


@dataclass(frozen=True)
class Finishing:
    """How epochs are finished. Without anything their rows are shuffled."""

    hard_negatives: str | None = None
    batch: int | None = None
    exclusive: str | None = None

    @cached_property
    def band(self) -> tuple[int, int] | None:
        """First and last rank of hard negatives.

        Raises:
            UsageError: it is no band.
        """
        if self.hard_negatives is None:
            return None
        first, _, last = self.hard_negatives.partition("-")
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
            raise UsageError(f"--hard-negatives {self.hard_negatives}: give first and last rank, such as 100-1000")
        return int(first), int(last)

    @cached_property
    def marks(self) -> tuple[str, ...]:
        """What no two pairs of a batch may share.

        Raises:
            UsageError: an unknown one, or --batch without --exclusive or the other way round.
        """
        if (self.batch is None) != (self.exclusive is None):
            raise UsageError("--batch and --exclusive go together, such as --batch 384 --exclusive artist,release")
        names = tuple(self.exclusive.split(",")) if self.exclusive else ()
        for name in names:
            check_name("--exclusive", name, MARKS)
        if self.batch is not None and self.batch < 2:
            raise UsageError(f"--batch {self.batch}: it starts at 2")
        return names

    def request(self, kind: str) -> dict[str, Any]:
        """Return the part of a set's manifest that tells its kind and the order of its rows.

        Raises:
            UsageError: hard negatives, or batches, for a set that has no pairs of two tracks.
        """
        if (self.band or self.marks) and kind != "pairs":
            raise UsageError(f"--hard-negatives and --batch are for pairs, not for {kind}: leave them out")
        return {
            "kind": "triplets" if self.band else kind,
            "hard_negatives": self.band and list(self.band),
            "batch": self.batch,
            "exclusive": list(self.marks) or None,
            "order": "fixed" if self.marks else "shuffled",
        }

    def prepare(self, inputs: Inputs, parameters: Parameters, strategy: str, kind: str) -> Finish:
        """Return the function that finishes an epoch, and tells what became of its pairs."""
        steps: list[Finish] = []
        if kind != "triplets":
            steps.append(_shuffle(parameters.seed, strategy))
        if self.band:
            steps.append(_negatives(inputs, self.band, parameters, strategy))
        if self.batch and self.marks:
            steps.append(_batches(inputs, self.marks, self.batch))

        def finish(epoch: int, matches: Matches) -> tuple[Matches, dict[str, int]]:
            facts: dict[str, int] = {}
            for step in steps:
                matches, told = step(epoch, matches)
                facts |= told
            return matches, facts

        return finish


def _shuffle(seed: int, strategy: str) -> Finish:
    def shuffle(epoch: int, matches: Matches) -> tuple[Matches, dict[str, int]]:
        return shuffled(matches, seeding.stream(seed, strategy, epoch, "order")), {}

    return shuffle


def _negatives(inputs: Inputs, band: tuple[int, int], parameters: Parameters, strategy: str) -> Finish:
    playlists = inputs.playlists(parameters)
    of_track = transposed(playlists, inputs.tracks)

    def add(epoch: int, matches: Matches) -> tuple[Matches, dict[str, int]]:
        name = seeding.stream(parameters.seed, strategy, epoch, "negative")
        found = band_negatives(playlists, of_track, matches.anchor, matches.positive, band, name, threads=1)
        triplets = matches._replace(negative=found).take(found >= 0)
        return triplets, {"without_negative": int(np.count_nonzero(found < 0))}

    return add


def _batches(inputs: Inputs, names: tuple[str, ...], batch: int) -> Finish:
    marks, count = _marks(inputs, names)

    def put(epoch: int, matches: Matches) -> tuple[Matches, dict[str, int]]:
        composed = compose(matches.anchor, matches.positive, marks, count, batch)
        left_out = matches.anchor.size - composed.order.size
        return matches.take(composed.order), {"moved": composed.moved, "left_out": left_out}

    return put


def _marks(inputs: Inputs, names: tuple[str, ...]) -> tuple[Groups, int]:
    """Return the marks of every track, those of different kinds with different numbers, and how many there are."""
    owners, numbers, count = [], [], 0
    for name in names:
        groups = inputs.playlists(Parameters()) if name == "playlist" else inputs.groups(name, Parameters())
        owners.append(groups.members)
        numbers.append(np.repeat(np.arange(groups.offsets.size - 1), np.diff(groups.offsets)) + count)
        count += groups.offsets.size - 1
    tracks, marks = np.concatenate(owners), np.concatenate(numbers).astype(np.int32)
    order = np.argsort(tracks, kind="stable")
    sizes = np.bincount(tracks, minlength=inputs.tracks)
    return Groups(np.concatenate(([0], np.cumsum(sizes))), marks[order]), count
