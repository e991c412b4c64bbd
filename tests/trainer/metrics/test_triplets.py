import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cosine

from trainer.metrics import triplets


@given(arrays(np.float64, (3, 4, 5), elements=st.floats(-10, 10, allow_subnormal=False, width=32)))
def test_distances_are_those_of_scipy(vectors) -> None:
    anchor, positive, negative = vectors

    def distance(a, b) -> float:
        return cosine(a, b) if np.linalg.norm(a) * np.linalg.norm(b) > 0 else 1

    slow = [distance(a, n) - distance(a, p) for a, p, n in zip(anchor, positive, negative, strict=True)]
    assert triplets.difference(anchor, positive, negative) == pytest.approx(slow, abs=1e-12)


def test_perfect_wrong_tied_and_random() -> None:
    rng = np.random.default_rng(0)
    anchor, other = rng.standard_normal((2, 3000, 8))
    assert triplets.right(triplets.difference(anchor, anchor, other)).tolist() == [1] * 3000
    assert triplets.right(triplets.difference(anchor, other, anchor)).tolist() == [0] * 3000
    assert triplets.right(triplets.difference(anchor, other, other)).tolist() == [0.5] * 3000
    guessed = triplets.right(triplets.difference(anchor, other, rng.standard_normal((3000, 8))))
    assert guessed.mean() == pytest.approx(0.5, abs=0.04)
