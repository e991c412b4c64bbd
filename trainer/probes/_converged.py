"""Whether scikit-learn's fits reach their optimum: told as a fact, where scikit-learn warns."""

import warnings
from collections.abc import Callable

from sklearn.exceptions import ConvergenceWarning


def reached(fit: Callable[[], object]) -> bool:
    """Fit, and return whether that got to the optimum within scikit-learn's number of steps."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ConvergenceWarning)
        fit()
    return not any(issubclass(each.category, ConvergenceWarning) for each in told)
