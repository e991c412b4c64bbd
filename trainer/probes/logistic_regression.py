"""Logistic regression: strategies-2022, section 4; colisten-2020, section 4.4."""

from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression

from trainer.probes import _strength
from trainer.probes._independent import Regressions
from trainer.probes._probe import Fitted, Floats, Labelled, Scores, check_classes
from trainer.probes._scaling import Standardised

STEPS = 1000


def logistic_regression(
    train: Labelled,
    valid: Labelled | None,
    *,
    exclusive: bool,
    seed: int,
    device: str | None = None,
    strength: float | None = None,
) -> Fitted:
    """Fit the softmax of all classes where they exclude each other, else one regression a class.

    Activations are probabilities. C is one for all classes: `strength`, or by the validation tracks. Nothing is
    drawn, so the seed changes nothing.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    check_classes(train)
    scaled = Standardised.of(train, valid)
    independent = None if exclusive else Regressions(scaled.train.x_ND, scaled.train.truth)

    def fit(strength: float) -> _strength.Scorer:
        if independent is not None:
            return independent.fit(strength).scores
        model = LogisticRegression(C=strength, max_iter=STEPS)
        return partial(_probabilities, model.fit(scaled.train.x_ND, scaled.train.labels))

    if strength is not None:
        return scaled.fitted(fit(strength), C=strength)
    scorer, strength = _strength.choose(fit, scaled.valid, exclusive)
    return scaled.fitted(scorer, C=strength)


def _probabilities(model: LogisticRegression, x_ND: Floats) -> Scores:
    return np.asarray(model.predict_proba(x_ND), np.float64)
