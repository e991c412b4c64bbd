"""NT-Xent, the loss of SimCLR: playlists-2023, section 4.1."""

from torch import Tensor

from trainer.losses._candidates import Negatives, candidates
from trainer.losses._contrast import two_way
from trainer.losses._precision import full_precision


@full_precision
def nt_xent(
    anchor_BD: Tensor,
    positive_BD: Tensor,
    groups_B: Tensor | None = None,
    *,
    temperature: float = 0.1,
    negatives: Negatives = "local",
) -> Tensor:
    """Mean over all 2B embeddings z of -log( exp(s(z, z⁺)/τ) / Σ exp(s(z, z')/τ) ), s the cosine.

    z⁺ is the other one of z's pair; z' runs over the 2B - 1 others, z⁺ included, those of z's group left out.
    From 0; log(2B - 1) where all embeddings are one.

    Args:
        anchor_BD: embeddings of any length.
        positive_BD: those they belong to, row by row.
        groups_B: integer ids; pairs of one id are never each other's negatives.
        temperature: τ, above 0; the paper's is 0.1.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global".
    """
    peers = candidates(anchor_BD, groups_B, negatives)
    return two_way(anchor_BD, positive_BD, peers, temperature).mean()
