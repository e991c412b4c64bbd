"""Regression onto vectors: the baselines cf-regression of colisten-2020 and B-line-CF of crossmodal-2021."""

import torch
from torch import Tensor

from trainer.losses._precision import full_precision


@full_precision
def regression(prediction_BD: Tensor, target_BD: Tensor, present_B: Tensor | None = None) -> Tensor:
    """Mean over rows and dimensions of (prediction - target)². From 0.

    Args:
        prediction_BD: what the network says.
        target_BD: the vectors of a pair set of kind "vectors".
        present_B: False where there is no target; such a row adds zero, whatever stands in it.
    """
    error_BD = prediction_BD - target_BD
    if present_B is not None:
        error_BD = torch.where(present_B[:, None], error_BD, 0)
    return error_BD.square().mean()
