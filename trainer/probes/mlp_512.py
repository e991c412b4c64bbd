"""The tagging network of colisten-2020, section 4.4."""

from functools import partial

from trainer.probes import _mlp
from trainer.probes._probe import Fitted, Labelled

HIDDEN = 512
COURSE = _mlp.Course(epochs=100, patience=10)


def mlp_512(
    train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
) -> Fitted:
    """Train one hidden layer of 512 and an independent logistic output a class on the tracks' mean vectors.

    Ours, for the paper is silent: ReLU, Adam at 1e-3, batches of 128, stopping after 10 epochs without a lower
    validation loss, at most 100.

    Raises:
        InputError: a class that no training track has, or that all have.
        UsageError: the loss is no longer a number.
    """
    layers = partial(_mlp.one_hidden, train, HIDDEN)
    return _mlp.train(layers, train, valid, COURSE, exclusive=exclusive, seed=seed, device=device)
