"""The five blocks that the encoders of strategies-2022 share."""

from torch import nn

CHANNELS = (128, 256, 256, 512, 512)
POOLS = ((2, 2), (2, 2), (2, 2), (4, 4), (3, 5))
LEAST_BANDS, LEAST_FRAMES = 96, 160


def five_blocks() -> nn.ModuleList:
    """Blocks of a 5x5 convolution, batch norm, ReLU and max-pool; pools as bands by frames."""
    blocks, inputs = nn.ModuleList(), 1
    for outputs, pool in zip(CHANNELS, POOLS, strict=True):
        convolution = nn.Conv2d(inputs, outputs, 5, padding=2)
        nn.init.kaiming_uniform_(convolution.weight)
        blocks.append(nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.MaxPool2d(pool)))
        inputs = outputs
    return blocks
