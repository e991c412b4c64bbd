"""Encoders as systems: they give what `embed` writes, and nothing that is no number."""

import numpy as np
import pytest
import torch
from torch import nn

from pairmine.errors import DamagedError
from tests.trainer import pair_worlds
from tests.trainer.systems import worlds
from trainer.embed import embed
from trainer.evaluations._stacked import Stacked
from trainer.features import _writer as feature_writer
from trainer.frontends.musicnn import Musicnn
from trainer.keys import KeyMap
from trainer.systems import embeddings, untrained
from trainer.systems.from_encoder import RandomWeights
from trainer.systems.from_file import FromFile

ASKED = [pair_worlds.key(track) for track in (6, 4, 12, 4)]


def test_an_encoder_and_its_file_give_the_same(workspace, tmp_path) -> None:
    run = "tiny"
    heard = worlds.encoder(workspace, run)
    for stats in ("mean", "mean-std"):
        file = embed(workspace, run, stats=stats, out=tmp_path / stats).file
        read = FromFile("file", embeddings.read(file), KeyMap({}))
        np.testing.assert_allclose(heard.tracks(ASKED, stats), read.tracks(ASKED, stats), rtol=1e-4, atol=1e-5)
    for overlap in (0.0, 0.5):
        file = embed(workspace, run, per_patch=True, overlap=overlap, out=tmp_path / f"{overlap}").file
        read = FromFile("file", embeddings.read(file), KeyMap({}))
        ours, theirs = heard.patches(ASKED, overlap), read.patches(ASKED, overlap)
        assert ours.of_P.tolist() == theirs.of_P.tolist() and ours.start_ms_P.tolist() == theirs.start_ms_P.tolist()
        np.testing.assert_allclose(ours.vector_PD, theirs.vector_PD, rtol=1e-4, atol=1e-5)
    assert heard.origin() == {name: read.origin()[name] for name in ("checkpoint", "features")}


def test_it_has_what_is_long_enough(workspace) -> None:
    heard = worlds.encoder(workspace, "normed")
    tracks = range(worlds.TRACKS)
    assert [track for track in tracks if heard.has(pair_worlds.key(track))] == worlds.LONG_ENOUGH
    assert heard.why_missing([pair_worlds.key(0)]) == "they are shorter than the 160 frames that the encoder needs"
    assert heard.why_missing([pair_worlds.key(0), "x"]) == "its keys are like t000000"


def test_vectors_that_are_no_numbers_are_refused(workspace, tmp_path) -> None:
    front_end = Musicnn().settings
    final = tmp_path / "features" / "broken"
    with feature_writer.writer(final, {"front_end": front_end}, force=True) as writer:
        for track, mel in enumerate(pair_worlds.mels(3, 96, 80)):
            writer.add(pair_worlds.key(track), mel if track != 1 else np.full_like(mel, np.nan))
        writer.commit(final, {"kind": "features", "front_end": front_end, "skipped": {}})
    heard = worlds.encoder(workspace, "tiny", features=final)
    assert np.isfinite(heard.tracks([pair_worlds.key(0), pair_worlds.key(2)])).all()
    for give in (heard.tracks, heard.patches):
        with pytest.raises(DamagedError, match=r"the vector of t000001 is no number: its features in .*broken"):
            give([pair_worlds.key(0), pair_worlds.key(1)])


def test_random_weights_are_those_the_recipe_begins_with(workspace) -> None:
    trained = worlds.encoder(workspace, "normed")
    rows = np.array(worlds.LONG_ENOUGH[:2])
    first, same, other = (untrained.encoder(trained.model, trained.features, rows, seed) for seed in (0, 0, 1))
    weights = [next(each.encoder.parameters()) for each in (trained.model, first, same, other)]
    assert torch.equal(weights[1], weights[2])
    assert not torch.equal(weights[0], weights[1]) and not torch.equal(weights[1], weights[3])
    assert first.mean == trained.model.mean and not first.training


def test_random_weights_have_the_statistics_of_real_features(workspace) -> None:
    trained = worlds.encoder(workspace, "normed")
    rows = np.arange(worlds.TRACKS)
    found = untrained.encoder(trained.model, trained.features, rows)
    norm_of = {name: module for name, module in found.named_modules() if isinstance(module, nn.BatchNorm2d)}
    before = {name: module for name, module in trained.model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert norm_of and {name: norm.momentum for name, norm in norm_of.items()} == {
        name: norm.momentum for name, norm in before.items()
    }
    assert all(norm.momentum is not None and not norm.training for norm in norm_of.values())
    heard: list[torch.Tensor] = []
    first_norm = next(iter(norm_of.values()))
    hook = first_norm.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
    system = RandomWeights("random", found, trained.checkpoint, trained.features, KeyMap({}), torch.device("cpu"))
    system.patches([pair_worlds.key(track) for track in worlds.LONG_ENOUGH])
    hook.remove()
    x_BCFT = torch.cat(heard)
    spread_C = x_BCFT.std((0, 2, 3))
    assert ((first_norm.running_mean - x_BCFT.mean((0, 2, 3))).abs() < 0.1 * spread_C).all()
    assert system.baseline and not trained.baseline


def test_a_stack_comes_from_what_its_parts_come_from(workspace) -> None:
    parts = [worlds.encoder(workspace, run) for run in ("tiny", "normed")]
    assert Stacked(parts).origin() == {
        f"{part.name}: {what}": digest for part in parts for what, digest in part.origin().items()
    }
