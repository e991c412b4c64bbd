"""A package of somebody else's: one member of every kind, copied into a folder of its own by `test_plugins`."""

from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from trainer.encoders import AudioEncoder
from trainer.evaluations import Evaluation
from trainer.evaluations import retrieval as ours
from trainer.frontends.musicnn import Musicnn


class Wide(AudioEncoder):
    """Mean and deviation of every band, and a linear layer."""

    shortest = 2

    def __init__(self, *, bands: int = 96, frames: int = 64, dim: int = 24) -> None:
        super().__init__()
        self.bands, self.frames, self.dim = bands, frames, dim
        self.output = nn.Linear(2 * bands, dim)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD`."""
        x_BFT = self.check(mel_BFT)[:, 0]
        z_BD: Tensor = self.output(torch.cat([x_BFT.mean(2), x_BFT.var(2).add(1e-6).sqrt()], dim=1))
        return z_BD


class Head(nn.Module):
    """A linear layer and tanh."""

    def __init__(self, *, width: int, dim: int = 12) -> None:
        super().__init__()
        self.dim, self.layer = dim, nn.Linear(width, dim)

    def forward(self, z_BD: Tensor) -> Tensor:
        """Return `y_BP`."""
        return self.layer(z_BD).tanh()


class Coarse(Musicnn):
    """A hop twice as long."""

    hop = 512


def alignment(anchor_BD: Tensor, positive_BD: Tensor) -> Tensor:
    """Mean squared distance of the two.

    Args:
        anchor_BD: embeddings.
        positive_BD: those they belong to.
    """
    wide = torch.promote_types(anchor_BD.dtype, torch.float32)
    return (anchor_BD.to(wide) - positive_BD.to(wide)).square().sum(1).mean()


def broken(anchor_BD: Tensor, positive_BD: Tensor) -> Tensor:
    """A sum that is capped, so that the worst rows teach nothing.

    Args:
        anchor_BD: embeddings.
        positive_BD: those they belong to.
    """
    return (anchor_BD[:1] - positive_BD[:1]).square().sum().clamp(max=0.1)


class Bare(AudioEncoder):
    """Says nothing of its input."""

    dim = 3


class Demanding(Wide):
    """Cannot be built without a width."""

    def __init__(self, width: int) -> None:
        super().__init__(dim=width)


class Two(Wide):
    """Asks for more than patches."""

    def forward(self, mel_BFT: Tensor, gain: float) -> Tensor:
        """Return `z_BD`."""
        return super().forward(mel_BFT * gain)


def rows(anchor_BD: Tensor, positive_BD: Tensor) -> Tensor:
    """No mean over the batch."""
    return (anchor_BD - positive_BD).square().sum(1)


def foreign(x: Tensor, y: Tensor) -> Tensor:
    """Asks for what no batch has."""
    return (x - y).square().mean()


def neighbours(data: Path, *, k: Annotated[int, typer.Option(help="How many neighbours.")] = 10) -> Evaluation:
    """`pairmine evaluate neighbours --data FILE`: retrieval by labels."""
    return ours.prepare(data, k=k)
