import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from pairmine.errors import InputError
from trainer.metrics import ranking
from trainer.metrics.score import REPLICATES, resample

EXACT = {"rel": 1e-12, "abs": 1e-12}

tracks = st.lists(
    st.tuples(st.booleans(), st.integers(-4, 4), st.integers(0, 3)), min_size=2, max_size=40
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))  # fmt: skip


def both_kinds(truth, weight) -> bool:
    return weight[truth].sum() > 0 and weight[~truth].sum() > 0


@given(tracks)
def test_it_is_what_scikit_learn_computes_with_ties_and_weights(rows) -> None:
    truth, score, weight = rows
    score = score / 7
    for given_weight in (None, weight):
        weighed = np.ones(len(truth), int) if given_weight is None else given_weight
        found = ranking.average_precision(truth, score, given_weight), ranking.roc_auc(truth, score, given_weight)
        if not both_kinds(truth, weighed):
            assert all(math.isnan(value) for value in found)
            continue
        assert found[0] == pytest.approx(average_precision_score(truth, score, sample_weight=weighed), **EXACT)
        assert found[1] == pytest.approx(roc_auc_score(truth, score, sample_weight=weighed), **EXACT)


@given(tracks)
def test_a_weight_is_as_many_copies(rows) -> None:
    truth, score, weight = rows
    copied = np.repeat(np.arange(len(truth)), weight)
    for figure in (ranking.average_precision, ranking.roc_auc):
        expected = figure(truth[copied], score[copied]) if both_kinds(truth, weight) else math.nan
        assert figure(truth, score, weight) == pytest.approx(expected, nan_ok=True, **EXACT)


@given(tracks, st.randoms())
def test_the_order_of_tracks_does_not_matter(rows, random) -> None:
    truth, score, _ = rows
    order = random.sample(range(len(truth)), len(truth))
    for figure in (ranking.average_precision, ranking.roc_auc):
        np.testing.assert_equal(figure(truth, score), figure(truth[order], score[order]))


def test_closed_forms() -> None:
    truth = np.array([1, 1, 0, 0, 0], bool)
    down = np.array([5, 4, 3, 2, 1])
    assert ranking.average_precision(truth, down) == ranking.roc_auc(truth, down) == 1
    assert ranking.roc_auc(truth, -down) == 0
    assert ranking.average_precision(truth, -down) == pytest.approx((1 / 4 + 2 / 5) / 2)
    assert ranking.roc_auc(truth, np.zeros(5)) == 0.5
    assert ranking.average_precision(truth, np.zeros(5)) == 2 / 5


def test_a_weight_that_is_no_count_is_refused() -> None:
    truth, score = np.array([True, False]), np.array([1.0, 0.0])
    for weight in (np.array([1, -1]), np.array([1, 1 << 16])):
        with pytest.raises(ValueError, match="from 0 to 65,535"):
            ranking.average_precision(truth, score, weight)


def test_every_replicate_is_the_figure_of_the_tracks_drawn() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((300, 3)) < [0.5, 0.05, 0.01]
    score = np.round(rng.standard_normal((300, 3)) + truth, 1)
    counts = resample(300, seed=5)
    precisions, areas = ranking.by_class(truth, score, counts)
    for replicate in (0, 511, 512, REPLICATES - 1):  # both sides of a block's border
        drawn = np.repeat(np.arange(300), counts[replicate])
        for c in range(3):
            present = 0 < truth[drawn, c].sum() < 300
            pair = truth[drawn, c], score[drawn, c]
            precision = average_precision_score(*pair) if present else math.nan
            area = roc_auc_score(*pair) if present else math.nan
            assert precisions[replicate, c] == pytest.approx(precision, nan_ok=True, **EXACT)
            assert areas[replicate, c] == pytest.approx(area, nan_ok=True, **EXACT)
    area, precision = ranking.macro(truth, score, list("abc"), seed=5)
    assert area.replicates == pytest.approx(np.nanmean(areas, axis=1), **EXACT)
    raw = np.nanmean(precisions, axis=1)
    assert precision.replicates == pytest.approx(np.clip(raw - raw.mean() + precision.value, 0, 1), **EXACT)


def test_no_replicate_leaves_the_range_of_the_figure() -> None:
    rng = np.random.default_rng(6)
    truth = rng.random((60, 3)) < 0.08
    score = truth + 0.35 * rng.standard_normal((60, 3))
    for found in ranking.macro(truth, score, list("abc")):
        assert found.value > 0.8 and 0 <= np.nanmin(found.replicates) <= np.nanmax(found.replicates) <= 1


def test_rare_classes_have_their_figure_inside_the_interval() -> None:
    rng = np.random.default_rng(3)
    truth = rng.random((2000, 40)) < 0.01
    for found in ranking.macro(truth, rng.standard_normal((2000, 40)) + truth, [str(c) for c in range(40)]):
        low, high = found.interval
        assert low < found.value < high


def test_the_mean_over_classes_leaves_out_those_without_positives_or_negatives() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random((50, 4)) < 0.4
    truth[:, 1], truth[:, 3] = False, True
    score = rng.standard_normal((50, 4))
    for found, oracle in zip(
        ranking.macro(truth, score, list("abcd")), (roc_auc_score, average_precision_score), strict=True
    ):
        figures = {name: oracle(truth[:, c], score[:, c]) for c, name in ((0, "a"), (2, "c"))}
        assert found.detail["left_out"] == ["b", "d"]
        assert found.detail["classes"] == pytest.approx(figures, **EXACT)
        assert found.value == pytest.approx(np.mean(list(figures.values())), **EXACT)


def test_random_scores_are_chance_within_the_interval() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random((2000, 8)) < 0.2
    roc, precision = ranking.macro(truth, rng.standard_normal((2000, 8)), list("abcdefgh"))
    assert roc.interval[0] < 0.5 < roc.interval[1]
    assert precision.interval[0] < truth.mean() < precision.interval[1]


def test_what_cannot_be_ranked_is_said_in_one_line() -> None:
    truth = np.array([[True], [False]])
    with pytest.raises(InputError, match=r"the score of 'rock' for track 1 is no finite number"):
        ranking.macro(truth, np.array([[0.0], [np.nan]]), ["rock"])
    with pytest.raises(InputError, match="no class has both positives and negatives"):
        ranking.macro(np.ones((2, 1), bool), np.zeros((2, 1)), ["rock"])
