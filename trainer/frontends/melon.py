"""The front end of crossmodal-2021: the 48 bands that the Melon Playlist Dataset ships, in decibels.

How they were computed is not published, so audio cannot be given the same features: only arrays are taken.
"""

import torch
from torch import Tensor

from pairmine.errors import UsageError
from trainer.frontends._front_end import FrontEnd


class Melon(FrontEnd):
    """48 bands, 62.5 frames a second (1,876 frames for 30 s), taken as they are."""

    bands = 48
    compression = "as shipped"
    reads = "arrays"

    def compress(self, mel_BFT: Tensor) -> Tensor:
        """Return 10·log10(x): the shipped values are decibels."""
        return 10 * torch.log10(mel_BFT)

    def expand(self, mel_BFT: Tensor) -> Tensor:
        """Return 10^(y / 10)."""
        return torch.pow(10, mel_BFT / 10)

    def forward(self, wave_BS: Tensor) -> Tensor:
        """Refuse.

        Raises:
            UsageError: always.
        """
        raise UsageError("the front end melon takes Melon's own arrays, not audio: choose musicnn for audio")
