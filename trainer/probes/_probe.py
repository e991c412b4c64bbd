"""What a probe is given, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Vectors, and what is true of the tracks they belong to.

    Attributes:
        x_ND: the vectors.
        truth_TC: 0 or 1: which classes each track has.
        of_N: which track each vector belongs to, ascending, every track at least once; None: one vector a track.
    """

    x_ND: Floats
    truth_TC: Bits
    of_N: Ints | None = None

    @cached_property
    def truth(self) -> Bits:
        """What is true of each vector's track."""
        return self.truth_TC if self.of_N is None else self.truth_TC[self.of_N]

    @cached_property
    def labels(self) -> Ints:
        """The only class of each vector's track."""
        labels_N: Ints = self.truth.argmax(1)
        return labels_N

    @cached_property
    def counts(self) -> Ints:
        """How many vectors each track has."""
        tracks = len(self.truth_TC)
        return np.ones(tracks, np.int64) if self.of_N is None else np.bincount(self.of_N, minlength=tracks)


@dataclass(frozen=True)
class Fitted:
    """A classifier that has learned.

    Attributes:
        scores: vectors (N, D) to activations (N, C): the higher, the likelier.
        facts: what was chosen on the way: C, epochs …
    """

    scores: Callable[[Floats], Scores]
    facts: dict[str, Any] = field(default_factory=dict)


class Fit(Protocol):
    """How every probe is called."""

    def __call__(
        self, train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
    ) -> Fitted:
        """Fit the training vectors; choose what can be chosen on the validation vectors, where there are any.

        Networks learn on `device`, by default the GPU if there is one; other classifiers on the CPU.

        Raises:
            InputError: a class that no training track has, or that all have.
        """


def check_classes(train: Labelled) -> None:
    """Raise InputError unless every class divides the training tracks in two."""
    tracks, positives_C = len(train.truth_TC), train.truth_TC.sum(0, dtype=np.int64)
    for lacking, what in ((positives_C == 0, "no"), (positives_C == tracks, "every")):
        if lacking.any():
            number = int(np.flatnonzero(lacking)[0])
            raise InputError(
                f"{what} training track has class {number} ({int(lacking.sum())} such classes of {len(positives_C)}, "
                f"{tracks:,} tracks): a classifier needs tracks with and without: take more tracks, or fewer classes"
            )
