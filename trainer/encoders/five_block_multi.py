"""The encoder of strategies-2022 with an output at every level."""

import torch
from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._five_blocks import CHANNELS, LEAST_BANDS, LEAST_FRAMES, POOLS, five_blocks


class FiveBlockMulti(AudioEncoder):
    """Five blocks, and behind each a linear layer of `level_dim` numbers: 5 x 128 = 640.

    strategies-2022, section 2.2.1. The linear layers see the maximum over time of the block's map [code].
    Patches as for `five-block`.
    """

    bands = LEAST_BANDS
    shortest = LEAST_FRAMES

    def __init__(self, *, frames: int = 188, level_dim: int = 128) -> None:
        super().__init__()
        self.frames, self.level_dim, self.dim = frames, level_dim, level_dim * len(CHANNELS)
        self.blocks = five_blocks()
        self.outputs, bands = nn.ModuleList(), self.bands
        for channels, pool in zip(CHANNELS, POOLS, strict=True):
            bands //= pool[0]
            output = nn.Linear(channels * bands, level_dim)
            nn.init.xavier_uniform_(output.weight)
            self.outputs.append(output)

    def forward(self, mel_BFT: Tensor) -> tuple[Tensor, ...]:
        """Return five `z_BD` of `level_dim` numbers, lowest level first."""
        x_BCFT, levels = self.check(mel_BFT), []
        for block, output in zip(self.blocks, self.outputs, strict=True):
            x_BCFT = block(x_BCFT)
            levels.append(output(x_BCFT.amax(3).flatten(1)))
        return tuple(levels)

    def embed(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BSD` with one step: the levels side by side."""
        return torch.cat(self(mel_BFT), dim=1)[:, None]
