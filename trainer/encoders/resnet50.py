"""ResNet-50 with one input channel, playlists-2023."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import conv_norm_relu, global_mean, initialise
from trainer.encoders._resnet import Bottleneck, residual_stages


class ResNet50(AudioEncoder):
    """The standard network of He et al. 2016 without its classifier: the mean of the last map, 2,048 numbers.

    playlists-2023, section 4.4 (details lost in the text): patches of 96 bands by 256 frames as one channel.
    23,501,760 parameters: the 25,557,032 of the published network less classifier and two colour channels.
    Any length from one frame.
    """

    dim = 2048
    shortest = 1

    def __init__(self, *, bands: int = 96, frames: int = 256) -> None:
        super().__init__()
        self.bands, self.frames = bands, frames
        self.stem = nn.Sequential(
            conv_norm_relu(1, 64, 7, stride=2, padding=3), nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        )
        self.stages = residual_stages(Bottleneck, (3, 4, 6, 3))
        initialise(self)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`."""
        return global_mean(self.stages(self.stem(self.check(mel_BFT))))
