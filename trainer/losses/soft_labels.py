"""Softmax cross-entropy on L1-normalised labels: colisten-2020, eq. 2."""

import torch
from torch import Tensor

from trainer.losses._precision import full_precision


@full_precision
def soft_labels(logits_BV: Tensor, label_ids_BL: Tensor, weights_BL: Tensor | None = None) -> Tensor:
    """Mean over rows of -Σ λᵥ log softmax(logits)ᵥ, λ the row's labels divided by their sum.

    Labels come as ids, so that a vocabulary of a million makes one matrix (the logits), not two. A row without labels
    adds zero. From 0; log(V) where all logits are equal.

    Args:
        logits_BV: outputs of the classifier.
        label_ids_BL: ids in 0..V-1, padded with -1.
        weights_BL: weight of each label, 0 or more; 1 if not given.
    """
    label_ids_BL = label_ids_BL.long()
    given_BL = label_ids_BL >= 0
    weights_BL = given_BL.to(logits_BV.dtype) if weights_BL is None else torch.where(given_BL, weights_BL, 0)
    total_B = weights_BL.sum(1)
    share_BL = weights_BL / torch.where(total_B > 0, total_B, 1)[:, None]
    log_softmax_BL = logits_BV.gather(1, label_ids_BL.clamp(min=0)) - logits_BV.logsumexp(1, keepdim=True)
    return -(share_BL * log_softmax_BL).sum(1).mean()
