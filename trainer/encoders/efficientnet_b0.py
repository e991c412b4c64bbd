"""EfficientNet-B0 (Tan and Le 2019) with one input channel, discogs-2022."""

import torch
from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import global_mean, initialise

# expansion, outputs, depth, stride, kernel
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
BLOCKS = sum(depth for _, _, depth, _, _ in STAGES)


class EfficientNetB0(AudioEncoder):
    """The published network without its classifier: the mean of the last map, 1,280 numbers.

    discogs-2022, section 4.2: patches of 96 bands by 128 frames (2 s) as one channel. 4,006,972 parameters: the
    5,288,548 of the published network less classifier and two colour channels. `drop_path` is the rate at which the
    last residual block is skipped in training (earlier ones in proportion). Any length from one frame.
    """

    dim = 1280
    shortest = 1

    def __init__(self, *, bands: int = 96, frames: int = 128, drop_path: float = 0.2) -> None:
        super().__init__()
        self.bands, self.frames = bands, frames
        layers: list[nn.Module] = [_conv_norm_silu(1, 32, 3, stride=2)]
        inputs = 32
        for expansion, outputs, depth, stride, kernel in STAGES:
            for place in range(depth):
                skip = drop_path * (len(layers) - 1) / BLOCKS
                layers.append(_MBConv(inputs, outputs, expansion, kernel, stride if place == 0 else 1, skip))
                inputs = outputs
        layers.append(_conv_norm_silu(inputs, self.dim, 1))
        self.trunk = nn.Sequential(*layers)
        initialise(self)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`."""
        return global_mean(self.trunk(self.check(mel_BFT)))


class _MBConv(nn.Module):
    """Inverted bottleneck with squeeze and excitation; in training its residual is skipped at rate `skip`."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int, skip: float) -> None:
        super().__init__()
        width = inputs * expansion
        expand = [_conv_norm_silu(inputs, width, 1)] if expansion > 1 else []
        self.residual = nn.Sequential(
            *expand,
            _conv_norm_silu(width, width, kernel, stride=stride, groups=width),
            _SqueezeExcitation(width, inputs // 4),
            nn.Conv2d(width, outputs, 1, bias=False),
            _norm(outputs),
        )
        self.has_shortcut = stride == 1 and inputs == outputs
        self.skip = skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.residual(x)
        if not self.has_shortcut:
            return y
        if self.training and self.skip:
            keep = torch.empty(len(x), 1, 1, 1, dtype=x.dtype, device=x.device).bernoulli_(1 - self.skip)
            y = y * keep / (1 - self.skip)
        return x + y


class _SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(inplace=True),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.gate(x)
        return x * gate


def _conv_norm_silu(inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, _norm(outputs), nn.SiLU(inplace=True))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
