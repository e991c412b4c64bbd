"""Embeddings against a plain loop over tracks and patches; exports that embed the same."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import torch
from typer.testing import CliRunner

import cli
from pairmine.errors import DamagedError, InputError, MissingError, UsageError
from tests.trainer import pair_worlds as worlds
from trainer import _embed_inputs, trained_encoder
from trainer.embed import embed
from trainer.export import export
from trainer.features.extraction import features
from trainer.features.store import FeatureStore
from trainer.loop import train

UNTRAINED = ["tasks=[]", "steps=0", "epochs=0"]
RUNS = {
    "tiny": ("musicnn", "tiny", ["views.frames=30", "views.standardise=true", "steps=1", "batch=6"]),
    "cpc": ("strategies", "melcpc", ["encoder.options={segment = 160, context = 1, steps = 1}", *UNTRAINED]),
    "fixed": ("melon", "crossmodal-g", UNTRAINED),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with encoders of three sorts and features of many lengths."""
    workspace = tmp_path_factory.mktemp("embed")
    worlds.write_features(workspace, "musicnn", 12, 58)
    worlds.write_features(workspace, "strategies", 2, 330)
    worlds.write_features(workspace, "melon", 9, 254)
    pairs = worlds.write_pairs(workspace / "pairs", tracks=12)
    for name, (_, recipe, settings) in RUNS.items():
        train(workspace, [str(pairs)], recipe=recipe, name=name, settings=settings)
    return workspace


def plain(workspace, name: str, overlap: float = 0) -> dict[str, list[tuple[float, np.ndarray]]]:
    """Return start in frames and vector of every patch of every track, one patch at a time."""
    features = FeatureStore.open(workspace / "features" / RUNS[name][0])
    model = trained_encoder.load(workspace / "runs" / name / "last.safetensors")
    found = {}
    for row, key in enumerate(features.keys.to_pylist()):
        mel = torch.from_numpy(np.array(features.mel(row)))
        frames = mel.shape[1] if model.recipe.embed == "whole" else min(model.frames, mel.shape[1])
        if mel.shape[1] < model.encoder.shortest:
            continue
        found[key] = []
        for start in range(0, mel.shape[1] - frames + 1, round(frames * (1 - overlap))):
            with torch.no_grad():
                z_SD = model.encoder.embed((mel[None, :, start : start + frames].float() - model.mean) / model.std)[0]
            found[key] += [(start + step * frames / len(z_SD), z_D.numpy()) for step, z_D in enumerate(z_SD)]
    return found


@pytest.mark.parametrize("name", RUNS)
def test_embeddings_are_those_of_the_patches_side_by_side(workspace, tmp_path, name) -> None:
    expected = plain(workspace, name)
    patches = pq.read_table(embed(workspace, name, per_patch=True, out=tmp_path / "patches").file).to_pylist()
    assert [row["key"] for row in patches] == [key for key, found in expected.items() for _ in found]
    flat = [each for found in expected.values() for each in found]
    np.testing.assert_allclose([row["vector"] for row in patches], [z for _, z in flat], rtol=1e-3, atol=1e-4)
    assert [row["start_ms"] for row in patches] == [round(start * 16) for start, _ in flat]
    for stats in ("mean", "mean-std"):
        report = embed(workspace, name, stats=stats, out=tmp_path / stats)
        table = pq.read_table(report.file)
        assert table.column("key").to_pylist() == list(expected) and report.tracks == len(expected)
        vectors = [np.stack([z for _, z in found]) for found in expected.values()]
        pooled = [np.concatenate([z.mean(0), z.std(0)])[: report.dim] for z in vectors]
        np.testing.assert_allclose(table.column("vector").to_pylist(), pooled, rtol=1e-3, atol=1e-4)


def test_patches_overlap_by_as_much_as_asked(workspace, tmp_path) -> None:
    for overlap in (0.5, 0.9):
        expected = plain(workspace, "tiny", overlap)
        table = pq.read_table(embed(workspace, "tiny", overlap=overlap, per_patch=True, out=tmp_path / "out").file)
        flat = [(key, round(16 * start)) for key, found in expected.items() for start, _ in found]
        assert list(zip(table.column("key").to_pylist(), table.column("start_ms").to_pylist(), strict=True)) == flat
        vectors = [z for found in expected.values() for _, z in found]
        np.testing.assert_allclose(table.column("vector").to_pylist(), vectors, rtol=1e-3, atol=1e-4)
    with pytest.raises(UsageError, match="--overlap 1: give a share"):
        embed(workspace, "tiny", overlap=1.0)


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """A folder of clips of several lengths, and of files that are none."""
    folder, rng = tmp_path_factory.mktemp("embed") / "music", np.random.default_rng(0)
    (folder / "sub").mkdir(parents=True)
    for number in range(7):
        wave = rng.normal(size=16_000 * 4 + 4_000 * number) / 10
        soundfile.write(folder / "sub" / f"{number}.wav", wave, 16_000)
    soundfile.write(folder / "short.wav", rng.normal(size=10), 16_000)
    soundfile.write(folder / "silent.wav", np.zeros(50_000), 16_000)
    (folder / "broken.mp3").write_bytes(b"no music")
    return folder


def test_a_folder_of_audio_embeds_as_its_features_do(workspace, music, tmp_path, monkeypatch) -> None:
    features(tmp_path, music, front_end="musicnn", name="all")
    stored = embed(workspace, "tiny", features=tmp_path / "features" / "all", overlap=0.5, out=tmp_path / "stored")
    for size in (1 << 26, 300_000):  # in one piece; in pieces of two or three files
        monkeypatch.setattr(_embed_inputs, "BYTES", size)
        heard = embed(workspace, "tiny", audio=music, overlap=0.5, out=tmp_path / "heard.parquet")
        one, two = (pq.read_table(report.file) for report in (stored, heard))
        assert one.column("key") == two.column("key") and (heard.tracks, heard.rejects) == (7, 3)
        np.testing.assert_allclose(two.column("vector").to_pylist(), one.column("vector").to_pylist(), atol=1e-5)
        told = pq.read_table(tmp_path / "heard.rejects.parquet").to_pylist()
        reasons = {row["file"]: row["reason"].split(":")[0] for row in told}
        assert reasons == {"broken.mp3": "cannot be decoded", "short.wav": "too short", "silent.wav": "silent"}


def test_a_folder_that_cannot_be_embedded_is_told(workspace, music, tmp_path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "a.wav").write_bytes(b"no music")
    with pytest.raises(InputError, match=r"nothing of .*broken can be used: a\.wav: cannot be decoded"):
        embed(workspace, "tiny", audio=broken, out=tmp_path / "out")
    with pytest.raises(UsageError, match="embed one of them"):
        embed(workspace, "tiny", audio=music, features=workspace / "features" / "musicnn")
    with pytest.raises(UsageError, match="arrays by the front end melon, no audio"):
        embed(workspace, "fixed", audio=music)
    with pytest.raises(InputError, match="no such folder"):
        embed(workspace, "tiny", audio=tmp_path / "nowhere")
    assert [path.name for path in tmp_path.iterdir()] == ["broken"]


def test_the_command_says_what_was_rejected(workspace, music, tmp_path) -> None:
    words = ["embed", "tiny", "-w", str(workspace), "--audio", str(music), "--out", str(tmp_path / "out.parquet")]
    done = CliRunner().invoke(cli.app, words)
    assert isinstance(done.exception, InputError) and "3 files cannot be used" in str(done.exception)
    assert CliRunner().invoke(cli.app, [*words, "--allow-rejects"]).exit_code == 0


def test_tracks_too_short_for_the_encoder_are_counted(workspace, tmp_path) -> None:
    report = embed(workspace, "fixed", out=tmp_path / "out")
    lengths = FeatureStore.open(workspace / "features" / "melon").frames
    assert report.too_short == (lengths < 256).sum() > 0 and report.tracks == (lengths >= 256).sum()


def test_the_file_tells_statistics_and_overlap(workspace, tmp_path) -> None:
    for per_patch, stats, told in ((False, "mean", "mean"), (False, "mean-std", "mean-std"), (True, "mean", None)):
        file = embed(workspace, "tiny", per_patch=per_patch, stats=stats, overlap=0.5, out=tmp_path / "out").file
        metadata = json.loads(pq.read_schema(file).metadata[b"pairmine"])
        assert (metadata["stats"], metadata["overlap"], metadata["recipe"]) == (told, 0.5, "tiny")


def test_a_flip_in_an_exported_model_is_found(workspace, tmp_path) -> None:
    model = export(workspace, "tiny", tmp_path / "mine").folder / "model.safetensors"
    whole = bytearray(model.read_bytes())
    whole[-100] ^= 1
    model.write_bytes(whole)
    with pytest.raises(DamagedError, match=r"model\.safetensors is damaged"):
        embed(workspace, str(model.parent), features=workspace / "features" / "musicnn")


def test_the_same_input_gives_the_same_bytes(workspace, tmp_path) -> None:
    one, two = (embed(workspace, "tiny", out=tmp_path / name).file for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_an_export_embeds_the_same_and_says_what_it_is(workspace, tmp_path) -> None:
    exported = export(workspace, "tiny", tmp_path / "mine")
    assert sorted(path.name for path in exported.folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    config = json.loads((exported.folder / "config.json").read_text())
    assert config["encoder"]["options"] == {"bands": 96, "frames": 64, "dim": 32} and config["encoder"]["frames"] == 30
    assert config["front_end"]["compression"] == "log10(1 + 10000 x)" and config["standardise"]["std"] != 1
    card = (exported.folder / "README.md").read_text()
    assert "# mine" in card and "2,304 parameters" in card and "`tiny`" in card and "0.48 s" in card
    features = workspace / "features" / "musicnn"
    two = embed(workspace, "tiny", out=tmp_path / "two")
    for named in (exported.folder, exported.folder / "model.safetensors"):
        one = embed(workspace, str(named), features=features, out=tmp_path / "new" / "folder" / "one")
        assert pq.read_table(one.file).column("vector") == pq.read_table(two.file).column("vector")
    with pytest.raises(UsageError, match="is there already"):
        export(workspace, "tiny", tmp_path / "mine")


def test_what_does_not_fit_is_told(workspace, tmp_path) -> None:
    with pytest.raises(UsageError, match="did you mean 'mean-std'"):
        embed(workspace, "tiny", stats="mean_std")
    with pytest.raises(UsageError, match="--stats mean-std is over the patches of a track, --per-patch writes each"):
        embed(workspace, "tiny", stats="mean-std", per_patch=True)
    with pytest.raises(MissingError, match="no checkpoint nobody"):
        embed(workspace, "nobody")
    with pytest.raises(UsageError, match="by another front end"):
        embed(workspace, "tiny", features=workspace / "features" / "strategies")
    worlds.write_features(tmp_path, "musicnn", 4, 50)
    shard = tmp_path / "features" / "musicnn" / "shard-00000.npy"
    values = np.load(shard, mmap_mode="r+")
    values[60] = np.nan
    values.flush()
    with pytest.raises(DamagedError, match=r"vector of t000001 is no number"):
        embed(workspace, "tiny", features=shard.parent, out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["features"]
