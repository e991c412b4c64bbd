"""The audio encoder of crossmodal-2021: seven blocks of 3x3 convolutions."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder

CHANNELS = (128, 128, 256, 256, 256, 256, 512)
POOLS = ((2, 2), (2, 2), (2, 2), (2, 2), (1, 2), (1, 2), (2, 2))
STEPS = 2


class SevenBlock(AudioEncoder):
    """Seven blocks, then linear 512, batch norm, ReLU, dropout, linear 128, layer norm.

    crossmodal-2021, eq. 1 to 4: patches of 48 bands by 256 frames; pools (bands by frames) 2, 2, 2, 2, 1x2, 1x2, 2
    [code] bring them to 512 channels by 2 steps. 3,989,760 parameters (the paper gives none). Exactly two steps:
    256 to 383 frames.
    """

    bands = 48
    shortest, longest = 256, 383

    def __init__(self, *, frames: int = 256, dim: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        self.frames, self.dim = frames, dim
        blocks, inputs = [], 1
        for outputs, pool in zip(CHANNELS, POOLS, strict=True):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
            blocks.append(
                nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.MaxPool2d(pool))
            )
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.output = nn.Sequential(
            nn.Linear(STEPS * CHANNELS[-1], 512),
            nn.BatchNorm1d(512),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(512, dim),
            nn.LayerNorm(dim),
        )

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`, layer-normalised."""
        z_BD: Tensor = self.output(self.blocks(self.check(mel_BFT)).flatten(1))
        return z_BD
