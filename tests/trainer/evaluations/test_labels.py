"""Labels: a model's own softmax against a plain loop, nearest labels, and the choice among clusters."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from pairmine import pairing
from pairmine.errors import DamagedError, InputError, MissingError
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.trainer import pair_worlds as worlds
from tests.trainer.evaluations import examples
from trainer import trained_encoder
from trainer.evaluations import labels
from trainer.features.store import FeatureStore
from trainer.keys import KeyMap
from trainer.loop import train
from trainer.reporting import papers
from trainer.systems.from_encoder import FromEncoder, RandomWeights
from trainer.systems.label_softmax import LabelSoftmax

RECIPE = """
paper = ""
title = "labels"
front_end = "musicnn"
batch = 12
steps = 20

[optimiser]
lr = 1e-3

[views]
frames = 30

[encoder]
name = "tiny"
options = { bands = 96, frames = 30, dim = 8 }

[[tasks]]
roles = ["labels"]
loss = "soft-labels"

[tasks.projector]
name = "linear"
"""


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> examples.Example:
    return examples.labels(tmp_path_factory.mktemp("labels"), np.random.default_rng(3))


@pytest.fixture(scope="module")
def heard(tmp_path_factory):
    """An encoder trained on the labels of 24 tracks, and another set with 48, the same among them."""
    workspace = tmp_path_factory.mktemp("heard")
    worlds.write_features(workspace, "musicnn", 48, 70)
    known = worlds.write_pairs(workspace / "sets" / "train", "labels", 24, strategy="labels")
    worlds.write_pairs(workspace / "sets" / "test", "labels", 48, strategy="labels")
    toml = workspace / "own.toml"
    toml.write_text(RECIPE)
    train(workspace, [str(known)], recipe=str(toml), name="own")
    path = workspace / "runs" / "own" / "last.safetensors"
    store = FeatureStore.open(workspace / "features" / "musicnn")
    model = trained_encoder.load(path)
    return workspace / "sets", FromEncoder("own", model, path, store, KeyMap({}), torch.device("cpu"))


def test_a_model_is_scored_by_the_softmax_it_was_trained_with(heard) -> None:
    folder, system = heard
    evaluation = labels.prepare(folder, least=2)
    assert not set(evaluation.tested) & {worlds.key(track) for track in range(24)}
    [vocabulary] = evaluation.vocabularies
    layer = torch.nn.Linear(system.model.encoder.dim, worlds.GROUPS + 1)
    from safetensors.torch import load_file

    tensors = load_file(system.checkpoint)
    layer.load_state_dict({name: tensors[f"tasks.0.projector.layer.{name}"] for name in ("weight", "bias")})
    expected = []
    for key in vocabulary.test_keys:
        with torch.no_grad():
            windows = torch.from_numpy(system.patches([key]).vector_PD)
            expected.append(layer(windows).softmax(1).mean(0).numpy())
    wanted = [int(label.split()[1]) for label in vocabulary.labels]
    score_NC = np.stack(expected)[:, wanted]
    truth_NC = np.array([[f"label {g}" in names_of(key) for g in wanted] for key in vocabulary.test_keys])
    area = np.mean([roc_auc_score(truth_NC[:, c], score_NC[:, c]) for c in range(len(wanted))])
    [found] = evaluation.scores(system)
    assert found.detail["softmax"] == "its own"
    assert found.value == pytest.approx(area, abs=1e-6)


def names_of(key: str) -> set[str]:
    track = int(key[1:])
    return {f"label {track % worlds.GROUPS}"} | (set() if track % 2 else {f"label {worlds.GROUPS}"})


def test_others_get_a_softmax_on_their_frozen_vectors(heard) -> None:
    folder, system = heard
    evaluation = labels.prepare(folder, least=2)
    random = RandomWeights("random", system.model, system.checkpoint, system.features, KeyMap({}), torch.device("cpu"))
    [found] = evaluation.scores(random)
    assert found.detail["softmax"] == "trained on frozen vectors"
    [vocabulary] = evaluation.vocabularies
    other = replace(vocabulary, train=replace(vocabulary.train, manifest={"digest": "of another set"}))
    assert not other.softmax(system).own


def test_a_new_softmax_is_at_its_optimum() -> None:
    """At the minimum of cross-entropy and ridge every slope is zero."""
    rng = np.random.default_rng(0)
    x_ND = rng.standard_normal((500, 3)).astype(np.float32)
    truth = np.stack([x_ND[:, 0] + 0.5 * rng.standard_normal(500) > 0, np.ones(500, bool)], axis=1)
    truth[:, 1] = ~truth[:, 0]
    found = LabelSoftmax.fit(x_ND, truth, ["a", "b"])
    posterior = found.posterior(x_ND, ["b", "a"])
    np.testing.assert_allclose(posterior.sum(1), 1, atol=1e-5)
    assert roc_auc_score(truth[:, 0], posterior[:, 1]) > 0.9
    error_NV = torch.from_numpy(found.posterior(x_ND, ["a", "b"]) - truth)
    z_ND = (torch.from_numpy(x_ND) - found.mean_D) / found.scale_D
    slope = error_NV.T @ z_ND / 500 + 2 * 1e-4 * found.weight_VD
    assert slope.abs().max() < 1e-3 and error_NV.mean(0).abs().max() < 1e-3


def test_nearest_labels_are_told_for_every_sense() -> None:
    names = ["46_bebop", "46_hard bop", "5_bebop", "5_cowboy bebop", "bebopper"]
    rows = torch.tensor([[1.0, 0.1], [5, 0], [0, 1], [0, 9], [-1, -1]])
    found = LabelSoftmax(rows, torch.zeros(5), names, torch.zeros(2), torch.ones(2), own=True).nearest("bebop", 2)
    assert found == {"46_bebop": ["46_hard bop", "5_bebop"], "5_bebop": ["5_cowboy bebop", "46_bebop"]}


def test_labels_are_those_frequent_in_the_sample_and_known_in_training(example) -> None:
    evaluation = labels.prepare(example.data, least=50)
    [vocabulary] = evaluation.vocabularies
    assert (vocabulary.truth_NC.sum(0) >= 50).all()
    test = evaluation.pairs[0][1]
    for n, key in enumerate(vocabulary.test_keys):
        row = test.keys.index(key)
        own = {test.vocabulary[label] for label in test.label_M[test.start_N1[row] : test.start_N1[row + 1]]}
        assert {c for c, has in zip(vocabulary.labels, vocabulary.truth_NC[n], strict=True) if has} == own & set(
            vocabulary.labels
        )
    with pytest.raises(InputError, match="lower --least"):
        labels.prepare(example.data, least=150)


def test_a_folder_of_folders_gives_a_figure_for_each(example, tmp_path) -> None:
    for clusters in ("16", "4"):
        (tmp_path / clusters).symlink_to(example.data)
    evaluation = labels.prepare(tmp_path, least=20)
    assert [score.metric for score in evaluation.chance()] == ["ROC-AUC, 16", "ROC-AUC, 4"]
    assert set(evaluation.facts) == {"16", "4"}


def test_labels_told_apart_by_cluster_are_another_protocol(example, tmp_path) -> None:
    """Whose figures no paper gives: Table 1 is of labels as they are."""
    for name in ("train", "test"):
        out, chosen = tmp_path / "apart" / name, Parameters(tags="tag", clusters=2)
        options = {"parameters": chosen, "restrictions": Restrictions(split=name), "out": out}
        pairing.build_pairs(example.data.parent, "toy", "labels", **options)
    plain, apart = (labels.prepare(folder, least=2).protocol for folder in (example.data, tmp_path / "apart"))
    assert apart == f"{plain} told apart by cluster"
    assert papers.find("labels", plain) and not papers.find("labels", apart)


def test_what_is_missing_or_wrong_is_told(example, tmp_path) -> None:
    with pytest.raises(InputError, match="no folders train and test"):
        labels.prepare(tmp_path)
    worlds.write_pairs(tmp_path / "train", "labels", 24, strategy="labels")
    with pytest.raises(MissingError, match="holds no labels"):
        labels.prepare(tmp_path)
    worlds.write_pairs(tmp_path / "test", "vectors", 24, strategy="cf")
    with pytest.raises(InputError, match="holds vectors, not labels"):
        labels.prepare(tmp_path)
    targets = worlds.write_pairs(tmp_path / "test", "labels", 48, strategy="labels") / "targets.parquet"
    targets.write_bytes(targets.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match=r"targets\.parquet"):
        labels.prepare(tmp_path)
