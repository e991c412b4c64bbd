"""Classifiers on frozen vectors: one file each, found by folder scan.

A file holds the function that bears its name: `NAME(train, valid, *, exclusive, seed, device) -> Fitted`. Rules common
to all:

- **Truth is a matrix**, a row a track and a column a class. `exclusive` says that exactly one class of a row is true:
  activations are then those of one choice (softmax), otherwise of independent ones (sigmoid).
- **A track may have many vectors** (patches). What a probe learns from is said in its file; pooling the activations
  of a track's patches is the caller's (`trainer.metrics.pooling`).
- **Vectors are standardised** by mean and standard deviation of the training vectors, for systems differ in scale by
  orders of magnitude; the papers are silent about it.
- **The same seed gives the same figures** on one machine.
"""

from typing import cast

from pairmine import registry
from trainer.probes._probe import Fit, Fitted, Labelled

__all__ = ["Fit", "Fitted", "Labelled", "probe"]


def probe(name: str) -> Fit:
    """Return a probe by name.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    return cast(Fit, getattr(registry.load("probes", name, "trainer"), name.replace("-", "_")))
