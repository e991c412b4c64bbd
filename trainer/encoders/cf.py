"""The playlist association encoder of crossmodal-2021: collaborative-filtering vectors into the common space."""

import torch
from torch import Tensor, nn


class CF(nn.Module):
    """Linear, ReLU, dropout, linear, layer norm.

    crossmodal-2021, eq. 8. `inputs`: 300 components and the item bias [code]; `hidden` is 128 [code].
    """

    def __init__(self, *, inputs: int = 301, hidden: int = 128, dim: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        self.inputs, self.dim = inputs, dim
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, dim), nn.LayerNorm(dim)
        )

    def forward(self, vector_BV: Tensor) -> Tensor:
        """Return `z_BD`, layer-normalised."""
        z_BD: Tensor = self.layers(vector_BV)
        return z_BD

    def example(self, batch: int) -> tuple[Tensor, ...]:
        """Return made-up arguments for `forward`."""
        return (torch.randn(batch, self.inputs),)
