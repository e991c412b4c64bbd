"""Waveforms in the store: what a front end hears of them is what the store of mels holds."""

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
import torch

from pairmine.errors import UsageError
from tests.trainer import pair_worlds as worlds
from trainer import embed, loop, registry, setup, trained_encoder
from trainer.data import Stream
from trainer.features import sounds, waveforms
from trainer.features.extraction import features
from trainer.features.store import FeatureStore
from trainer.features.waveforms import Waveforms
from trainer.pair_sets import PairSet
from trainer.recipe import Views

FRONT_ENDS = [name for name in registry.names("frontends") if name != "melon"]
TRACKS, RATE = 12, 16_000


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with waveforms and with mels of every front end of the same clips, of several lengths."""
    workspace, rng = tmp_path_factory.mktemp("waveforms"), np.random.default_rng(0)
    for track in range(TRACKS):
        time = np.arange(RATE * 3 + 1234 * track) / RATE
        tones = sum(np.sin(2 * np.pi * f * time) for f in rng.uniform(100, 5000, 3)) / 8
        (workspace / "music").mkdir(exist_ok=True)
        wave = tones * (1 + np.cos(3 * time)) / 2 + rng.normal(size=time.size) / 100
        soundfile.write(workspace / "music" / f"{worlds.key(track)}.wav", wave, RATE)
    table = "".join(f"{worlds.key(track)}.wav\t{worlds.key(track)}\n" for track in range(TRACKS))
    (workspace / "music" / "key_map.tsv").write_text("file\tkey\n" + table)
    features(workspace, workspace / "music", front_end="musicnn", waveforms=True)
    for name in FRONT_ENDS:
        features(workspace / "mels", workspace / "music", front_end=name, name=name)
    worlds.write_pairs(workspace / "pairs", tracks=TRACKS)
    return workspace


def opened(workspace, name: str) -> tuple[FeatureStore, Waveforms]:
    """Return a front end's store of mels, and the waveforms as it hears them."""
    stored = FeatureStore.open(workspace / "mels" / "features" / name)
    heard = setup.open_features(workspace / "features" / "music-waveforms", registry.build("frontends", name))
    assert isinstance(heard, Waveforms)
    return stored, heard


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_what_is_heard_of_a_place_is_what_is_stored_of_it(workspace, name) -> None:
    stored, heard = opened(workspace, name)
    assert heard.keys == stored.keys and heard.frames.tolist() == stored.frames.tolist()
    rng, frames = np.random.default_rng(1), 60
    rows = np.repeat(np.arange(TRACKS), 4)
    last = stored.frames[rows] - frames
    starts = np.where(np.arange(len(rows)) % 4 < 2, last * (np.arange(len(rows)) % 2), rng.integers(0, last))
    wave_B1S = heard.patches(rows, starts, frames)
    assert wave_B1S.shape == (len(rows), 1, waveforms.samples(registry.build("frontends", name), frames))
    mel_BFT = sounds.log_mels(torch.from_numpy(wave_B1S), registry.build("frontends", name)).numpy()
    assert mel_BFT.shape == (len(rows), stored.bands, frames)
    np.testing.assert_allclose(mel_BFT, stored.patches(rows, starts, frames).astype(np.float32), atol=0.02, rtol=2e-3)
    np.testing.assert_allclose(heard.moments([1, 4]), stored.moments([1, 4]), rtol=1e-3)


def test_the_same_crops_are_drawn_as_of_mels(workspace) -> None:
    front_end = registry.build("frontends", "musicnn")
    batches = []
    for found in opened(workspace, "musicnn"):
        sets = [PairSet(workspace / "pairs", found, 50)]
        batches.append(Stream(sets, found, spec=Views(mix=[5, 2]), frames=50, batch=6).get(1, 1))
    mels, sound = batches
    assert sound.waveforms and not mels.waveforms
    assert sound.rows_B.tolist() == mels.rows_B.tolist()
    mel_VBFT = sounds.change(sound.mel_VBFT, None, None, front_end, 50)
    np.testing.assert_allclose(mel_VBFT, mels.mel_VBFT.float(), atol=0.02, rtol=2e-3)


def test_a_patch_beyond_its_track_is_refused(workspace) -> None:
    _, heard = opened(workspace, "musicnn")
    with pytest.raises(UsageError, match=r"t000000 has 188 frames .* no 60 from frame 129 on"):
        heard.patches([0], [129], 60)
    with pytest.raises(UsageError, match="rows 0 to 12"):
        heard.patches([0, 12], [0, 0], 60)


def test_runs_train_and_embed_on_waveforms_as_on_mels(workspace, tmp_path) -> None:
    settings = ["batch=6", "epochs=1", "views.frames=50", "views.standardise=true", "log_every=1"]
    runs = {}
    for name, home in (("heard", workspace), ("stored", workspace / "mels")):
        runs[name] = loop.train(home, [str(workspace / "pairs")], recipe="tiny", name=name, settings=settings)
    assert runs["heard"].lowest_loss == pytest.approx(runs["stored"].lowest_loss, rel=1e-3)
    found = {}
    for name, home in (("heard", workspace), ("stored", workspace / "mels")):
        checkpoint = str(workspace / "runs" / "heard" / "best.safetensors")
        report = embed.embed(home, checkpoint, out=tmp_path / name, overlap=0.5)
        found[name] = np.array(pq.read_table(report.file).column("vector").to_pylist())
    np.testing.assert_allclose(found["heard"], found["stored"], atol=2e-3)
    assert trained_encoder.load(workspace / "runs" / "heard" / "last.safetensors").mean > 0


@pytest.mark.parametrize("augment", [["pitch", "stretch", "reverb", "noise", "polarity"], ["stretch"], ["pitch"]])
def test_a_run_augments_sound(workspace, augment) -> None:
    settings = ["batch=6", "steps=2", "views.frames=50", f"views.augment={augment}", "views.mix=[5, 2]"]
    name = "-".join(augment)
    assert loop.train(workspace, [str(workspace / "pairs")], recipe="tiny", name=name, settings=settings).steps == 2


def test_what_cannot_be_heard_is_told(workspace, tmp_path) -> None:
    folder = workspace / "features" / "music-waveforms"
    with pytest.raises(UsageError, match="which the front end melon cannot hear"):
        setup.open_features(folder, registry.build("frontends", "melon"))
    front_end = registry.build("frontends", "musicnn")
    front_end.rate = 22_050
    with pytest.raises(UsageError, match="16,000 samples a second, which the front end musicnn cannot hear"):
        setup.open_features(folder, front_end)
    with pytest.raises(UsageError, match="leave out --waveforms"):
        features(tmp_path, workspace / "music", front_end="melon", waveforms=True)


def test_mels_are_taken_before_waveforms_where_both_are(workspace, tmp_path) -> None:
    front_end = registry.build("frontends", "musicnn")
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "a").symlink_to(workspace / "features" / "music-waveforms")
    assert setup.find_features(tmp_path, front_end).name == "a"
    (tmp_path / "features" / "b").symlink_to(workspace / "mels" / "features" / "musicnn")
    assert setup.find_features(tmp_path, front_end).name == "b"


def test_the_report_counts_what_lasts(workspace) -> None:
    report = str(features(workspace, workspace / "music", front_end="vggish", waveforms=True, name="again"))
    hours = sum(RATE * 3 + 1234 * track for track in range(TRACKS)) / RATE / 3600
    assert f"12 tracks, {hours:.2f} hours" in report
