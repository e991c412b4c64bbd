"""How the small networks are trained: what an epoch takes, when the rate falls, when training stops, what is kept."""

import numpy as np
import pytest
import torch
from torch import nn

from pairmine.errors import UsageError
from tests.trainer.probes.test_probes import world
from trainer.probes import Labelled, _mlp, mlp_crossmodal_2021, mlp_discogs_2022, probe


def patched(part: Labelled, counts: np.ndarray) -> Labelled:
    """Return the same tracks with several noisy vectors each."""
    of_N = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(0).standard_normal((len(of_N), part.x_ND.shape[1])).astype(np.float32)
    return Labelled(part.x_ND[of_N] + noise, part.truth_TC, of_N)


@pytest.fixture
def teacher():
    def make(course: _mlp.Course, exclusive: bool = False) -> _mlp._Teacher:
        train, _, _ = world(exclusive)
        counts = np.random.default_rng(1).integers(1, 5, len(train.truth_TC))
        return _mlp._Teacher(nn.Sequential(nn.Linear(12, 4)), patched(train, counts), course, exclusive, 0)

    return make


def test_an_epoch_takes_one_random_patch_of_every_track(teacher) -> None:
    taught = teacher(_mlp.Course(1, one_a_track=True))
    of_N = taught._train.of_N
    epochs = [taught._rows(np.random.default_rng(epoch)) for epoch in range(60)]
    for rows in epochs:
        assert sorted(of_N[rows]) == list(range(160))
    assert set(np.concatenate(epochs)) == set(range(len(of_N)))


def test_an_epoch_takes_every_patch_once(teacher) -> None:
    taught = teacher(_mlp.Course(1))
    rows = taught._rows(np.random.default_rng(0))
    assert sorted(rows) == list(range(len(taught._train.x_ND))) and sorted(rows) != list(rows)


@pytest.mark.parametrize("exclusive", [True, False])
def test_the_validation_loss_is_the_cross_entropy_of_mean_activations(teacher, exclusive) -> None:
    taught = teacher(_mlp.Course(1), exclusive)
    _, valid, _ = world(exclusive)
    valid = patched(valid, np.random.default_rng(2).integers(1, 4, len(valid.truth_TC)))
    with torch.no_grad():
        logit_NC = taught._network(torch.from_numpy(valid.x_ND)).double()
        active_NC = (logit_NC.softmax(1) if exclusive else logit_NC.sigmoid()).numpy()
    losses = []
    for track, truth in enumerate(valid.truth_TC):
        mean_C = active_NC[valid.of_N == track].mean(0)
        of_C = [-np.log(max(p, 1e-12)) if t else -np.log(max(1 - p, 1e-12)) for p, t in zip(mean_C, truth, strict=True)]
        losses.append(of_C[truth.argmax()] if exclusive else np.mean(of_C))
    assert taught._validate(valid) == pytest.approx(np.mean(losses), rel=1e-9)


def scripted(monkeypatch, taught: _mlp._Teacher, losses: list[float]):
    """Let validation say what is written, and the weights tell after which epoch they were kept."""
    rates, network, said = [], taught._network[0], iter(losses)

    def epoch(number: int) -> float:
        rates.append(taught._optimiser.param_groups[0]["lr"])
        nn.init.constant_(network.weight, number + 1.0)
        return 0.0

    monkeypatch.setattr(taught, "_epoch", epoch)
    monkeypatch.setattr(taught, "_validate", lambda valid: next(said))
    fitted = taught.teach(world(False)[1])
    return fitted.facts, rates, float(network.weight[0, 0].detach())


def test_training_stops_and_keeps_the_best(monkeypatch, teacher) -> None:
    losses = [5.0, 3.0, 4.0, 3.0, 6.0, 1.0]
    facts, _, kept = scripted(monkeypatch, teacher(_mlp.Course(50, patience=3)), losses)
    assert facts == {"epochs": 5, "best_epoch": 2, "lowest_loss": 3.0} and kept == 2.0


def test_the_rate_is_halved_after_epochs_without_gain(monkeypatch, teacher) -> None:
    losses = [5.0, 4.0, *[4.5] * 5, 3.9, *[4.0] * 10]
    facts, rates, kept = scripted(monkeypatch, teacher(_mlp.Course(18, lr=8.0, halve_after=5)), losses)
    assert rates == [8.0] * 7 + [4.0] * 6 + [2.0] * 5
    assert facts["epochs"] == 18 and kept == facts["best_epoch"] == 8


def test_the_courses_are_the_papers() -> None:
    written = _mlp.Course(epochs=30, batch=128, lr=1e-3, weight_decay=1e-5, halve_after=5, one_a_track=True)
    assert written == mlp_discogs_2022.COURSE
    train, valid, _ = world(False)
    facts = probe("mlp-discogs-2022")(train, valid, exclusive=False, seed=0).facts
    assert facts["epochs"] == 30 and 1 <= facts["best_epoch"] <= 30
    assert mlp_crossmodal_2021.HIDDEN == (128, 64)


def test_seeds_differ_and_leave_the_common_stream_alone() -> None:
    train, valid, test = world(False)
    state = torch.random.get_rng_state()
    one, other = (probe("mlp-512")(train, valid, exclusive=False, seed=seed).scores(test.x_ND) for seed in (0, 1))
    assert not np.array_equal(one, other)
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_loss_that_is_no_number_stops(teacher) -> None:
    taught = teacher(_mlp.Course(1))
    taught._train.x_ND[5] = np.inf
    with pytest.raises(UsageError, match="no longer a number in epoch 0"):
        taught._epoch(0)


def test_more_vectors_than_are_seen_at_once(monkeypatch) -> None:
    train, valid, test = world(False)
    whole = probe("mlp-512")(train, valid, exclusive=False, seed=0).scores(test.x_ND)
    monkeypatch.setattr(_mlp, "ROWS", 37)
    np.testing.assert_allclose(
        probe("mlp-512")(train, valid, exclusive=False, seed=0).scores(test.x_ND), whole, atol=1e-4
    )
