"""ResNet-18 with the stem of colisten-2020."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import conv_norm_relu, global_mean, initialise, unit_length
from trainer.encoders._resnet import BasicBlock, residual_stages


class ResNet18(AudioEncoder):
    """ResNet-18 whose first layer and pooling are cut for spectrograms: 128 numbers of unit length.

    colisten-2020, section 4, patches of 300 frames by 64 bands: first convolution 7 frames by 5 bands, stride 2 by 1;
    max-pool 5 by 3, stride 4 by 2; after the global mean a linear layer of 128 and L2 normalisation.
    The paper: 11.2 M parameters (here 11,235,008), 686 M multiplies (696 M). Any length from one frame.
    """

    shortest = 1

    def __init__(self, *, bands: int = 64, frames: int = 300, dim: int = 128) -> None:
        super().__init__()
        self.bands, self.frames, self.dim = bands, frames, dim
        self.stem = nn.Sequential(
            conv_norm_relu(1, 64, (5, 7), stride=(1, 2), padding=(2, 3)),
            nn.MaxPool2d(kernel_size=(3, 5), stride=(2, 4), padding=(1, 2)),
        )
        self.stages = residual_stages(BasicBlock, (2, 2, 2, 2))
        self.output = nn.Linear(512, dim)
        initialise(self)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`, rows of unit length."""
        x_BC = global_mean(self.stages(self.stem(self.check(mel_BFT))))
        return unit_length(self.output(x_BC))
