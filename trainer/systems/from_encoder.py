"""An encoder over features as a system: a trained one, or the baseline of random weights."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pairmine import store
from pairmine.progress import bar
from trainer import embed
from trainer.keys import KeyMap
from trainer.pair_sets import Features
from trainer.systems._system import Patches
from trainer.systems.keyed import FromFeatures
from trainer.trained_encoder import TrainedEncoder

TRACKS = 1024  # are embedded at once

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class FromEncoder(FromFeatures):
    """A trained encoder.

    Args:
        name: as tables print it.
        model: the encoder.
        checkpoint: its file.
        features: of its front end.
        key_map: what `--key-map` says.
        device: where it runs.
    """

    model: TrainedEncoder

    def __init__(
        self,
        name: str,
        model: TrainedEncoder,
        checkpoint: Path,
        features: Features,
        key_map: KeyMap,
        device: torch.device,
    ):
        super().__init__(name, features, key_map)
        self.model, self.checkpoint, self.device = model.to(device), checkpoint, device

    def has(self, key: str) -> bool:
        """Return whether the store has the track, and it is long enough for the encoder."""
        row = self._row_of.get(self.key_map(key), -1)
        return row >= 0 and int(self.features.frames[row]) >= self.model.encoder.shortest

    def why_missing(self, keys: Sequence[str]) -> str:
        """Return why it has no vector of tracks: the store lacks them, or they are too short."""
        short = sum(self.key_map(key) in self._row_of for key in keys)
        if short < len(keys):
            return super().why_missing([key for key in keys if self.key_map(key) not in self._row_of])
        return f"they are shorter than the {self.model.encoder.shortest} frames that the encoder needs"

    def origin(self) -> dict[str, str]:
        """Return the digests of checkpoint and store."""
        return super().origin() | {"checkpoint": store.sha256(self.checkpoint)}

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return mean, or mean and standard deviation, over side-by-side patches."""
        rows, back = np.unique(self.rows(keys), return_inverse=True)
        parts = [
            embed.pooled(vector_PD, np.flatnonzero(np.diff(row_P, prepend=-1)), stats)
            for row_P, _, vector_PD in self._embedded(rows, 0.0)
        ]
        return np.concatenate(parts)[back]

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the vectors of patches of the length trained on."""
        rows = self.rows(keys)
        parts = list(self._embedded(np.unique(rows), overlap))
        row_P, start_P, vector_PD = (np.concatenate(part) for part in zip(*parts, strict=True))
        return _in_order(rows, row_P, self._milliseconds(start_P), vector_PD)

    def _embedded(self, rows: Ints, overlap: float) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Yield rows, first frames and vectors of all patches, many tracks at a time, sorted by row and start."""
        with bar(f"embed for {self.name}", len(rows)) as advance:
            for first in range(0, len(rows), TRACKS):
                some = rows[first : first + TRACKS]
                parts = embed.vectors(self.features, self.model, self.device, some, overlap)
                row_P, start_P, vector_PD = (np.concatenate(part) for part in zip(*parts, strict=True))
                embed.check_finite(self.features, row_P, vector_PD)
                order = np.lexsort((start_P, row_P))
                yield row_P[order], start_P[order], vector_PD[order]
                advance(len(some))


def _in_order(rows: Ints, row_P: Ints, start_ms_P: Ints, vector_PD: Floats) -> Patches:
    """Return the patches of each row asked for, in the order asked, from patches in the order of rows."""
    first = np.searchsorted(row_P, rows)
    counts = np.searchsorted(row_P, rows, side="right") - first
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(first, counts) + within
    return Patches(np.repeat(np.arange(len(rows)), counts), start_ms_P[at], vector_PD[at])


class RandomWeights(FromEncoder):
    """The baseline of the same encoder with random weights."""

    baseline = True
