"""Linear probes against direct calls of scikit-learn, and the optimum against its own conditions."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from tests.trainer.probes.test_probes import world
from trainer.probes import Labelled, _independent, _strength, logistic_regression, probe
from trainer.probes._independent import Regressions

EXCLUSIVE = {
    "svm": lambda c: SVC(C=2.0),
    "linear-svm": lambda c: LinearSVC(C=c, random_state=3),
    "logistic-regression": lambda c: LogisticRegression(C=c, max_iter=1000),
}


@pytest.mark.parametrize("name", EXCLUSIVE)
def test_one_class_a_track_as_scikit_learn(name) -> None:
    train, _, test = world(True)
    direct = make_pipeline(StandardScaler(), EXCLUSIVE[name](1.0)).fit(train.x_ND, train.labels)
    wanted = direct.predict_proba if name == "logistic-regression" else direct.decision_function
    found = probe(name)(train, None, exclusive=True, seed=3).scores(test.x_ND)
    if name == "svm":  # its predicted class has the farthest distance, where equal votes had it otherwise
        np.testing.assert_array_equal(found.argmax(1), direct.predict(test.x_ND))
        found.sort(axis=1)
        np.testing.assert_allclose(found, np.sort(wanted(test.x_ND), axis=1), rtol=1e-12, atol=1e-12)
    else:
        np.testing.assert_allclose(found, wanted(test.x_ND), rtol=1e-12, atol=1e-12)


def test_of_equal_votes_the_svm_tells_the_class_that_scikit_learn_predicts() -> None:
    rng = np.random.default_rng(0)
    train, test = (
        Labelled(rng.standard_normal((200, 6)).astype(np.float32), np.eye(8, dtype=np.uint8)[rng.integers(8, size=200)])
        for _ in range(2)
    )
    direct = make_pipeline(StandardScaler(), SVC(C=2.0)).fit(train.x_ND, train.labels)
    found = probe("svm")(train, None, exclusive=True, seed=0).scores(test.x_ND)
    predicted = direct.predict(test.x_ND)
    assert (direct.decision_function(test.x_ND).argmax(1) != predicted).any()
    np.testing.assert_array_equal(found.argmax(1), predicted)


def test_a_linear_svm_that_has_not_converged_says_so_and_warns_nobody(recwarn) -> None:
    rng = np.random.default_rng(0)
    truth = np.eye(2, dtype=np.uint8)[rng.integers(2, size=200)]
    noise = Labelled(np.tile(rng.standard_normal((200, 10)).astype(np.float32), 30), truth)
    for exclusive in (True, False):
        assert not probe("linear-svm")(noise, None, exclusive=exclusive, seed=0).facts["converged"]
    assert not recwarn.list
    train, _, _ = world(True)
    assert probe("linear-svm")(train, None, exclusive=True, seed=0).facts["converged"]


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_logistic_regression_that_has_not_converged_says_so_and_warns_nobody(exclusive, monkeypatch, recwarn) -> None:
    train, _, _ = world(exclusive)
    assert probe("logistic-regression")(train, None, exclusive=exclusive, seed=0).facts == {"C": 1.0, "converged": True}
    monkeypatch.setattr(logistic_regression, "STEPS", 2)
    monkeypatch.setitem(_independent.OPTIONS, "maxiter", 2)
    assert not probe("logistic-regression")(train, None, exclusive=exclusive, seed=0).facts["converged"]
    assert not recwarn.list


@pytest.mark.parametrize("name", ["linear-svm", "logistic-regression"])
def test_the_strength_is_the_best_on_validation_tracks(name) -> None:
    train, valid, test = world(True, seed=4)
    noisy = [
        Labelled(
            part.x_ND + 90 * np.random.default_rng(i).standard_normal(part.x_ND.shape).astype(np.float32), part.truth_TC
        )
        for i, part in enumerate((train, valid))
    ]
    train, valid = noisy
    fits = {
        c: make_pipeline(StandardScaler(), EXCLUSIVE[name](c)).fit(train.x_ND, train.labels)
        for c in _strength.STRENGTHS
    }
    accuracy = {c: (fit.predict(valid.x_ND) == valid.labels).mean() for c, fit in fits.items()}
    assert len(set(accuracy.values())) > 1
    best = min(c for c in accuracy if accuracy[c] == max(accuracy.values()))
    found = probe(name)(train, valid, exclusive=True, seed=3)
    assert found.facts["C"] == best
    np.testing.assert_array_equal(found.scores(test.x_ND).argmax(1), fits[best].predict(test.x_ND))


@pytest.mark.parametrize("strength", [1e-4, 1e-2, 1.0])
def test_independent_regressions_are_scikit_learns(strength) -> None:
    train, _, _ = world(False)
    x_ND = StandardScaler().fit_transform(train.x_ND.astype(np.float64))
    mixed_ND = x_ND @ np.random.default_rng(0).standard_normal((x_ND.shape[1],) * 2)  # correlated
    planes = Regressions(mixed_ND, train.truth).fit(strength)
    for column in range(train.truth.shape[1]):
        direct = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(mixed_ND, train.truth[:, column])
        np.testing.assert_allclose(
            planes.scores(mixed_ND)[:, column], direct.predict_proba(mixed_ND)[:, 1], rtol=0, atol=2e-4
        )


@pytest.mark.parametrize("dtype, most", [(np.float64, 1e-3), (np.float32, 2e-3)])
def test_the_slope_vanishes_at_the_optimum(dtype, most) -> None:
    train, _, _ = world(False, seed=2)
    x_ND = StandardScaler().fit_transform(train.x_ND).astype(dtype)
    strength = 0.1
    planes = Regressions(x_ND, train.truth).fit(strength)
    error_NC = planes.scores(x_ND) - train.truth
    slope_DC = x_ND.T @ error_NC + planes.weight_DC / strength
    assert np.abs(slope_DC).max() < most * len(x_ND)
    assert np.abs(error_NC.sum(0)).max() < most * len(x_ND)


def test_a_class_of_one_track_and_more_dimensions_than_tracks() -> None:
    rng = np.random.default_rng(0)
    x_ND = rng.standard_normal((30, 80)).astype(np.float32)
    truth = np.zeros((30, 3), np.uint8)
    truth[0, 0] = truth[:29, 1] = truth[:15, 2] = 1
    scores = Regressions(x_ND, truth).fit(1.0).scores(x_ND)
    assert np.isfinite(scores).all() and (scores[:15, 2] > scores[15:, 2].max()).all()
