"""Pieces that several networks are made of."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

Size = int | tuple[int, int]


def conv_norm_relu(
    inputs: int,
    outputs: int,
    kernel: Size,
    *,
    stride: Size = 1,
    padding: Size | str = 0,
    groups: int = 1,
) -> nn.Sequential:
    """A convolution without bias, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def global_mean(x_BCFT: Tensor) -> Tensor:
    """Mean over bands and frames, `x_BC`."""
    return x_BCFT.mean((2, 3))


def unit_length(z_BD: Tensor) -> Tensor:
    """L2-normalise rows, in float32 at least: eight bits of a bfloat16 would leave lengths 0.4 % off."""
    return normalize(z_BD.float() if z_BD.dtype in (torch.bfloat16, torch.float16) else z_BD, dim=1)


def initialise(network: nn.Module) -> None:
    """He's initialisation for ReLU: convolutions by their outputs as ResNet has it, linear layers by their inputs."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            # by hand, for torch counts the outputs of all groups and starves depthwise convolutions
            fan_out = module.weight[:, 0].numel() / module.groups
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
