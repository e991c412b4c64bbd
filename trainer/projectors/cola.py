"""The projection head of COLA as discogs-2022 has it, with the matrix of its bilinear similarity."""

import torch
from torch import Tensor, nn


class Cola(nn.Module):
    """Linear 512, layer norm, tanh (discogs-2022, section 4.2).

    Attributes:
        bilinear_DD: the matrix B of the similarity aᵀBp, for `losses.cola`; it is trained with the head.
    """

    def __init__(self, *, width: int, dim: int = 512) -> None:
        super().__init__()
        self.dim = dim
        self.layers = nn.Sequential(nn.Linear(width, dim), nn.LayerNorm(dim), nn.Tanh())
        self.bilinear_DD = nn.Parameter(torch.empty(dim, dim))
        nn.init.xavier_uniform_(self.bilinear_DD)

    def forward(self, z_BD: Tensor) -> Tensor:
        """Return `y_BP`, between -1 and 1."""
        y_BP: Tensor = self.layers(z_BD)
        return y_BP
