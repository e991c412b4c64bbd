"""The downstream network of discogs-2022, section 4.4."""

from torch import nn

from trainer.probes import _mlp
from trainer.probes._probe import Fitted, Labelled

HIDDEN = 512
COURSE = _mlp.Course(epochs=30, weight_decay=1e-5, halve_after=5, one_a_track=True)


def mlp_discogs_2022(
    train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
) -> Fitted:
    """Train one hidden layer of 512 on a random patch of every track an epoch, 30 epochs.

    Adam at 1e-3 with weight decay 1e-5; the rate is halved after 5 epochs without a lower validation loss; the weights
    of the lowest are kept. ReLU and batches of 128 are ours: the paper is silent.

    Raises:
        InputError: a class that no training track has, or that all have.
        UsageError: the loss is no longer a number.
    """
    dim, classes = train.x_ND.shape[1], train.truth_TC.shape[1]

    def layers() -> list[nn.Module]:
        return [nn.Linear(dim, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, classes)]

    return _mlp.train(layers, train, valid, COURSE, exclusive=exclusive, seed=seed, device=device)
