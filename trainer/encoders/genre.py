"""The genre encoder of crossmodal-2021: self-attention over a track's genres."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class Genre(nn.Module):
    """Self-attention with 4 heads, a linear layer with dropout beside a short cut, the sum over genres, layer norm.

    crossmodal-2021, eq. 5 to 7. The attention turns word vectors of 200 into `dim` numbers; it has no short cut, for
    its input is of another width. At most 10 genres a track in the paper; any number here, and order does not matter.
    """

    def __init__(self, *, inputs: int = 200, heads: int = 4, dim: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        self.inputs, self.heads, self.dim = inputs, heads, dim
        self.query_key_value = nn.Linear(inputs, 3 * dim, bias=False)
        self.merge = nn.Linear(dim, dim, bias=False)
        self.feed = nn.Sequential(nn.Linear(dim, dim), nn.Dropout(dropout))
        self.norm = nn.LayerNorm(dim)

    def forward(self, words_BGV: Tensor, present_BG: Tensor) -> Tensor:
        """Return `z_BD`, layer-normalised.

        Args:
            words_BGV: word vectors of the genres, padded to the longest list.
            present_BG: True where there is a genre. A track without any gets a constant: mask it in the loss.
        """
        attended_BGD = self._attend(words_BGV, present_BG)
        summed_BD = torch.where(present_BG[..., None], attended_BGD + self.feed(attended_BGD), 0).sum(1)
        z_BD: Tensor = self.norm(summed_BD)
        return z_BD

    def example(self, batch: int) -> tuple[Tensor, ...]:
        """Return made-up arguments for `forward`: from no genre to ten."""
        return torch.randn(batch, 10, self.inputs), torch.arange(10) < torch.arange(batch)[:, None]

    def _attend(self, words_BGV: Tensor, present_BG: Tensor) -> Tensor:
        batch, genres, _ = words_BGV.shape
        triple = self.query_key_value(words_BGV).reshape(batch, genres, 3, self.heads, -1)
        query_BHGD, key_BHGD, value_BHGD = triple.permute(2, 0, 3, 1, 4)
        # a row without genres attends to its padding: its output is zeroed, and a softmax over nothing would be NaN
        seen_BG = present_BG | ~present_BG.any(1, keepdim=True)
        attended_BHGD = scaled_dot_product_attention(
            query_BHGD, key_BHGD, value_BHGD, attn_mask=seen_BG[:, None, None, :]
        )
        merged_BGD: Tensor = self.merge(attended_BHGD.transpose(1, 2).flatten(2))
        return merged_BGD
