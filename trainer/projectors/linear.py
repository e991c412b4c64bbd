"""One linear layer: label classifiers and the baselines that predict a vector."""

from torch import Tensor, nn


class Linear(nn.Module):
    """`dim` numbers a row: logits of labels, or a vector to regress on.

    The softmax classifier of colisten-2020 (rows of `layer.weight` are its label embeddings), the style tags of
    discogs-2022 (400), the baselines of crossmodal-2021.
    """

    def __init__(self, *, width: int, dim: int = 128) -> None:
        super().__init__()
        self.dim = dim
        self.layer = nn.Linear(width, dim)

    def forward(self, z_BD: Tensor) -> Tensor:
        """Return `y_BP`."""
        y_BP: Tensor = self.layer(z_BD)
        return y_BP
