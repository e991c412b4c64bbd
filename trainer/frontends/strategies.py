"""The front end of strategies-2022: 96 bands of torchaudio's defaults, the natural logarithm."""

import torch
from torch import Tensor

from trainer.frontends._front_end import FrontEnd

FLOOR = 1e-6


class Strategies(FrontEnd):
    """512-point Hann window and FFT, hop 256, 96 HTK bands 0–8000 Hz of height 1, power, ln(x + 1e-6).

    The paper gives neither scale nor floor. It standardises over the training set: see `FeatureStore.moments`.
    """

    scale = "htk"
    norm = None
    compression = "ln(x + 1e-6)"

    def compress(self, mel_BFT: Tensor) -> Tensor:
        """Return ln(x + 1e-6)."""
        return torch.log(mel_BFT + FLOOR)

    def expand(self, mel_BFT: Tensor) -> Tensor:
        """Return e^y − 1e-6."""
        return torch.exp(mel_BFT) - FLOOR
