"""Multi-label soft margin: the style tags of discogs-2022 and the genre baseline of crossmodal-2021."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from trainer.losses._precision import full_precision


@full_precision
def multi_label(logits_BV: Tensor, label_ids_BL: Tensor, present_B: Tensor | None = None) -> Tensor:
    """Mean over rows and labels v of -yᵥ log σ(xᵥ) - (1 - yᵥ) log(1 - σ(xᵥ)), y one for the row's labels, else zero.

    From 0; log 2 where all logits are zero.

    Args:
        logits_BV: outputs of the classifier.
        label_ids_BL: ids in 0..V-1, padded with -1; one that comes twice counts once.
        present_B: False where the labels are not known; such a row adds zero.
    """
    rows, labels = logits_BV.shape
    target_BV = logits_BV.new_zeros(rows, labels + 1).scatter_(1, label_ids_BL.long() % (labels + 1), 1)[:, :labels]
    loss_B = binary_cross_entropy_with_logits(logits_BV, target_BV, reduction="none").mean(1)
    return (loss_B if present_B is None else loss_B * present_B).mean()
