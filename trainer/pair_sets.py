"""Pair sets as the trainer reads them: track ids become rows of the feature store, once; damage is found on the way."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.errors import MissingError
from pairmine.shards import Reader
from trainer.features.store import Tracks

Ints = npt.NDArray[np.int64]
KEPT_EPOCHS = 2


class Features(Tracks, Protocol):
    """What data asks of a feature store: patches by row and offset, of log-mels or of waveforms."""

    manifest: dict[str, Any]

    def rows(self, keys: pa.StringArray) -> Ints:
        """Return the row of every track, -1 for those that have no features."""

    def moments(self, rows: npt.ArrayLike) -> tuple[float, float]:
        """Return mean and standard deviation of all values of some tracks."""


class Rows(NamedTuple):
    """Pairs of one epoch, tracks as rows of the feature store; `batch` is their place in a set of fixed order."""

    anchor: Ints
    positive: Ints
    negative: Ints | None
    via: Ints
    batch: Ints

    def views(self, count: int) -> Ints:
        """Return the tracks of the first `count` views: anchor, positive, negative; (V, B)."""
        columns = (self.anchor, self.positive, self.negative)[:count]
        return np.stack([column for column in columns if column is not None])

    def take(self, chosen: Any) -> "Rows":
        """Return some of the rows."""
        negative = None if self.negative is None else self.negative[chosen]
        return Rows(self.anchor[chosen], self.positive[chosen], negative, self.via[chosen], self.batch[chosen])


class PairSet:
    """One folder of pairs, triplets, vectors or labels, over a feature store.

    Raises:
        MissingError: the folder is no pair set, or no pair of an epoch has features long enough.
        DamagedError: a file differs from its checksum, or cannot be read.
    """

    def __init__(self, folder: Path, features: Features, least_frames: int):
        self.reader = Reader(folder)
        self.folder, self.manifest, self.kind = folder, self.reader.manifest, self.reader.kind
        self.epochs, self.fixed_batch = self.reader.epochs, self.reader.batch
        self._features = features
        self._place_tracks(features, least_frames)
        self.epoch = lru_cache(maxsize=KEPT_EPOCHS)(self._epoch)
        self.vectors, self.labels = self.reader.vectors, self.reader.labels
        self.epoch(0)

    def _place_tracks(self, features: Features, least_frames: int) -> None:
        """Find the feature row of every track id; -1 where there is none, or none long enough."""
        ids = self.reader.track_ids
        rows = np.array(features.rows(self.reader.keys))
        short = (rows >= 0) & (np.append(features.frames, 0)[rows] < least_frames)
        self.tracks, self.least_frames = len(ids), least_frames
        self.without_features, self.too_short = int((rows < 0).sum()), int(short.sum())
        rows[short] = -1
        self._row_of = np.full(int(ids.max(initial=-1)) + 1, -1, np.int64)
        self._row_of[ids] = rows
        self._id_of = np.full(len(features.keys) + 1, -1, np.int64)
        self._id_of[rows] = ids
        self._id_of[-1] = -1  # what has no features was written there

    def _none_left(self, epoch: int) -> MissingError:
        why = (
            f"{self.without_features:,} tracks are not in it, {self.too_short:,} are under {self.least_frames} frames; "
            f"a key of the pairs is {_example(self.reader.keys)}, of the features {_example(self._features.keys)}"
        )
        return MissingError(
            f"no pair of {self.folder}, epoch {epoch}, has features in {self._features.folder} ({why}): "
            "run `pairmine features DIR` on their audio, with --key-map FILE where its keys are not those of the pairs"
        )

    @property
    def rows(self) -> Ints:
        """The feature rows of all its tracks that have features, ascending."""
        return np.unique(self._row_of[self._row_of >= 0])

    def ids(self, rows: Ints) -> Ints:
        """Return the track ids of feature rows, -1 for those that are not in the set."""
        return self._id_of[rows]

    def _epoch(self, epoch: int) -> tuple[Rows, int]:
        """Return the pairs of a pair epoch whose tracks all have features, and how many pairs were dropped.

        Raises:
            MissingError: no pair of the epoch is left.
        """
        whole = self.reader.epoch(epoch)
        anchor, positive = self._row_of[whole.anchor], self._row_of[whole.positive]
        negative = None if whole.negative is None else self._row_of[whole.negative]
        kept = (anchor >= 0) & (positive >= 0) & (True if negative is None else negative >= 0)
        if not kept.any():
            raise self._none_left(epoch)
        batch = whole.place // (self.fixed_batch or 1)
        rows = Rows(anchor, positive, negative, whole.via.astype(np.int64), batch).take(kept)
        return rows, int((~kept).sum())


def _example(keys: pa.StringArray) -> str:
    return repr(keys[0].as_py()) if len(keys) else "none"
