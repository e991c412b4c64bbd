"""MobileNet (Howard et al. 2017) with the stem of colisten-2020."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import conv_norm_relu, global_mean, initialise, unit_length

BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))


class MobileNet(AudioEncoder):
    """Thirteen depthwise separable convolutions, thinned to `width` of the published channels: unit vectors of 128.

    colisten-2020, section 4, patches of 300 frames by 64 bands: first convolution with stride 2 by 1, one more
    max-pool of 4 by 2 with stride 2 by 1 behind the third convolution, a linear layer of 128, L2 normalisation.
    The paper: 670 K parameters; its text gives no width, 0.43 comes to 664,877. With the strides of the text that makes
    47 M multiplies against the paper's 26.1 M, which a stride of 2 by 2 in that pool would meet (26.5 M). Any length
    from one frame.
    """

    shortest = 1

    def __init__(self, *, bands: int = 64, frames: int = 300, dim: int = 128, width: float = 0.43) -> None:
        super().__init__()
        self.bands, self.frames, self.dim = bands, frames, dim
        inputs = round(32 * width)
        layers: list[nn.Module] = [conv_norm_relu(1, inputs, 3, stride=(1, 2), padding=1)]
        for place, (channels, stride) in enumerate(BLOCKS):
            outputs = round(channels * width)
            layers += [
                conv_norm_relu(inputs, inputs, 3, stride=stride, padding=1, groups=inputs),
                conv_norm_relu(inputs, outputs, 1),
            ]
            if place == 0:
                layers += [nn.ZeroPad2d((1, 2, 0, 1)), nn.MaxPool2d(kernel_size=(2, 4), stride=(1, 2))]
            inputs = outputs
        self.trunk = nn.Sequential(*layers)
        self.output = nn.Linear(inputs, dim)
        initialise(self)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`, rows of unit length."""
        x_BC = global_mean(self.trunk(self.check(mel_BFT)))
        return unit_length(self.output(x_BC))
