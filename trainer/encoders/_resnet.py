"""Residual blocks and the trunk of ResNet (He et al. 2016), the stride of a bottleneck in its 3x3 convolution."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a short cut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut = _shortcut(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the activations, `stride` times smaller."""
        return torch.relu(self.residual(x) + self.shortcut(x))


class Bottleneck(nn.Module):
    """A 1x1, a 3x3 and a 1x1 convolution beside a short cut; four times as wide at its end."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width * self.expansion, 1, bias=False),
            nn.BatchNorm2d(width * self.expansion),
        )
        self.shortcut = _shortcut(inputs, width * self.expansion, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the activations, `stride` times smaller."""
        return torch.relu(self.residual(x) + self.shortcut(x))


def residual_stages(block: type[BasicBlock | Bottleneck], depths: Sequence[int]) -> nn.Sequential:
    """Stages of 64, 128, 256 and 512 channels; each but the first halves the map."""
    stages, inputs = [], 64
    for stage, depth in enumerate(depths):
        width, blocks = 64 << stage, []
        for place in range(depth):
            blocks.append(block(inputs, width, 2 if stage and place == 0 else 1))
            inputs = width * block.expansion
        stages.append(nn.Sequential(*blocks))
    return nn.Sequential(*stages)


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
