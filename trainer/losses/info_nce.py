"""InfoNCE with the raw dot product: strategies-2022, eq. 1."""

from torch import Tensor

from trainer.losses._candidates import Negatives, candidates
from trainer.losses._contrast import one_way
from trainer.losses._precision import full_precision


@full_precision
def info_nce(
    anchor_BD: Tensor, positive_BD: Tensor, groups_B: Tensor | None = None, *, negatives: Negatives = "local"
) -> Tensor:
    """Mean over rows of -log( exp(a·p) / (exp(a·p) + Σ exp(a·n)) ): no temperature, no normalisation.

    n runs over the positives of the other rows whose group is another; with track ids as groups the negatives come
    from other tracks only. From 0; log(B) where all embeddings are one.

    Args:
        anchor_BD: embeddings of any length.
        positive_BD: those they belong to, row by row.
        groups_B: integer ids; rows of one id are never each other's negatives.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global".
    """
    peers = candidates(anchor_BD, groups_B, negatives)
    return one_way(anchor_BD @ peers.gather(positive_BD).T, peers)
