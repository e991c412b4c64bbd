"""The choice of C, by which linear classifiers weigh the data against small weights."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from trainer.probes._probe import Floats, Labelled, Scores

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
UNCHOSEN = 1.0

Scorer = Callable[[Floats], Scores]


def choose(
    fit: Callable[[float], Scorer], valid: Labelled | None, exclusive: bool, strengths: Sequence[float] = STRENGTHS
) -> tuple[Scorer, float]:
    """Return the classifier of the best C, and that C: the smallest of those best on the validation tracks.

    Best is the accuracy where classes exclude each other, else the macro ROC-AUC over classes that divide the
    validation tracks. Without these, C is 1, scikit-learn's default.
    """
    if valid is None:
        return fit(UNCHOSEN), UNCHOSEN
    fitted = [(fit(strength), strength) for strength in strengths]
    figures = [_figure(scorer(valid.x_ND), valid, exclusive) for scorer, _ in fitted]
    return fitted[int(np.argmax(figures))]


def _figure(score_NC: Scores, valid: Labelled, exclusive: bool) -> float:
    if exclusive:
        return float((score_NC.argmax(1) == valid.labels).mean())
    positives_C = valid.truth.sum(0, dtype=np.int64)
    divides_C = (positives_C > 0) & (positives_C < len(valid.truth))
    if not divides_C.any():
        return 0.0
    return float(roc_auc_score(valid.truth[:, divides_C], score_NC[:, divides_C], average="macro"))
