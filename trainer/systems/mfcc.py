"""MFCC as a baseline: 20 cepstral coefficients of a store's mel bands, their mean and standard deviation over time."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pairmine import progress
from pairmine.errors import UsageError
from trainer import embed, registry, setup
from trainer._torchaudio import torchaudio
from trainer.features import sounds
from trainer.features.store import FeatureStore
from trainer.frontends import FrontEnd
from trainer.keys import KeyMap
from trainer.pair_sets import Features
from trainer.systems._system import Patches
from trainer.systems.keyed import FromFeatures, KeyedSystem

COEFFICIENTS = 20
FLOOR = 1e-10
FRAMES = 256  # of a patch where no encoder says how long one is
HEARS_WAVEFORMS = "musicnn"

Floats = npt.NDArray[np.float32]


def coefficients(mel_FT: Tensor, front_end: FrontEnd) -> Tensor:
    """Return the first 20 coefficients of the orthonormal DCT over mel bands in decibels, (20, T).

    The bands `mel_FT` are the store's, so that the baseline has heard what the encoder has heard.
    """
    powers = front_end.expand(mel_FT.double()).clamp(min=FLOOR)
    decibels = 10 * torch.log10(powers) * (2 / front_end.power)
    dct: Tensor = torchaudio.functional.create_dct(COEFFICIENTS, len(decibels), "ortho").double()
    return dct.T @ decibels


def statistics(mfcc_CT: Tensor) -> Floats:
    """Return mean and standard deviation over time, (40,)."""
    spread = mfcc_CT.std(1, correction=0)
    found: Floats = torch.cat([mfcc_CT.mean(1), spread]).float().numpy()
    return found


def of_patches(mfcc_CT: Tensor, frames: int, step: int) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the first frames of all patches, `step` apart, and their statistics (P, 40); a shorter track is one."""
    whole = mfcc_CT.shape[1]
    starts = np.arange(0, max(whole - frames, 0) + 1, step)
    return starts, np.stack([statistics(mfcc_CT[:, start : start + frames]) for start in starts])


def of_store(folder: Path, key_map: KeyMap) -> list[KeyedSystem]:
    """Return the baseline over a feature store alone, where no encoder says how it hears and how long a patch is.

    Waveforms are heard by one front end for all. Where no front end of ours hears the store there is no baseline, and
    that is said.
    """
    name = FeatureStore.open(folder).manifest["front_end"]["name"]
    try:
        front_end = registry.build("frontends", HEARS_WAVEFORMS if name == "waveforms" else name)
        assert isinstance(front_end, FrontEnd)
        return [Mfcc(setup.open_features(folder, front_end), front_end, FRAMES, key_map)]
    except UsageError as error:
        progress.say(f"without MFCC: {error}")
        return []


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
        rows = self.rows(keys)
        vector_ND = np.stack([statistics(self._of(row)) for row in rows])
        embed.check_finite(self.features, rows, vector_ND)
        return vector_ND

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return mean and standard deviation over the frames of patches, (patches, 40)."""
        step = round(self.frames * (1 - overlap))
        rows = self.rows(keys)
        found = [of_patches(self._of(row), self.frames, step) for row in rows]
        of_P = np.repeat(np.arange(len(found)), [len(starts) for starts, _ in found])
        starts_P, vectors_PD = (np.concatenate(part) for part in zip(*found, strict=True))
        embed.check_finite(self.features, rows[of_P], vectors_PD)
        return Patches(of_P, self._milliseconds(starts_P), vectors_PD)

    def _of(self, row: int) -> Tensor:
        frames = int(self.features.frames[row])
        heard_BFT = torch.from_numpy(self.features.patches([row], [0], frames))
        mel_BFT = sounds.log_mels(heard_BFT, self.front_end) if self.features.waveforms else heard_BFT
        return coefficients(mel_BFT[0], self.front_end)
