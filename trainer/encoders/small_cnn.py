"""SmallCNN of colisten-2020."""

from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import conv_norm_relu, initialise, unit_length

WIDTHS = (8, 8, 20, 80)


class SmallCNN(AudioEncoder):
    """Four convolutions and two max-pools, a linear layer of 128, L2 normalisation.

    colisten-2020, section 4 (frames by bands, kernel and stride): conv(7x5, 2x1), max(4x2, 2x1), conv, conv, conv,
    max(4x2, 2x1). The paper calls it three-layer, lists four, and gives no widths: those here, without padding, come to
    its 537 K parameters (535,520) and 22 M multiplies (21.5 M). A patch of 300 frames is one step at the end; of
    longer ones the steps are averaged; 277 frames is the least.
    """

    shortest = 277

    def __init__(self, *, bands: int = 64, frames: int = 300, dim: int = 128) -> None:
        super().__init__()
        self.bands, self.frames, self.dim = bands, frames, dim
        first, second, third, last = WIDTHS
        self.trunk = nn.Sequential(
            _conv(1, first), _pool(), _conv(first, second), _conv(second, third), _conv(third, last), _pool()
        )
        self.output = nn.Linear(last * (bands - 18), dim)
        initialise(self)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`, rows of unit length."""
        x_BCF = self.trunk(self.check(mel_BFT)).mean(3)
        return unit_length(self.output(x_BCF.flatten(1)))


def _conv(inputs: int, outputs: int) -> nn.Module:
    return conv_norm_relu(inputs, outputs, (5, 7), stride=(1, 2))


def _pool() -> nn.Module:
    return nn.MaxPool2d(kernel_size=(2, 4), stride=(1, 2))
