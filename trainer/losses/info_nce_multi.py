"""InfoNCE at every level of an encoder: strategies-2022, eq. 2."""

from collections.abc import Sequence

import torch
from torch import Tensor

from trainer.losses._candidates import Negatives
from trainer.losses._precision import full_precision
from trainer.losses.info_nce import info_nce


@full_precision
def info_nce_multi(
    anchor_MBD: Sequence[Tensor] | Tensor,
    positive_MBD: Sequence[Tensor] | Tensor,
    groups_B: Tensor | None = None,
    *,
    negatives: Negatives = "local",
) -> Tensor:
    """Sum over levels of InfoNCE (the paper sums; its code averages). From 0; M log(B) where all embeddings are one.

    Args:
        anchor_MBD: one `z_BD` a level; widths may differ between levels.
        positive_MBD: those they belong to, level by level and row by row.
        groups_B: integer ids; rows of one id are never each other's negatives.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global".
        ValueError: anchors and positives have different numbers of levels.
    """
    levels = zip(anchor_MBD, positive_MBD, strict=True)
    return torch.stack([info_nce(a_BD, p_BD, groups_B, negatives=negatives) for a_BD, p_BD in levels]).sum()
