"""One contract over every probe, found by folder scan: what is planted is learned, noise is not, seeds hold."""

import numpy as np
import pytest

from pairmine import registry
from pairmine.errors import InputError, UsageError
from trainer.metrics import ranking
from trainer.probes import Labelled, probe

PROBES = registry.names("probes", "trainer")
DIM = 12

every_probe = pytest.mark.parametrize("name", PROBES)
both_truths = pytest.mark.parametrize("exclusive", [True, False])


def world(exclusive: bool, *, known: bool = True, classes: int = 4, seed: int = 0) -> list[Labelled]:
    """Training, validation and test vectors: the sum of a direction for each class of the track, and noise."""
    rng = np.random.default_rng(seed)
    direction_CD = 2.5 * rng.standard_normal((classes, DIM)) * known
    parts = []
    for tracks in (160, 60, 120):
        truth = (
            np.eye(classes)[rng.integers(classes, size=tracks)] if exclusive else rng.random((tracks, classes)) < 0.4
        )
        x_ND = 7 + 30 * (truth @ direction_CD + rng.standard_normal((tracks, DIM)))
        parts.append(Labelled(x_ND.astype(np.float32), truth.astype(np.uint8)))
    return parts


def figure(scores_NC: np.ndarray, test: Labelled, exclusive: bool) -> float:
    if exclusive:
        return float((scores_NC.argmax(1) == test.labels).mean())
    _, area_RC = ranking.by_class(test.truth, scores_NC, np.ones((1, len(scores_NC)), int))
    return float(area_RC.mean())


@every_probe
@both_truths
def test_what_is_planted_is_learned_and_noise_is_not(name, exclusive) -> None:
    train, valid, test = world(exclusive)
    scores_NC = probe(name)(train, valid, exclusive=exclusive, seed=3).scores(test.x_ND)
    assert scores_NC.shape == test.truth.shape and np.isfinite(scores_NC).all()
    assert figure(scores_NC, test, exclusive) > 0.9
    train, valid, test = world(exclusive, known=False)
    noise = probe(name)(train, valid, exclusive=exclusive, seed=3).scores(test.x_ND)
    chance, width = (0.25, 4 * np.sqrt(0.25 * 0.75 / 120)) if exclusive else (0.5, 0.1)
    assert abs(figure(noise, test, exclusive) - chance) < width


@every_probe
def test_the_same_seed_gives_the_same_scores(name) -> None:
    train, valid, test = world(False)
    first, second = (probe(name)(train, valid, exclusive=False, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.scores(test.x_ND), second.scores(test.x_ND))
    assert first.facts == second.facts and first.facts


@every_probe
@both_truths
def test_it_does_without_validation_tracks_and_with_two_classes(name, exclusive) -> None:
    train, _, test = world(exclusive, classes=2, seed=1)
    scores_NC = probe(name)(train, None, exclusive=exclusive, seed=0).scores(test.x_ND)
    assert scores_NC.shape == test.truth.shape
    assert figure(scores_NC, test, exclusive) > 0.85


@every_probe
def test_scale_and_place_of_vectors_change_nothing(name) -> None:
    train, valid, test = world(True)
    moved = [Labelled(part.x_ND * 64 - 1024, part.truth_TC) for part in (train, valid, test)]
    plain = probe(name)(train, valid, exclusive=True, seed=0).scores(test.x_ND)
    same = probe(name)(*moved[:2], exclusive=True, seed=0).scores(moved[2].x_ND)
    assert (plain.argmax(1) == same.argmax(1)).mean() > 0.98


@every_probe
def test_a_dimension_that_never_changes_does_no_harm(name) -> None:
    train, valid, test = (
        Labelled(np.pad(part.x_ND, ((0, 0), (0, 1)), constant_values=3), part.truth_TC) for part in world(True)
    )
    scores_NC = probe(name)(train, valid, exclusive=True, seed=0).scores(test.x_ND)
    assert figure(scores_NC, test, True) > 0.9


@every_probe
@pytest.mark.parametrize("value, what", [(0, "no training track"), (1, "every training track")])
def test_a_class_that_divides_nothing_is_refused(name, value, what) -> None:
    train, valid, _ = world(False)
    truth_TC = train.truth_TC.copy()
    truth_TC[:, 2] = value
    with pytest.raises(InputError, match=f"{what} has class 2"):
        probe(name)(Labelled(train.x_ND, truth_TC), valid, exclusive=False, seed=0)


def test_an_unknown_probe_lists_the_known() -> None:
    with pytest.raises(UsageError, match="did you mean 'mlp-512'"):
        probe("mlp-51")
