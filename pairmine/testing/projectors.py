"""The contract of projectors. Every check takes the class."""

from collections.abc import Callable

import torch
from torch import nn

Check = Callable[[type[nn.Module]], None]


def rows_are_of_the_width_it_says(kind: type[nn.Module]) -> None:
    """Built by `width`, and `dim` where asked for, it gives rows of `dim` numbers."""
    for options in ({}, {"dim": 7}):
        projector = kind(width=11, **options)
        assert projector.dim == options.get("dim", projector.dim)
        assert projector(torch.randn(3, 11)).shape == (3, projector.dim)


CHECKS: tuple[Check, ...] = (rows_are_of_the_width_it_says,)
