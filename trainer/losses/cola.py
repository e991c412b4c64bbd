"""COLA's cross-entropy over bilinear similarities: discogs-2022, section 4.2."""

import torch
from torch import Tensor

from trainer.losses._candidates import Negatives, candidates
from trainer.losses._contrast import one_way
from trainer.losses._precision import full_precision


@full_precision
def cola(
    anchor_BD: Tensor,
    positive_BD: Tensor,
    bilinear_DD: Tensor,
    groups_B: Tensor | None = None,
    *,
    negatives: Negatives = "local",
) -> Tensor:
    """Mean over rows i of -log( exp(aᵢᵀBpᵢ) / Σⱼ exp(aᵢᵀBpⱼ) ), j over the batch.

    From 0; log(B) where all embeddings are one. The paper's negatives are local: six batches of 200 a step.

    Args:
        anchor_BD: projections, between -1 and 1.
        positive_BD: those they belong to, row by row.
        bilinear_DD: the learned matrix of `projectors.cola`.
        groups_B: integer ids; rows of one id are never each other's negatives.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global".
    """
    peers = candidates(anchor_BD, groups_B, negatives)
    return one_way(anchor_BD @ bilinear_DD @ peers.gather(positive_BD).T, peers)


@torch.no_grad()
@full_precision
def accuracy(anchor_BD: Tensor, positive_BD: Tensor, bilinear_DD: Tensor) -> Tensor:
    """Share of anchors more similar to their own positive than to any other of the batch (Table 1, "Acc.")."""
    best_B = (anchor_BD @ bilinear_DD @ positive_BD.T).argmax(1)
    return (best_B == torch.arange(len(best_B), device=best_B.device)).float().mean()
