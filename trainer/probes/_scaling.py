"""Vectors of mean 0 and standard deviation 1."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sklearn.preprocessing import StandardScaler

from trainer.probes._probe import Fitted, Floats, Labelled, Scores


@dataclass(frozen=True)
class Standardised:
    """Training and validation vectors, standardised by the training vectors, and what does the same to others.

    A dimension that never changes becomes 0.
    """

    train: Labelled
    valid: Labelled | None
    scaler: StandardScaler

    @classmethod
    def of(cls, train: Labelled, valid: Labelled | None) -> "Standardised":
        """Standardise both."""
        scaler = StandardScaler().fit(train.x_ND)
        moved = None if valid is None else replace(valid, x_ND=scaler.transform(valid.x_ND))
        return cls(replace(train, x_ND=scaler.transform(train.x_ND)), moved, scaler)

    def fitted(self, scores: Callable[[Floats], Scores], **facts: object) -> Fitted:
        """Return a classifier of vectors as they come, from one of standardised vectors."""
        return Fitted(lambda x_ND: scores(self.scaler.transform(x_ND)), facts)
