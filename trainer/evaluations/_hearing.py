"""What a probe hears of a system: a vector a track, or the vectors of its patches."""

import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np

from pairmine import seeding
from pairmine.errors import InputError
from trainer.evaluations import _finite
from trainer.systems._system import Floats, Ints, Patches, System

BLOCK = 512  # tracks whose patches are in memory at once
Vectors = tuple[Floats, Ints]


@dataclass(frozen=True)
class Hearing:
    """How a protocol hears a track.

    Attributes:
        stats: "mean" or "mean-std" over side-by-side patches, one vector a track; "" where patches are heard.
        overlap: of patches, as a share of their length.
        drawn: random patches of a training track that are kept, at most; 0: all.
    """

    stats: str = "mean"
    overlap: float = 0.0
    drawn: int = 0

    def blocks(self, system: System, keys: Sequence[str]) -> Iterator[Vectors]:
        """Yield the vectors of some tracks after the other, and the place of each vector's track in the block."""
        for first in range(0, len(keys), BLOCK):
            block = keys[first : first + BLOCK]
            yield self._checked(self._heard(system, block), block, system.name)

    def whole(self, system: System, keys: Sequence[str], seed: int | None = None) -> Vectors:
        """Return the vectors of all tracks, and the place of each vector's track.

        Vectors lie in a file that is gone when nobody needs them: the patches of 30,000 tracks outgrow memory. With a
        seed, tracks that have more patches than are to be drawn keep a random choice of them.
        """
        of_parts, dim = list[Ints](), 0
        file = tempfile.TemporaryFile()  # noqa: SIM115
        for number, (x_PD, of_P) in enumerate(self.blocks(system, keys)):
            if seed is not None and self.drawn:
                chosen = draw(of_P, self.drawn, seeding.rng(seed, "patches", number))
                x_PD, of_P = x_PD[chosen], of_P[chosen]
            dim = x_PD.shape[1]
            file.write(np.ascontiguousarray(x_PD).data)
            of_parts.append(of_P + number * BLOCK)
        return _mapped(file, dim), np.concatenate(of_parts)

    def _heard(self, system: System, keys: Sequence[str]) -> Vectors:
        if self.stats:
            return system.tracks(keys, self.stats), np.arange(len(keys))
        found: Patches = system.patches(keys, self.overlap)
        return found.vector_PD, found.of_P

    def _checked(self, vectors: Vectors, keys: Sequence[str], name: str) -> Vectors:
        x_ND, of_N = vectors
        _finite.check(x_ND, of_N, keys, name)
        silent = np.flatnonzero(np.bincount(of_N, minlength=len(keys)) == 0)
        if silent.size:
            raise InputError(f"{name} has no patch of {keys[int(silent[0])]}: embed it anew, or leave it out")
        return x_ND.astype(np.float32, copy=False), of_N


class Once(System):
    """A system whose tracks are heard once, however often protocols with folds or several columns ask for them."""

    def __init__(self, system: System, keys: Sequence[str]) -> None:
        self.name, self._system, self._keys = system.name, system, keys
        self._row_of = {key: row for row, key in enumerate(keys)}
        self._heard: dict[str, Floats] = {}

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the vectors of some of the tracks."""
        if stats not in self._heard:
            self._heard[stats] = self._system.tracks(self._keys, stats)
        return self._heard[stats][[self._row_of[key] for key in keys]]

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the vectors of patches, too many to be kept."""
        return self._system.patches(keys, overlap)


def draw(of_P: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Return the places of at most so many random patches of each track, ascending."""
    lot_P = rng.random(len(of_P))
    order = np.lexsort((lot_P, of_P))
    counts = np.bincount(of_P)
    rank_P = np.arange(len(of_P)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[rank_P < most])


def _mapped(file: IO[bytes], dim: int) -> Floats:
    file.flush()
    return np.asarray(np.memmap(file, np.float32, mode="r+")).reshape(-1, dim)
