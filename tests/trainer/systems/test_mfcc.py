"""MFCC against SciPy's cosine transform, over features and over waveforms."""

import numpy as np
import pytest
import soundfile
from scipy.fft import dct

from pairmine.errors import DamagedError
from tests.trainer import pair_worlds
from trainer.features.extraction import features
from trainer.features.store import FeatureStore
from trainer.frontends.musicnn import Musicnn
from trainer.keys import KeyMap
from trainer.systems import mfcc
from trainer.systems.mfcc import Mfcc

ASKED = [pair_worlds.key(track) for track in (6, 4, 6)]


def expected(mel_FT: np.ndarray) -> np.ndarray:
    """Return the coefficients of a log-mel, (20, T): its powers by the front end's definition, in decibels."""
    powers = (10 ** mel_FT.astype(np.float64) - 1) / 10_000
    return dct(10 * np.log10(np.maximum(powers, 1e-10)), axis=0, norm="ortho")[:20]


def statistics(mfcc_CT: np.ndarray) -> np.ndarray:
    return np.concatenate([mfcc_CT.mean(1), mfcc_CT.std(1)])


def test_tracks_and_patches_are_those_of_scipy(workspace) -> None:
    store = FeatureStore.open(workspace / "features" / "musicnn")
    system = Mfcc(store, Musicnn(), 64, KeyMap({}))
    mfccs = {key: expected(np.array(store.mel(system.rows([key])[0]))) for key in ASKED}
    rows = [statistics(mfccs[key]) for key in ASKED]
    np.testing.assert_allclose(system.tracks(ASKED, "mean"), rows, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(system.tracks(ASKED, "mean-std"), system.tracks(ASKED))
    for overlap, step in ((0.0, 64), (0.5, 32)):
        found = system.patches(ASKED, overlap)
        places = [(place, at) for place, key in enumerate(ASKED) for at in range(0, mfccs[key].shape[1] - 63, step)]
        assert found.of_P.tolist() == [place for place, _ in places]
        assert found.start_ms_P.tolist() == [round(at * 16) for _, at in places]
        parts = [statistics(mfccs[ASKED[place]][:, at : at + 64]) for place, at in places]
        np.testing.assert_allclose(found.vector_PD, parts, rtol=1e-4, atol=1e-3)
    assert system.baseline and set(system.origin()) == {"features"}


def test_a_track_shorter_than_a_patch_is_one(workspace) -> None:
    system = Mfcc(FeatureStore.open(workspace / "features" / "musicnn"), Musicnn(), 500, KeyMap({}))
    found = system.patches(ASKED)
    assert found.of_P.tolist() == [0, 1, 2] and found.start_ms_P.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(found.vector_PD, system.tracks(ASKED))


def test_what_is_no_number_is_refused(workspace, monkeypatch) -> None:
    store = FeatureStore.open(workspace / "features" / "musicnn")
    system = Mfcc(store, Musicnn(), 64, KeyMap({}))
    monkeypatch.setattr(mfcc, "coefficients", lambda mel_FT, _: mel_FT.double()[:20] * np.nan)
    for give in (system.tracks, system.patches):
        with pytest.raises(DamagedError, match="the vector of t000006 is no number"):
            give(ASKED)


def test_waveforms_are_heard_by_a_front_end(tmp_path, capsys) -> None:
    (tmp_path / "music").mkdir()
    wave = np.random.default_rng(0).normal(size=64_000) / 20
    soundfile.write(tmp_path / "music" / "a.wav", wave, 16_000)
    features(tmp_path, tmp_path / "music", front_end="musicnn", waveforms=True)
    features(tmp_path, tmp_path / "music", front_end="musicnn", name="mels")
    of_waves, of_mels = (
        mfcc.of_store(tmp_path / "features" / name, KeyMap({})) for name in ("music-waveforms", "mels")
    )
    [keys] = ([key for key in ("a", "a.wav") if of_mels[0].has(key)],)
    np.testing.assert_allclose(of_waves[0].tracks(keys), of_mels[0].tracks(keys), rtol=1e-2, atol=0.2)
    assert capsys.readouterr().err == ""


def test_a_front_end_of_others_is_gone_without(workspace, monkeypatch, capsys) -> None:
    manifest = FeatureStore.open(workspace / "features" / "musicnn").manifest
    theirs = manifest | {"front_end": manifest["front_end"] | {"name": "theirs"}}
    monkeypatch.setattr(FeatureStore, "open", classmethod(lambda cls, folder: type("Opened", (), {"manifest": theirs})))
    assert mfcc.of_store(workspace / "features" / "musicnn", KeyMap({})) == []
    assert capsys.readouterr().err.startswith("without MFCC: ")
