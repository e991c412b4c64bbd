"""The sum of contrastive losses between modalities: crossmodal-2021, eq. 9 to 13."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from pairmine.errors import UsageError
from trainer.losses._candidates import Negatives, candidates
from trainer.losses._contrast import two_way
from trainer.losses._precision import full_precision


@full_precision
def cross_modal(
    embeddings_MBD: Sequence[Tensor] | Tensor,
    present_MB: Sequence[Tensor] | Tensor | None = None,
    groups_B: Tensor | None = None,
    *,
    weights: Sequence[float] | None = None,
    temperature: float = 0.1,
    negatives: Negatives = "local",
) -> Tensor:
    """Sum over pairs of modalities (x, y) of λ(L_xy + L_yx), each the mean over rows of eq. 9.

    L_xy = -log( exp(s(xᵢ, yᵢ)/τ) / Σ exp(s(xᵢ, ζ)/τ) ), s the cosine; ζ runs over the 2B - 1 other embeddings of *both*
    modalities. So a pair adds twice NT-Xent between them. From 0; M(M - 1) log(2B - 1) where all embeddings are one.

    Args:
        embeddings_MBD: one `z_BD` a modality; audio, genre, cf give A2G, A2P, G2P in this order.
        present_MB: False where a track lacks a modality. In the losses of that modality the row is neither anchor nor
            candidate, whatever stands in it.
        groups_B: integer ids; rows of one id are never each other's negatives.
        weights: λ of each pair of modalities, in the order of `itertools.combinations`; 1 if not given.
        temperature: τ, above 0; the paper's is 0.1.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global", or `weights` has not one for each pair of modalities.
    """
    pairs = list(combinations(range(len(embeddings_MBD)), 2))
    weights = [1.0] * len(pairs) if weights is None else weights
    if len(weights) != len(pairs):
        raise UsageError(f"cross-modal: {len(weights)} weights for {len(pairs)} pairs of modalities: give one a pair")
    losses = []
    for (x, y), weight in zip(pairs, weights, strict=True):
        x_BD, y_BD = embeddings_MBD[x], embeddings_MBD[y]
        present_B = None if present_MB is None else present_MB[x] & present_MB[y]
        if present_B is not None:
            x_BD, y_BD = (torch.where(present_B[:, None], rows_BD, 0) for rows_BD in (x_BD, y_BD))
        peers = candidates(x_BD, groups_B, negatives, present_B)
        loss_B = two_way(x_BD, y_BD, peers, temperature)
        losses.append(2 * weight * (loss_B if present_B is None else torch.where(present_B, loss_B, 0)).mean())
    return torch.stack(losses).sum()
