import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from trainer.metrics import classification


def test_against_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    label, guess = rng.integers(0, 5, (2, 200))
    assert classification.correct(label, guess).mean() == pytest.approx(accuracy_score(label, guess), rel=1e-12)
    expected = confusion_matrix(label, guess, labels=range(6))
    np.testing.assert_array_equal(classification.confusion(label, guess, 6), expected)


def test_a_class_beyond_those_known_is_refused() -> None:
    for label in (-1, 3):
        with pytest.raises(ValueError, match="from 0 to 2"):
            classification.confusion(np.array([label]), np.array([0]), 3)
