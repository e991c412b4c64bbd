"""Contrastive predictive coding: strategies-2022, eq. 3."""

from torch import Tensor

from trainer.losses._candidates import Negatives
from trainer.losses._precision import full_precision
from trainer.losses.info_nce_multi import info_nce_multi


@full_precision
def cpc(
    prediction_BKD: Tensor, target_BKD: Tensor, groups_B: Tensor | None = None, *, negatives: Negatives = "local"
) -> Tensor:
    """Sum over the K predicted steps of InfoNCE between what is predicted and what comes.

    Negatives are the other tracks' segments at the same step. From 0; K log(B) where all vectors are one.

    Args:
        prediction_BKD: as `encoders.mel_cpc` returns it.
        target_BKD: the segments that came.
        groups_B: integer ids; rows of one id are never each other's negatives.
        negatives: those of this rank or of all.

    Raises:
        UsageError: `negatives` is neither "local" nor "global".
        ValueError: predictions and targets have different numbers of steps.
    """
    return info_nce_multi(prediction_BKD.unbind(1), target_BKD.unbind(1), groups_B, negatives=negatives)
