"""A network small enough for tests on a CPU; no paper."""

import torch
from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder


class Tiny(AudioEncoder):
    """Two strided convolutions and a linear layer: 1,512 parameters by default.

    No batch norm: its figures are the same on one rank and on many. Any length from one frame.
    """

    shortest = 1

    def __init__(self, *, bands: int = 16, frames: int = 32, dim: int = 8, channels: int = 8) -> None:
        super().__init__()
        self.bands, self.frames, self.dim = bands, frames, dim
        self.trunk = nn.Sequential(
            nn.Conv2d(1, channels, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.output = nn.Linear(4 * channels, dim)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`, from the mean over time of the lower and upper half of the bands."""
        x_BCFT = self.trunk(self.check(mel_BFT))
        half = (x_BCFT.shape[2] + 1) // 2  # an odd one in the middle counts in both
        halves_BC2 = torch.stack([x_BCFT[:, :, :half].mean((2, 3)), x_BCFT[:, :, -half:].mean((2, 3))], dim=2)
        z_BD: Tensor = self.output(halves_BC2.flatten(1))
        return z_BD
