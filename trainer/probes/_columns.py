"""Activations of scikit-learn's classifiers, a column a class."""

from typing import Any

import numpy as np

from trainer.probes._probe import Floats, Scores


def distances(classifier: Any, x_ND: Floats) -> Scores:
    """Return how far each vector lies on the side of each class, (N, C); of two classes scikit-learn gives one."""
    score = np.asarray(classifier.decision_function(x_ND), np.float64)
    return score if score.ndim == 2 else np.stack([-score, score], axis=1)
