"""Fine-tuning learns what is planted, stops when validation says so, and hears the patches the paper says."""

import dataclasses

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from pairmine.errors import DamagedError, InputError, UsageError
from tests.trainer import pair_worlds as worlds
from trainer import fine_tune, trained_encoder
from trainer.features.store import FeatureStore
from trainer.fine_tune import Plan, Tagger
from trainer.loop import train

TRACKS = 96
SPLITS = {"train": np.arange(48), "valid": np.arange(48, 72), "test": np.arange(72, 96)}
SMALL = Plan(epochs=50, patience=50, batch=6, highest_lr=6e-3)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with an encoder of random weights and features whose groups can be heard."""
    workspace = tmp_path_factory.mktemp("tune")
    worlds.write_features(workspace, "musicnn", TRACKS, 130)
    train(workspace, [], recipe="tiny", name="random", settings=["tasks=[]", "epochs=0"])
    return workspace


@pytest.fixture
def model(workspace):
    return trained_encoder.load(workspace / "runs" / "random" / "last.safetensors")


@pytest.fixture
def features(workspace):
    return FeatureStore.open(workspace / "features" / "musicnn")


def truth(rows: np.ndarray) -> np.ndarray:
    """Two classes: the group is even; it is 0 or 1."""
    group = rows % worlds.GROUPS
    return np.stack([group % 2 == 0, group < 2], axis=1).astype(np.uint8)


TRUTH = {split: truth(rows) for split, rows in SPLITS.items()}


def tuned(model, features, rows=SPLITS, wanted=TRUTH, **options):
    return fine_tune.fine_tune(model, features, rows, wanted, **{"runs": 2, "device": "cpu", "plan": SMALL} | options)


def test_it_learns_what_is_planted_from_random_weights(model, features) -> None:
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = tuned(model, features)
    assert found.activation_RNC.shape == (2, 24, 2) and found.activation_RNC.dtype == np.float32
    for active_NC in found.activation_RNC:
        assert average_precision_score(TRUTH["test"], active_NC) > 0.75  # chance is 0.42
    assert not np.array_equal(*found.activation_RNC)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items()), "a copy is trained"
    for run in found.facts["runs"]:
        assert run["valid_ap"][run["best_epoch"]] == max(run["valid_ap"]) > run["valid_ap"][0]
        assert run["train_loss"][-1] < run["train_loss"][0]


def test_the_encoder_is_trained_with_the_rest(model, features, monkeypatch) -> None:
    taggers = []
    hear = fine_tune._Work.activations
    monkeypatch.setattr(fine_tune._Work, "activations", lambda *given: taggers.append(given[1]) or hear(*given))
    tuned(model, features, runs=1, plan=dataclasses.replace(SMALL, epochs=1))
    trained, untrained = taggers[-1].model.state_dict(), model.state_dict()
    assert all(not torch.equal(trained[name], untrained[name]) for name in trained if name.endswith("weight"))


def test_the_same_seed_gives_the_same_figures_and_leaves_the_callers_alone(model, features) -> None:
    short = dataclasses.replace(SMALL, epochs=2)
    torch.manual_seed(1)
    first, drawn = tuned(model, features, plan=short), torch.rand(1)
    torch.manual_seed(2)
    again = tuned(model, features, plan=short)
    other = tuned(model, features, plan=short, seed=1)
    assert np.array_equal(first.activation_RNC, again.activation_RNC) and first.facts == again.facts
    assert not np.array_equal(first.activation_RNC, other.activation_RNC)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))


def test_it_stops_without_gain_and_keeps_the_best_weights(model, features, monkeypatch) -> None:
    given = iter([0.2, 0.5, 0.4, 0.5, 0.3, 0.9])  # an equal figure is no gain
    states = []

    def judged(truth_NC, score_NC) -> float:
        states.append(score_NC)
        return next(given)

    monkeypatch.setattr(fine_tune, "macro_precision", judged)
    plan = dataclasses.replace(SMALL, patience=3, epochs=9)
    found = tuned(model, features, SPLITS | {"test": SPLITS["valid"]}, TRUTH, runs=1, plan=plan)
    assert found.facts["runs"][0]["valid_ap"] == [0.2, 0.5, 0.4, 0.5, 0.3]
    assert found.facts["runs"][0]["best_epoch"] == 1
    assert np.array_equal(found.activation_RNC[0], states[1]), "tracks shorter than the centre are heard whole"


def test_activations_are_the_mean_over_patches_side_by_side(model, features) -> None:
    tagger = Tagger(model, 16, 3).eval()
    work = fine_tune._Work(features, 50, torch.device("cpu"), SMALL)
    found = work.activations(tagger, np.array([7, 3, 12]))
    centre = work.activations(tagger, np.array([7]), 110 * features.seconds_a_frame)
    for row, active_C in zip([7, 3, 12], found, strict=True):
        mel = torch.from_numpy(np.array(features.mel(row))).float()[None]
        starts = range(0, mel.shape[2] - 49, 50)
        with torch.no_grad():
            slow = torch.cat([tagger(mel[:, :, start : start + 50]).sigmoid() for start in starts]).mean(0)
            skipped = (mel.shape[2] - 110) // 2
            window = [tagger(mel[:, :, skipped + k : skipped + k + 50]).sigmoid() for k in (0, 50)]
        assert active_C == pytest.approx(slow.numpy(), abs=1e-6) and len(starts) == 2
        if row == 7:
            assert centre[0] == pytest.approx(torch.cat(window).mean(0).numpy(), abs=1e-6)


def test_the_plan_is_that_of_the_paper() -> None:
    plan = Plan()
    assert (plan.epochs, plan.patience, plan.hidden, plan.valid_seconds) == (50, 10, 128, 30)
    assert (plan.lowest_lr, plan.highest_lr, plan.l2) == (1e-5, 1e-3, 1e-5)


def test_what_cannot_be_fine_tuned_is_told_in_one_line(model, features, tmp_path) -> None:
    zeros, ones = np.zeros_like(TRUTH["valid"]), np.ones_like(TRUTH["valid"])
    for same in (zeros, ones, np.concatenate([zeros[:, :1], ones[:, :1]], axis=1)):
        with pytest.raises(InputError, match="no class divides the validation tracks"):
            tuned(model, features, SPLITS, TRUTH | {"valid": same})
    wide = trained_encoder.load(_run(tmp_path, "wide", "encoder.options={bands = 96, frames = 500}"))
    with pytest.raises(UsageError, match=r"no training track .* as long as a patch, 500 frames"):
        tuned(wide, features)
    store = FeatureStore.open(worlds.write_features(tmp_path, "musicnn", TRACKS, 130))
    shard = np.load(store.folder / "shard-00000.npy", mmap_mode="r+")
    shard[:132] = np.nan
    shard.flush()
    with pytest.raises(DamagedError, match=r"features of t000000 in .* no numbers"):
        tuned(model, FeatureStore.open(store.folder), runs=1)
    with pytest.raises(UsageError, match="no longer a number in step 0 of epoch 0"):
        tuned(_broken(model), features, runs=1)


def test_short_tracks_are_left_out_of_training_or_named(model, features, tmp_path) -> None:
    few = tuned(model, features, runs=1, plan=dataclasses.replace(SMALL, epochs=1))
    assert few.facts["training_tracks_shorter_than_a_patch"] == 0
    longer = trained_encoder.load(_run(tmp_path, "longer", "encoder.options={bands = 96, frames = 134}"))
    some = tuned(longer, features, runs=1, plan=dataclasses.replace(SMALL, epochs=1))
    assert 0 < some.facts["training_tracks_shorter_than_a_patch"] < 48
    longer.encoder.shortest = 133
    with pytest.raises(InputError, match=r"t00000\d has 13\d frames .* takes 133 or more: leave it out \(\d+ such"):
        tuned(longer, features, runs=1)


def _run(workspace, name: str, *settings: str):
    train(workspace, [], recipe="tiny", name=name, settings=["tasks=[]", "epochs=0", *settings])
    return workspace / "runs" / name / "last.safetensors"


def _broken(model):
    with torch.no_grad():
        model.encoder.output.weight.fill_(float("inf"))
    return model
