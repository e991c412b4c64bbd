"""The downstream network of discogs-2022, section 4.4."""

from functools import partial

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
    layers = partial(_mlp.one_hidden, train, HIDDEN)
    return _mlp.train(layers, train, valid, COURSE, exclusive=exclusive, seed=seed, device=device)
