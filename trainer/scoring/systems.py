"""What can be evaluated: an encoder over features, a file of embeddings; MFCC and random weights as baselines."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pairmine import store
from pairmine.errors import UsageError
from pairmine.progress import bar
from trainer import embed
from trainer.evaluations import Patches, System
from trainer.features import sounds
from trainer.frontends import FrontEnd
from trainer.pair_sets import Features
from trainer.scoring import mfcc
from trainer.scoring.embeddings import Embeddings
from trainer.scoring.keys import KeyMap, annotation_key
from trainer.trained_encoder import TrainedEncoder

TRACKS = 1024  # are embedded at once

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class KeyedSystem(System):
    """A system that finds its tracks by the annotations' keys.

    Args:
        name: as tables print it.
        keys: of its tracks, as the file or store has them.
        where: the file or store, for messages.
        key_map: what `--key-map` says.

    Raises:
        UsageError: two of its tracks go by one key.
    """

    def __init__(self, name: str, keys: Iterable[str], where: Path, key_map: KeyMap):
        self.name, self.where, self.key_map = name, where, key_map
        self._row_of: dict[str, int] = {}
        for row, key in enumerate(keys):
            if self._row_of.setdefault(annotation_key(key), row) != row:
                raise UsageError(
                    f"{where} has several tracks for {annotation_key(key)} (paths without extension): keep one"
                )

    def has(self, key: str) -> bool:
        """Return whether it has a vector of a track."""
        return self.key_map(key) in self._row_of

    def rows(self, keys: Iterable[str]) -> Ints:
        """Return the rows of tracks in the file or store.

        Raises:
            UsageError: it has no vector of one.
        """
        keys = list(keys)
        found = np.array([self._row_of.get(self.key_map(key), -1) for key in keys], np.int64)
        if (found < 0).any():
            missing = keys[int(np.flatnonzero(found < 0)[0])]
            raise UsageError(f"{self.where} has no vector of {missing} and {(found < 0).sum() - 1:,} more tracks")
        return found

    @abstractmethod
    def origin(self) -> dict[str, str]:
        """Return digests of what its vectors come from."""


class FromFile(KeyedSystem):
    """A file of embeddings."""

    def __init__(self, name: str, embeddings: Embeddings, key_map: KeyMap):
        keys = np.array(embeddings.keys, object)
        firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        super().__init__(name, keys[firsts], embeddings.path, key_map)
        self.embeddings = embeddings
        self._bounds = np.append(firsts, len(keys))

    def origin(self) -> dict[str, str]:
        """Return the file's digest, and what `embed` wrote of checkpoint and features."""
        told = {
            name: str(self.embeddings.told[name]) for name in ("checkpoint", "features") if name in self.embeddings.told
        }
        return told | {"embeddings": store.sha256(self.where)}

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the rows of tracks, or mean (and standard deviation) over the rows of their patches.

        A file whose rows are tracks gives them as they are: what they hold was chosen when they were made.
        """
        if self.embeddings.start_ms_N is None:
            return self.embeddings.vector_ND[self.rows(keys)]
        patches = self.patches(keys)
        return embed.pooled(patches.vector_PD, np.flatnonzero(np.diff(patches.of_P, prepend=-1)), stats)

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the rows of the tracks' patches: those that the file has, whatever their overlap.

        Raises:
            UsageError: its rows are whole tracks.
        """
        if self.embeddings.start_ms_N is None:
            raise UsageError(f"{self.where} holds whole tracks, patches are needed: `pairmine embed --per-patch`")
        rows = self.rows(keys)
        counts = np.diff(self._bounds)[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(self._bounds[rows], counts) + within
        of_P = np.repeat(np.arange(len(rows)), counts)
        return Patches(of_P, self.embeddings.start_ms_N[at], self.embeddings.vector_ND[at])


class FromFeatures(KeyedSystem):
    """A system that hears a feature store."""

    def __init__(self, name: str, features: Features, key_map: KeyMap):
        super().__init__(name, features.keys.to_pylist(), features.folder, key_map)
        self.features = features

    def origin(self) -> dict[str, str]:
        """Return the store's digest."""
        return {"features": str(self.features.manifest["digest"])}

    def _milliseconds(self, frames: npt.NDArray[np.floating] | Ints) -> Ints:
        seconds_a_frame = self.features.manifest["front_end"]["hop"] / self.features.manifest["front_end"]["rate"]
        milliseconds: Ints = np.rint(frames * 1000 * seconds_a_frame).astype(np.int64)
        return milliseconds


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


class Mfcc(FromFeatures):
    """The baseline: mean and standard deviation of 20 MFCC over the whole track, 40 numbers.

    Args:
        features: what they are computed from.
        front_end: of the features.
        frames: length of a patch, the same as that of the systems beside it.
        key_map: what `--key-map` says.
    """

    baseline = True

    def __init__(self, features: Features, front_end: FrontEnd, frames: int, key_map: KeyMap):
        super().__init__("MFCC", features, key_map)
        self.front_end, self.frames = front_end, frames

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return mean and standard deviation over the frames of each track, whatever `stats`, (tracks, 40)."""
        return np.stack([mfcc.statistics(self._of(row)) for row in self.rows(keys)])

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return mean and standard deviation over the frames of patches, (patches, 40)."""
        step = round(self.frames * (1 - overlap))
        found = [mfcc.of_patches(self._of(row), self.frames, step) for row in self.rows(keys)]
        of_P = np.repeat(np.arange(len(found)), [len(starts) for starts, _ in found])
        starts_P, vectors_PD = (np.concatenate(part) for part in zip(*found, strict=True))
        return Patches(of_P, self._milliseconds(starts_P), vectors_PD)

    def _of(self, row: int) -> Tensor:
        frames = int(self.features.frames[row])
        heard_BFT = torch.from_numpy(self.features.patches([row], [0], frames))
        mel_BFT = sounds.log_mels(heard_BFT, self.front_end) if self.features.waveforms else heard_BFT
        return mfcc.coefficients(mel_BFT[0], self.front_end)
