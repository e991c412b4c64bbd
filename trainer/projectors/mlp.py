"""The projector of playlists-2023, and the classifier of its fine-tuning."""

from torch import Tensor, nn


class MLP(nn.Module):
    """Linear, ReLU, linear: one hidden layer of 128 units, 128 outputs (playlists-2023, section 4.1).

    With `dim` the number of classes it gives the logits of section 4.2.
    """

    def __init__(self, *, width: int, hidden: int = 128, dim: int = 128) -> None:
        super().__init__()
        self.dim = dim
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, dim))

    def forward(self, z_BD: Tensor) -> Tensor:
        """Return `y_BP`."""
        y_BP: Tensor = self.layers(z_BD)
        return y_BP
