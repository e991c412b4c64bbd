"""MFCC as a baseline: 20 cepstral coefficients of a store's mel bands, their mean and standard deviation over time."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from trainer._torchaudio import torchaudio
from trainer.frontends import FrontEnd

COEFFICIENTS = 20
FLOOR = 1e-10

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
