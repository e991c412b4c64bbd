"""Logistic regression: strategies-2022, section 4; colisten-2020, section 4.4."""

from functools import partial

import numpy as np
from sklearn.linear_model import LogisticRegression

from trainer.probes import _converged, _strength
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
    drawn, so the seed changes nothing. `Fitted.facts` says whether the optimum was reached within the steps allowed.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    check_classes(train)
    scaled = Standardised.of(train, valid)
    independent = None if exclusive else Regressions(scaled.train.x_ND, scaled.train.truth)
    converged: dict[float, bool] = {}

    def fit(strength: float) -> _strength.Scorer:
        if independent is not None:
            planes = independent.fit(strength)
            converged[strength] = planes.converged
            return planes.scores
        model = LogisticRegression(C=strength, max_iter=STEPS)
        converged[strength] = _converged.reached(lambda: model.fit(scaled.train.x_ND, scaled.train.labels))
        return partial(_probabilities, model)

    scorer, chosen = _strength.choose(fit, scaled.valid, exclusive) if strength is None else (fit(strength), strength)
    return scaled.fitted(scorer, C=chosen, converged=converged[chosen])


def _probabilities(model: LogisticRegression, x_ND: Floats) -> Scores:
    return np.asarray(model.predict_proba(x_ND), np.float64)
