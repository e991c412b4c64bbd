"""What the tracks of a pair set are to be mapped to: a vector each, or labels; found by track id."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


class Places:
    """Finds the row of a table where a track id stands."""

    def __init__(self, track_ids: Ids) -> None:
        self._place = np.full(int(track_ids.max(initial=-1)) + 2, -1, np.int64)  # the last is of all unknown ids
        self._place[track_ids] = np.arange(len(track_ids))

    def __call__(self, ids: npt.ArrayLike) -> Ints:
        """Return the row of every id, -1 for those that stand nowhere."""
        places: Ints = self._place[np.clip(ids, -1, len(self._place) - 1)]
        return places


@dataclass(frozen=True)
class Vectors:
    """Targets of a set of kind `vectors`: `vectors[i]`, (T, D) float32, is that of track `track_ids[i]`."""

    track_ids: Ids
    vectors: Floats

    @cached_property
    def places(self) -> Places:
        """Which row is that of a track id."""
        return Places(self.track_ids)

    def of(self, ids: npt.ArrayLike) -> tuple[Floats, Bools]:
        """Return the vectors (B, D) of tracks, and (B,) whether there is one; zeros where there is none."""
        rows_B = self.places(ids)
        vector_BD = self.vectors[rows_B]
        vector_BD[rows_B < 0] = 0
        return vector_BD, rows_B >= 0


@dataclass(frozen=True)
class Labels:
    """Targets of a set of kind `labels`.

    Attributes:
        track_ids: (T,) the tracks.
        starts: (T + 1,) labels of track i stand at starts[i] … starts[i + 1] of `ids` and `weights`.
        ids, weights: label ids, and how much of the track each is.
        vocabulary: the labels by id.
        words: (labels, D) a vector a label, where the set has them.
    """

    track_ids: Ids
    starts: Ints
    ids: Ints
    weights: Floats
    vocabulary: tuple[str, ...]
    words: Floats | None

    @cached_property
    def places(self) -> Places:
        """Which row is that of a track id."""
        return Places(self.track_ids)

    def of(self, ids: npt.ArrayLike) -> tuple[Ints, Floats]:
        """Return label ids and weights (B, L) of tracks, padded with -1 and 0."""
        rows_B = self.places(ids)
        starts_B = self.starts[rows_B]
        counts_B = np.where(rows_B < 0, 0, self.starts[rows_B + 1] - starts_B)
        number_L = np.arange(max(counts_B.max(initial=0), 1))
        given_BL = number_L < counts_B[:, None]
        at_BL = np.where(given_BL, starts_B[:, None] + number_L, 0)
        return np.where(given_BL, self.ids[at_BL], -1), np.where(given_BL, self.weights[at_BL], np.float32(0))
