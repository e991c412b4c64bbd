"""Tagging, genre, instrument, stack: splits, hearing, figures over runs, what bad input gets, the real files."""

import csv
import gzip
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pairmine.errors import InputError, MissingError, UsageError
from pairmine.testing.evaluations import Planted
from tests.trainer import pair_worlds as worlds
from tests.trainer.evaluations import examples
from trainer import fine_tune, trained_encoder
from trainer.evaluations import Patches, System, _figures, _hearing, _splits, genre, instrument, stack, tagging
from trainer.features.store import FeatureStore
from trainer.keys import KeyMap, annotation_key
from trainer.loop import train
from trainer.metrics import ranking
from trainer.metrics.score import resample
from trainer.systems.from_encoder import FromEncoder

EVAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "eval"


def published(folder: str) -> Path:
    if not (EVAL / folder).is_dir():
        pytest.skip(f"no published annotations beside the repository (../shared/data/eval/{folder})")
    return EVAL / folder


@pytest.fixture
def tags(tmp_path):
    return examples.tagging(tmp_path, np.random.default_rng(0))


def prepared(example, module=tagging, **options):
    return module.prepare(example.data, **(example.options | options))


def test_a_share_of_the_training_tracks_is_learned_from(tags) -> None:
    whole, tenth = prepared(tags)._folds[0], prepared(tags, train_share=0.1)._folds[0]
    assert len(tenth[0]) == 20 and set(tenth[0]) < set(whole[0])
    assert [part.tolist() for part in tenth[1:]] == [part.tolist() for part in whole[1:]]
    assert not np.array_equal(prepared(tags, train_share=0.1, seed=1)._folds[0][0], tenth[0])
    assert prepared(tags, train_share=0.1).protocol.endswith("10% of the training tracks")


def test_folds_test_every_track_once_and_tear_no_song_apart(tmp_path) -> None:
    evaluation = prepared(examples.instrument(tmp_path, np.random.default_rng(0)), instrument)
    songs = evaluation.annotations.group_N
    tested = np.concatenate([test for _, _, test in evaluation._folds])
    assert sorted(tested) == list(range(len(songs)))
    for parts in evaluation._folds:
        assert sum(map(len, parts)) == len(songs)
        owners = [set(songs[part]) for part in parts]
        assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    assert {score.unit for score in evaluation.chance()} == {"groups"}


def test_clips_go_by_path_or_by_name(tmp_path) -> None:
    example = examples.instrument(tmp_path, np.random.default_rng(0))
    by_path = prepared(example, instrument)
    by_name = prepared(example, instrument, folders=False)
    assert by_path.keys[0] == "cel/[cel][cla]0000__1" and by_name.keys[0] == "[cel][cla]0000__1"
    assert sorted(key.partition("/")[2] for key in by_path.keys) == list(by_name.keys)


def test_real_instruments_divide_by_song() -> None:
    evaluation = instrument.prepare(published("irmas"))
    assert len(instrument.prepare(published("irmas"), folders=False).keys) == 6705
    assert len(evaluation.tested) == 6705 and len(evaluation._folds) == 10
    for train_, valid, test in evaluation._folds:
        assert abs(len(test) - 670) < 60 and len(train_) + len(valid) + len(test) == 6705


def test_accuracy_is_the_mean_over_runs_and_resamples_groups_whole() -> None:
    rng = np.random.default_rng(0)
    right_RN, group_N = (rng.random((3, 60)) < 0.6).astype(float), np.sort(rng.integers(0, 20, 60))
    group_N = np.unique(group_N, return_inverse=True)[1]
    found = _figures.accuracy("SVM", right_RN, group_N)
    assert found.metric == "accuracy, SVM" and found.value == pytest.approx(right_RN.mean(), abs=1e-12)
    assert found.detail["runs"] == pytest.approx(right_RN.mean(1), abs=1e-12)
    assert found.detail["std_over_runs"] == pytest.approx(np.std(right_RN.mean(1), ddof=1), abs=1e-12)
    counts_RG = resample(group_N.max() + 1)
    for counts_G, replicate in list(zip(counts_RG, found.replicates, strict=True))[:20]:
        drawn = [right_RN[:, row].mean() for row in range(60) for _ in range(counts_G[group_N[row]])]
        assert replicate == pytest.approx(np.mean(drawn), abs=1e-12)


def test_ranked_figures_are_means_over_runs() -> None:
    rng = np.random.default_rng(1)
    truth_NC, activation_RNC = (rng.random((50, 3)) < 0.4).astype(np.uint8), rng.random((2, 50, 3))
    by_run = [ranking.macro(truth_NC, activation_NC, "abc") for activation_NC in activation_RNC]
    for place, found in enumerate(_figures.ranked("", truth_NC, activation_RNC, "abc", {})):
        own = [scores[place] for scores in by_run]
        assert found.metric == own[0].metric and found.value == pytest.approx(np.mean([score.value for score in own]))
        np.testing.assert_allclose(found.replicates, (own[0].replicates + own[1].replicates) / 2)
        assert found.detail["runs"] == [score.value for score in own]


def test_chance_of_tags_is_half_and_their_share(tags) -> None:
    evaluation = prepared(tags)
    truth_NC = evaluation.annotations.truth_NC[evaluation.annotations.rows("test")]
    area, precision = evaluation.chance()[:2]
    assert area.value == 0.5 and precision.value == pytest.approx(truth_NC.mean(0).mean(), abs=1e-12)


def test_noise_is_at_chance(tags) -> None:
    noise = tags.system.unknowing(np.random.default_rng(3))
    for score, chance in zip(prepared(tags).scores(noise), prepared(tags).chance(), strict=True):
        low, high = score.interval
        assert low - 0.05 < chance.value < high + 0.05


def test_drawn_patches_are_at_most_so_many_of_each_track() -> None:
    of_P = np.repeat(np.arange(4), [1, 3, 7, 2])
    draws = [_hearing.draw(of_P, 3, np.random.default_rng(seed)) for seed in range(200)]
    for chosen in draws:
        assert list(chosen) == sorted(set(chosen)) and np.bincount(of_P[chosen]).tolist() == [1, 3, 3, 2]
    counts = np.bincount(np.concatenate(draws), minlength=13)[4:11]
    assert counts.min() > 50 and counts.max() < 125  # of 200 · 3/7 = 86


def test_blocks_do_not_change_what_is_heard(monkeypatch, tags) -> None:
    keys = sorted(tags.system.latent_of)[:50]
    hearing = _hearing.Hearing("", overlap=0.5)
    whole = hearing.whole(tags.system, keys)
    monkeypatch.setattr(_hearing, "BLOCK", 7)
    for one, other in zip(whole, hearing.whole(tags.system, keys), strict=True):
        np.testing.assert_array_equal(one, other)
    asked = tags.system.patches(keys, 0.5)
    np.testing.assert_array_equal(whole[0], asked.vector_PD)
    np.testing.assert_array_equal(whole[1], asked.of_P)


def test_tracks_are_heard_once_for_all_columns(tags, monkeypatch) -> None:
    calls = []
    own = tags.system.tracks
    monkeypatch.setattr(tags.system, "tracks", lambda keys, stats="mean": calls.append(stats) or own(keys, stats))
    prepared(tags).scores(tags.system)
    assert calls == ["mean"]


def test_a_stack_is_every_combination_side_by_side(tmp_path) -> None:
    example = examples.stack(tmp_path, np.random.default_rng(0))
    evaluation = prepared(example, stack)
    given = [Planted(example.system.latent_of, name=name) for name in "abcd"]
    mfcc = Planted(example.system.latent_of, name="MFCC", baseline=True)
    found = evaluation.combine([*given, mfcc])
    names = ["a + b", "a + c", "a + d", "b + c", "b + d", "c + d", "a + b + c", "a + b + d", "a + c + d", "b + c + d"]
    assert [system.name for system in found] == [*names, "a + b + c + d", "MFCC"]
    keys = list(example.system.latent_of)[:3]
    np.testing.assert_array_equal(found[6].tracks(keys), np.concatenate([each.tracks(keys) for each in given[:3]], 1))
    assert found[6].patches(keys, 0.5).vector_PD.shape == (15, 48)
    with pytest.raises(UsageError, match="two systems or more"):
        evaluation.combine([given[0], mfcc])
    other = Planted(example.system.latent_of, name="e", patch_ms=1000)
    with pytest.raises(UsageError, match="begin at different times"):
        evaluation.combine([given[0], other])[0].patches(keys)


class Odd(System):
    """A system with a NaN, or without patches of a track."""

    name = "odd"

    def tracks(self, keys, stats="mean"):
        return np.where(np.arange(len(keys))[:, None] == 3, np.nan, np.ones((len(keys), 4))).astype(np.float32)

    def patches(self, keys, overlap=0.0):
        of_P = np.arange(1, len(keys))
        return Patches(of_P, np.zeros_like(of_P), np.ones((len(of_P), 4), np.float32))


def test_vectors_that_are_no_numbers_and_silent_tracks_are_named(tags) -> None:
    with pytest.raises(InputError, match=r"vector of \S+ by odd holds what is no number"):
        prepared(tags).scores(Odd())
    with pytest.raises(InputError, match=r"odd has no patch of \S+: "):
        prepared(tags, protocol="discogs-2022").scores(Odd())


def test_options_that_cannot_be(tags, tmp_path) -> None:
    with pytest.raises(UsageError, match="did you mean 'discogs-2022'"):
        prepared(tags, protocol="discogs-2020")
    with pytest.raises(UsageError, match="a share is above 0"):
        prepared(tags, train_share=0.0)
    with pytest.raises(UsageError, match="no task of mtg-jamendo 'genres'"):
        prepared(tags, dataset="mtg-jamendo", task="genres")
    with pytest.raises(UsageError, match=r"no task of mtg-jamendo 'mood'.* genre, instrument"):
        prepared(tags, dataset="mtg-jamendo", task="mood")
    with pytest.raises(UsageError, match="--task rock: msd has no tasks: leave it out"):
        prepared(tags, dataset="msd", task="rock")
    with pytest.raises(MissingError, match="--data"):
        tagging.prepare(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="trains one encoder"):
        prepared(tags, stack, protocol="playlists-2023")
    with pytest.raises(UsageError, match="name planted by --checkpoint RUN"):
        prepared(tags, protocol="playlists-2023").combine([tags.system])
    with pytest.raises(InputError, match="classes: one a track is needed"):
        prepared(tags, genre, protocol="strategies-2022")
    clips = examples.instrument(tmp_path, np.random.default_rng(0))
    with pytest.raises(InputError, match="cannot make 500 folds"):
        prepared(clips, instrument, folds=500).chance()
    with pytest.raises(InputError, match="no class has a track for each of 37 folds"):
        prepared(clips, instrument, folds=37).chance()


def test_a_class_that_no_training_track_has(tags) -> None:
    text = tags.data.read_text().replace("loud", "other").replace("\tother", "\tloud", 0)
    lines = [line.replace("\tother", "") if "\ttrain\t" in line else line for line in text.splitlines()]
    tags.data.write_text("\n".join(lines))
    with pytest.raises(InputError, match="none of the 200 training tracks has class 'other'"):
        prepared(tags).scores(tags.system)
    without = prepared(tags, allow_other_counts=True)
    assert without.facts["classes_left_out"] == ["other"] and len(without.annotations.classes) == 4
    assert [score.metric for score in without.scores(tags.system)][:2] == ["ROC-AUC, LR", "AP, LR"]


def test_groups_are_numbered_and_tracks_without_one_stand_alone(tags) -> None:
    annotations = prepared(tags).annotations
    odd = replace(annotations, group_N=np.array(["", "a", "", "a", "b", *["c"] * (len(annotations.keys) - 5)]))
    numbers = _splits.groups(odd)
    assert numbers[1] == numbers[3] and len(set(numbers[:5])) == 4 and len(set(numbers)) == 5


class Gtzan(System):
    """The published features of all GTZAN clips (Choi et al., 2017)."""

    def __init__(self, name: str, files: list[str]) -> None:
        folder = published("gtzan") / "choi2017-features"
        with gzip.open(folder / "gtzan_genre.csv.gz", "rt") as lines:
            paths = [row["filepath"].split("/")[-2:] for row in csv.DictReader(lines)]
        parts = [
            np.load(io.BytesIO(gzip.decompress((folder / file).read_bytes())), allow_pickle=False) for file in files
        ]
        self.name = name
        self.vector_of = dict(
            zip([annotation_key("/".join(path)) for path in paths], np.concatenate(parts, 1), strict=True)
        )

    def tracks(self, keys, stats="mean"):
        return np.stack([self.vector_of[key] for key in keys]).astype(np.float32)

    def patches(self, keys, overlap=0.0):
        raise NotImplementedError


@pytest.mark.parametrize(
    "name, files, svm, regression",
    [
        ("MFCC", ["gtzan_genre_mfcc.npy.gz"], 0.528, 0.493),
        ("convnet", [f"gtzan_genre_layer_{layer}.npy.gz" for layer in range(5)], 0.769, 0.817),
    ],
)
def test_published_features_of_gtzan_give_the_stated_accuracies(name, files, svm, regression) -> None:
    evaluation = genre.prepare(published("gtzan"), dataset="gtzan", protocol="choi-2017")
    found = evaluation.scores(Gtzan(name, files))
    assert [score.value for score in found] == pytest.approx([svm, regression], abs=0.5 / 290)


def test_fine_tuning_is_a_protocol_of_encoders(tmp_path, monkeypatch) -> None:
    worlds.write_features(tmp_path, "musicnn", 48, 130)
    train(tmp_path, [], recipe="tiny", name="random", settings=["tasks=[]", "epochs=0"])
    checkpoint = tmp_path / "runs" / "random" / "last.safetensors"
    store = FeatureStore.open(tmp_path / "features" / "musicnn")
    model = trained_encoder.load(checkpoint)
    device = next(model.parameters()).device
    system = FromEncoder("random", model, checkpoint, store, KeyMap({}), device)
    splits = ("train", "train", "valid", "test")
    rows = [f"{key}\t{splits[n % 4]}\t{'even' if n % 8 < 4 else 'odd'}" for n, key in enumerate(store.keys.to_pylist())]
    (tmp_path / "tags.tsv").write_text("\n".join(["key\tsplit\ttags", *rows, ""]))
    evaluation = tagging.prepare(tmp_path / "tags.tsv", dataset="table", protocol="playlists-2023", runs=2)
    mfcc = Planted({}, name="MFCC", baseline=True)
    assert evaluation.combine([system, mfcc]) == [system]
    short = fine_tune.Plan(epochs=2, batch=8)
    monkeypatch.setattr(fine_tune, "Plan", lambda: short)
    found = evaluation.scores(system)
    assert [score.metric for score in found] == [score.metric for score in evaluation.chance()] == ["ROC-AUC", "AP"]
    assert len(found[0].detail["runs"]) == 2 and found[0].detail["plan"]["epochs"] == 2
