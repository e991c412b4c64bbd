"""Triplet loss with semi-hard negatives of the batch: colisten-2020, eq. 1."""

import torch
from torch import Tensor

from pairmine.errors import UsageError
from trainer.losses._candidates import Candidates, Negatives, candidates
from trainer.losses._precision import full_precision


@full_precision
def triplet(
    anchor_BD: Tensor,
    positive_BD: Tensor,
    negative_BD: Tensor,
    groups_B: Tensor | None = None,
    negative_groups_B: Tensor | None = None,
    *,
    margin: float = 0.1,
    negatives: Negatives = "local",
) -> Tensor:
    """Mean over rows of max(0, |a - p|² - |a - n|² + δ), with negatives handed round the batch.

    n is the negative of the batch that is closest to the anchor and still farther from it than its positive (semi-hard
    re-mining); where there is none, the row's own. From 0; δ where all embeddings are one.

    Args:
        anchor_BD: embeddings, of unit length in the paper.
        positive_BD: those they belong to, row by row.
        negative_BD: those the pair set names as negatives.
        groups_B: integer ids of the anchors; a negative of the anchor's id serves only in its own row.
        negative_groups_B: integer ids of the negatives.
        margin: δ, 0.1 in the paper.
        negatives: hand round those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global", or one sort of group ids comes without the other.
    """
    if (groups_B is None) != (negative_groups_B is None):
        raise UsageError("triplet: groups of anchors and of negatives are compared: give both or neither")
    peers = candidates(anchor_BD, groups_B, negatives, columns_B=negative_groups_B)
    negative_ND = peers.gather(negative_BD)
    near_B = (anchor_BD - positive_BD).square().sum(1)
    mined_BD = negative_ND[_semi_hard(anchor_BD.detach(), negative_ND.detach(), near_B.detach(), peers)]
    far_B = (anchor_BD - mined_BD).square().sum(1)
    return (near_B - far_B + margin).relu().mean()


def _semi_hard(anchor_BD: Tensor, negative_ND: Tensor, near_B: Tensor, peers: Candidates) -> Tensor:
    """Return the row of `negative_ND` that each anchor gets, `int_B`."""
    far_BN = anchor_BD.square().sum(1)[:, None] + negative_ND.square().sum(1) - 2 * anchor_BD @ negative_ND.T
    unfit_BN = far_BN <= near_B[:, None]
    if peers.banned_BN is not None:
        unfit_BN |= peers.banned_BN
    closest_B = far_BN.masked_fill_(unfit_BN, torch.inf).argmin(1)
    return torch.where(unfit_BN.all(1), peers.own_B, closest_B)
