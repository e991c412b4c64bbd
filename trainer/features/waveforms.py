"""Waveforms in a feature store: 16-bit samples in place of mels, which a front end hears as patches are needed.

Such a store has one band and a hop of one sample. Both ends of a track are continued by their mirror image, as front
ends do, so that every patch is one contiguous piece. One store serves all front ends of its rate, and it lets
augmentations work on sound.
"""

from copy import deepcopy
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.errors import UsageError
from trainer.features.extraction import FULL_SCALE, MARGIN, log_mels
from trainer.features.store import FeatureStore, Int64s, Values, check_patches, moments
from trainer.frontends import FrontEnd


class Waveforms:
    """A store of waveforms as a front end hears it: places and lengths are counted in its frames.

    Attributes:
        folder, keys: those of the store.
        manifest: that of the store, with the settings of the front end.
        frames: int32 (tracks,): the length of each track.
        waveforms: True: patches are samples.

    Raises:
        UsageError: the front end takes no audio, or another rate, or hears farther than the tracks are continued.
    """

    waveforms = True

    def __init__(self, opened: FeatureStore, front_end: FrontEnd) -> None:
        told, wanted = opened.manifest["front_end"], front_end.settings
        if front_end.reads != "audio" or told["rate"] != front_end.rate or front_end.fft // 2 > MARGIN:
            raise UsageError(
                f"{opened.folder} has waveforms of {told['rate']:,} samples a second, which the front end "
                f"{wanted['name']} cannot hear: run `pairmine features DIR --front-end {wanted['name']}`"
            )
        self._store, self._front_end = opened, deepcopy(front_end)  # stays on the CPU, wherever a model takes its own
        self.folder: Path = opened.folder
        self.keys: pa.StringArray = opened.keys
        self.manifest: dict[str, Any] = opened.manifest | {"front_end": wanted}
        self.frames: npt.NDArray[np.int32] = 1 + (opened.frames - 2 * MARGIN) // front_end.hop

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, keys: pa.ChunkedArray) -> Int64s:
        """Return the row of every track, −1 for those that have no waveform here."""
        return self._store.rows(keys)

    def patches(self, rows: npt.ArrayLike, offsets: npt.ArrayLike, frames: int) -> Values:
        """Return what `frames` frames from `offsets[i]` on are computed from, (N, 1, samples) int16.

        Raises:
            UsageError: a patch reaches beyond its track, or there is no such row.
        """
        row, offset = np.asarray(rows, np.int64), np.asarray(offsets, np.int64)
        check_patches(self, row, offset, frames)
        first = MARGIN - self._front_end.fft // 2 + offset * self._front_end.hop
        return self._store.patches(row, first, samples(self._front_end, frames))

    def moments(self, rows: npt.ArrayLike) -> tuple[float, float]:
        """Return mean and standard deviation of all values of the log-mels of some tracks."""
        waves = (self._store.mel(row)[0, MARGIN:-MARGIN] / np.float32(FULL_SCALE) for row in np.asarray(rows, np.int64))
        return moments(log_mels(self._front_end, wave) for wave in waves)

    @cached_property
    def seconds_a_frame(self) -> float:
        """Time from one frame to the next."""
        return self._front_end.hop / self._front_end.rate


def samples(front_end: FrontEnd, frames: int) -> int:
    """Return how many samples so many frames are computed from."""
    return (frames - 1) * front_end.hop + front_end.fft
