"""The front end of MusiCNN and of discogs-2022: 96 Slaney bands, 62.5 frames a second."""

import math

import torch
from torch import Tensor

from trainer.frontends._front_end import FrontEnd


class Musicnn(FrontEnd):
    """512-sample Hann window, hop 256, power, log10(1 + 10000·x)."""

    compression = "log10(1 + 10000 x)"

    def compress(self, mel_BFT: Tensor) -> Tensor:
        """Return log10(1 + 10000·x)."""
        return torch.log1p(10_000 * mel_BFT) / math.log(10)

    def expand(self, mel_BFT: Tensor) -> Tensor:
        """Return (10^y − 1) / 10000."""
        return torch.expm1(mel_BFT * math.log(10)) / 10_000
