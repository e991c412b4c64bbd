"""The genre network of crossmodal-2021, section 3.3."""

from functools import partial

from trainer.probes import _mlp
from trainer.probes._probe import Fitted, Labelled

HIDDEN = 256
COURSE = _mlp.Course(epochs=100, patience=10)


def mlp_256(
    train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
) -> Fitted:
    """Train one hidden layer of 256 with ReLU, every patch of a track being a training instance.

    Ours, for the paper is silent: Adam at 1e-3, batches of 128, stopping after 10 epochs without a lower validation
    loss, at most 100.

    Raises:
        InputError: a class that no training track has, or that all have.
        UsageError: the loss is no longer a number.
    """
    layers = partial(_mlp.one_hidden, train, HIDDEN)
    return _mlp.train(layers, train, valid, COURSE, exclusive=exclusive, seed=seed, device=device)
