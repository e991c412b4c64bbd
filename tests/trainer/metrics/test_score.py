import numpy as np
import pytest
from scipy.stats import bootstrap

from trainer.metrics import score


def test_a_resampling_draws_as_many_as_there_are_and_is_the_same_for_all() -> None:
    counts = score.resample(37, seed=3)
    assert counts.shape == (score.REPLICATES, 37) and (counts.sum(1) == 37).all() and counts.min() >= 0
    np.testing.assert_array_equal(counts, score.resample(37, seed=3))
    assert (counts != score.resample(37, seed=4)).any()
    assert counts.mean(0) == pytest.approx(1, abs=0.2)


def test_totals_are_those_of_the_resamplings_held_whole() -> None:
    values = np.random.default_rng(0).random(41)
    np.testing.assert_allclose(score.totals(values, seed=2), score.resample(41, seed=2) @ values, rtol=1e-13)


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    values = np.random.default_rng(0).exponential(size=400)
    found = score.mean("MAP", values, "queries")
    slow = bootstrap([values], np.mean, method="percentile", n_resamples=5000, rng=np.random.default_rng(1))
    assert found.value == values.mean() and found.unit == "queries"
    assert found.interval == pytest.approx(slow.confidence_interval, abs=0.03)


def test_replicates_that_are_no_numbers_do_not_count() -> None:
    assert score.interval(np.array([np.nan, 1.0, np.nan, 1.0])) == (1.0, 1.0)
    assert score.interval(np.array([np.nan])) is None and score.Score("AP", 0.5).interval is None


def test_paired_differences_of_equal_systems_are_none() -> None:
    values = np.random.default_rng(0).random(50)
    one, other = (score.mean("accuracy", some, "tracks") for some in (values, values + 0.25))
    assert other.replicates - one.replicates == pytest.approx(0.25)
