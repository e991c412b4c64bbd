"""The tagging network of crossmodal-2021, section 3.3."""

from torch import nn

from trainer.probes import _mlp
from trainer.probes._probe import Fitted, Labelled

HIDDEN = 128, 64
DROPOUT = 0.5
COURSE = _mlp.Course(epochs=100, patience=10)


def mlp_crossmodal_2021(
    train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
) -> Fitted:
    """Train hidden layers of 128 and 64 with ReLU, batch normalisation after each, dropout before the last layer.

    Stops early by the validation loss. Ours, for the paper is silent: Adam at 1e-3, batches of 128, dropout 0.5,
    patience 10, at most 100 epochs.

    Raises:
        InputError: a class that no training track has, or that all have.
        UsageError: the loss is no longer a number.
    """
    dim, classes = train.x_ND.shape[1], train.truth_TC.shape[1]
    first, second = HIDDEN

    def layers() -> list[nn.Module]:
        return [
            *(nn.Linear(dim, first), nn.ReLU(), nn.BatchNorm1d(first)),
            *(nn.Linear(first, second), nn.ReLU(), nn.BatchNorm1d(second)),
            *(nn.Dropout(DROPOUT), nn.Linear(second, classes)),
        ]

    return _mlp.train(layers, train, valid, COURSE, exclusive=exclusive, seed=seed, device=device)
