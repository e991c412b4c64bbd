"""Link prediction against scikit-learn and against every order there is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from trainer.metrics.link_prediction import chance, link_prediction

levels = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@given(levels, levels, st.integers(0, 2**32 - 1))
def test_it_is_as_scikit_learn_has_it_ties_and_repetitions_too(positive, negative, seed) -> None:
    positive_E, negative_N = np.array(positive, float), np.array(negative, float)
    count_RE = np.random.default_rng(seed).integers(0, 4, (3, len(positive)))
    count_RE[:, 0] += 1
    count_RE[0] = 1
    precision_R, area_R = link_prediction(positive_E, negative_N, count_RE)
    for count_E, precision, area in zip(count_RE, precision_R, area_R, strict=True):
        drawn = np.repeat(positive_E, count_E)
        truth, score = np.repeat([1, 0], [len(drawn), len(negative)]), np.concatenate([drawn, negative_N])
        assert precision == pytest.approx(average_precision_score(truth, score), abs=1e-12)
        assert area == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


def test_perfect_is_one_and_reversed_has_no_area() -> None:
    high, low, once = np.array([3.0, 2.0]), np.array([1.0, 0.0, -1.0]), np.ones((1, 2), int)
    assert [float(value[0]) for value in link_prediction(high, low, once)] == [1, 1]
    assert float(link_prediction(low[1:], high, once)[1][0]) == 0


@pytest.mark.parametrize(("positives", "negatives"), [(1, 1), (1, 4), (2, 4), (3, 3), (4, 2)])
def test_chance_is_the_mean_over_all_orders(positives, negatives) -> None:
    total = positives + negatives
    found = []
    for places in combinations(range(1, total + 1), positives):
        found.append(sum(hits / place for hits, place in enumerate(places, 1)) / positives)
    assert chance(positives, negatives) == pytest.approx(np.mean(found), abs=1e-12)


def test_chance_of_the_paper_is_half_of_what_it_prints() -> None:
    pairs = 2500 * 2499 // 2
    assert chance(1250, pairs - 1250) == pytest.approx(4.05e-4, abs=1e-6)
