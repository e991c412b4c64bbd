import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import ndcg_score

from trainer.metrics import recommendation

lists = st.tuples(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(0, 8))


@given(lists)
def test_lists_against_slow_sums(case) -> None:
    hits, missed = case
    relevant = sum(hits) + missed
    given_hits, given_relevant = np.array([hits]), np.array([relevant])
    if not relevant:
        with pytest.raises(ValueError, match="relevant"):
            recommendation.ndcg_at_k(given_hits, given_relevant)
        return
    gain = sum(1 / math.log2(place + 2) for place, hit in enumerate(hits) if hit)
    best = sum(1 / math.log2(place + 2) for place in range(min(relevant, len(hits))))
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    [ndcg] = recommendation.ndcg_at_k(given_hits, given_relevant)
    [precision] = recommendation.average_precision_at_k(given_hits, given_relevant)
    assert ndcg == pytest.approx(gain / best, rel=1e-12)
    assert precision == pytest.approx(sum(precisions) / min(relevant, len(hits)), rel=1e-12)


@pytest.mark.parametrize("k", [1, 5, 30])
def test_ndcg_is_that_of_scikit_learn(k) -> None:
    rng = np.random.default_rng(k)
    truth, score = rng.random((20, 30)) < 0.2, rng.standard_normal((20, 30))
    truth[:, 0] = True
    hits = np.take_along_axis(truth, np.argsort(-score, axis=1), axis=1)[:, :k]
    found = recommendation.ndcg_at_k(hits, truth.sum(1))
    assert found.mean() == pytest.approx(ndcg_score(truth, score, k=k), rel=1e-12)


def test_best_and_worst_lists() -> None:
    best = np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool)
    for figure in (recommendation.ndcg_at_k, recommendation.average_precision_at_k):
        assert figure(best, np.array([2, 9])).tolist() == [1, 1]
        assert figure(~best[:1] & False, np.array([2])).tolist() == [0]


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=12), st.integers(1, 12))
def test_ranks_among_others_are_means_over_all_orders_of_ties(scores, k) -> None:
    own, others = np.array(scores[:1]), np.array([scores[1:]])
    above = sum(other > scores[0] for other in scores[1:])
    tied = sum(other == scores[0] for other in scores[1:])
    ranks = range(above + 1, above + tied + 2)
    [rate] = recommendation.hit_rate(own, others, k)
    [percentile] = recommendation.percentile_rank(own, others)
    assert rate == pytest.approx(np.mean([rank <= k for rank in ranks]), abs=1e-12)
    assert percentile == pytest.approx((rankdata(-np.array(scores))[0] - 1) / len(scores[1:]), abs=1e-12)


def test_chance_is_a_tenth_in_the_first_tenth_and_the_middle() -> None:
    rng = np.random.default_rng(0)
    own, others = rng.standard_normal(20_000), rng.standard_normal((20_000, 100))
    assert recommendation.hit_rate(own, others, 10).mean() == pytest.approx(10 / 101, abs=0.01)
    assert recommendation.percentile_rank(own, others).mean() == pytest.approx(0.5, abs=0.01)
    flat = np.zeros(3), np.zeros((3, 100))
    assert recommendation.hit_rate(*flat, 10) == pytest.approx([10 / 101] * 3)
    assert recommendation.percentile_rank(*flat).tolist() == [0.5] * 3
