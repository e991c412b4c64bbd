"""The encoder of strategies-2022: five blocks of 5x5 convolutions."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._five_blocks import CHANNELS, LEAST_BANDS, LEAST_FRAMES, five_blocks


class FiveBlock(AudioEncoder):
    """Five blocks, then a linear layer of 128.

    strategies-2022, section 2.1: patches of 96 bands by 188 frames (3 s), which the pools 2, 2, 2, 4, 3x5 [code] bring
    to one cell of 512 channels. 12,361,856 parameters (the paper gives none). Of longer patches the steps of 160 frames
    are averaged; 160 frames is the least.
    """

    bands = LEAST_BANDS
    shortest = LEAST_FRAMES

    def __init__(self, *, frames: int = 188, dim: int = 128) -> None:
        super().__init__()
        self.frames, self.dim = frames, dim
        self.blocks = five_blocks()
        self.output = nn.Linear(CHANNELS[-1], dim)
        nn.init.xavier_uniform_(self.output.weight)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`."""
        x_BCFT = self.check(mel_BFT)
        for block in self.blocks:
            x_BCFT = block(x_BCFT)
        z_BD: Tensor = self.output(x_BCFT.mean(3).flatten(1))
        return z_BD
