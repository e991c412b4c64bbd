"""`ingest synth --audio`: clips that sound as truth_tracks says, the same for every run, in time and in tune."""

import hashlib
import math
import wave
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.catalogue import Ingested
from pairmine.errors import UsageError
from pairmine.sources import _synth_audio, synth
from pairmine.sources._synth_sound import MAJOR, MINOR, RATE, Sound, render, timbre

PLAIN = (0.0,) * 8
CLIPS = 12


def sound(taste=PLAIN, *, tempo=120.0, tonic=0, minor=False, register=60.0, stream=1) -> Sound:
    return Sound(tuple(taste), tempo, tonic, minor, register, stream)


def only(index: int, value: float) -> tuple[float, ...]:
    """Return a taste that is plain but for one number."""
    return tuple(value if place == index else 0.0 for place in range(8))


def spectrum(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and their power."""
    power = np.abs(np.fft.rfft(samples / 32768 * np.hanning(len(samples)))) ** 2
    return np.fft.rfftfreq(len(samples), 1 / RATE), power


def centre(samples: np.ndarray) -> float:
    hertz, power = spectrum(samples)
    return float((hertz * power).sum() / power.sum())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audio")


@pytest.fixture(scope="module")
def made(workspace: Path) -> Ingested:
    return synth.ingest(workspace, "synth", 40, audio=CLIPS, seconds=2)


def checksums(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def clip(folder: Path, file: str) -> np.ndarray:
    with wave.open(str(folder / file)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, RATE)
        return np.frombuffer(opened.readframes(opened.getnframes()), "<i2")


def test_the_most_wanted_tracks_are_heard_under_their_keys(workspace: Path, made: Ingested) -> None:
    folder = workspace / "audio" / "synth"
    truth = pl.read_parquet(made.folder / "truth_tracks" / "*.parquet").sort("weight", "key", descending=[True, False])
    key_map = pl.read_csv(folder / "key_map.tsv", separator="\t")
    assert key_map["key"].to_list() == sorted(truth["key"][:CLIPS])
    assert made.tallies[-1].unit == "audio clips" and made.tallies[-1].taken == CLIPS
    assert set(key_map["file"]) | {"key_map.tsv"} == set(checksums(folder))
    for file, key in key_map.rows():
        row = truth.row(by_predicate=pl.col("key") == key, named=True)
        np.testing.assert_array_equal(clip(folder, file), render(_synth_audio.sound_of(row, seed=0), 2))
        assert len(clip(folder, file)) == 2 * RATE


def test_runs_threads_and_sizes_agree(workspace: Path, made: Ingested, tmp_path: Path) -> None:
    expected = checksums(workspace / "audio" / "synth")
    synth.ingest(tmp_path, "other", 40, audio=CLIPS, seconds=2, threads=1)
    assert checksums(tmp_path / "audio" / "other") == expected
    synth.ingest(tmp_path, "other", 40, format=synth.Format.json, audio=5, seconds=2)
    fewer = checksums(tmp_path / "audio" / "other")
    assert len(fewer) == 6 and fewer.items() - expected.items() == {("key_map.tsv", fewer["key_map.tsv"])}


def test_more_clips_than_tracks_are_all_of_them(tmp_path: Path) -> None:
    made = synth.ingest(tmp_path, "synth", 1, audio=10_000, seconds=1)
    assert made.tallies[-1].taken == made.tables["tracks"] < 300


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "audio" / "synth").mkdir(parents=True)
    (tmp_path / "audio" / "synth" / "mine.wav").touch()
    with pytest.raises(UsageError, match="holds other files"):
        synth.ingest(tmp_path, "synth", 3, audio=2)
    assert (tmp_path / "audio" / "synth" / "mine.wav").exists()
    assert not (tmp_path / "catalogue").exists()


def test_a_dump_has_no_audio(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--audio is for"):
        synth.ingest(tmp_path, "synth", format=synth.Format.discogs, audio=2)


taste_values = st.lists(st.floats(-6, 6), min_size=8, max_size=8)


@settings(max_examples=40)
@given(
    taste=taste_values,
    tempo=st.floats(50, 210),
    tonic=st.integers(0, 11),
    minor=st.booleans(),
    register=st.floats(30, 90),
    stream=st.integers(0, 2**62),
    seconds=st.floats(0.5, 1.5),
)
def test_whatever_the_factors_a_clip_is_loud_and_does_not_clip(
    taste, tempo, tonic, minor, register, stream, seconds
) -> None:
    samples = render(Sound(tuple(taste), tempo, tonic, minor, register, stream), seconds)
    assert samples.dtype == np.int16 and len(samples) == round(seconds * RATE)
    assert 0.29 * 32767 < np.abs(samples.astype(int)).max() < 0.91 * 32767
    assert np.abs(samples.astype(int)).mean() > 30


@pytest.mark.parametrize(("tonic", "minor"), [(0, False), (5, False), (9, True), (2, True)])
def test_notes_are_those_of_the_key(tonic: int, minor: bool) -> None:
    quiet_drums = only(4, -9)
    hertz, power = spectrum(render(sound(quiet_drums, tonic=tonic, minor=minor), 12))
    heard = (hertz > 100) & (hertz < 600)
    notes = np.round(69 + 12 * np.log2(hertz[heard] / 440)).astype(int) % 12
    chroma = np.bincount(notes, power[heard], 12) / power[heard].sum()
    scale = [(tonic + step) % 12 for step in (MINOR if minor else MAJOR)]
    assert chroma[scale].sum() > 0.9
    others = [sum(chroma[(shift + step) % 12] for step in MAJOR) for shift in range(12)]
    relative_major = (tonic + 3) % 12 if minor else tonic
    assert max(others) - others[relative_major] < 0.02


@pytest.mark.parametrize("tempo", [80.0, 120.0, 174.0])
def test_drums_keep_the_tempo(tempo: float) -> None:
    loud_drums = (-9.0, -9.0, 0.0, 9.0, 9.0, -9.0, -9.0, -9.0)
    samples = render(sound(loud_drums, tempo=tempo), 15).astype(float)
    high = np.diff(samples)
    energy = np.add.reduceat(high**2, np.arange(0, len(high), 80))
    rise = np.maximum(np.diff(np.log(energy + energy.mean())), 0)
    rise -= rise.mean()
    lags = np.arange(40, 200)
    strength = np.array([(rise[:-lag] * rise[lag:]).mean() for lag in lags])
    beat = 60 / tempo * RATE / 80
    assert any(abs(lags[strength.argmax()] - beat * multiple) < 1.5 for multiple in (1, 2))


def test_register_moves_the_pitch_by_octaves() -> None:
    low, high = (centre(render(sound(only(4, -9), register=note), 6)) for note in (48.0, 72.0))
    assert 2.5 < high / low < 5.5


@pytest.mark.parametrize("index", range(8))
def test_every_number_of_taste_can_be_heard(index: int) -> None:
    """The stream is the same, so melody, loudness and equalisation are."""
    base = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    low, high = (render(sound([*base[:index], value, *base[index + 1 :]]), 3) for value in (-2.0, 2.0))
    spectra = [np.log10(spectrum(each)[1][:24_000].reshape(60, 400).mean(axis=1)) for each in (low, high)]
    envelopes = [np.log10(np.square(each.astype(float)).reshape(-1, 400).mean(axis=1) + 1) for each in (low, high)]
    assert max(np.abs(spectra[0] - spectra[1]).max(), np.abs(envelopes[0] - envelopes[1]).max()) > 0.15


def test_brightness_follows_the_first_number() -> None:
    centres = [centre(render(sound(only(0, value)), 4)) for value in (-3.0, 0.0, 3.0)]
    assert centres[0] < centres[1] < centres[2]


def test_the_period_is_the_sum_of_its_harmonics() -> None:
    tone = timbre(only(1, 50.0))
    coefficients = np.abs(np.fft.rfft(tone.wave))
    slope = 2.4 - 2.0 / 2
    ratios = coefficients[1:25] / coefficients[1]
    np.testing.assert_allclose(ratios, [harmonic**-slope for harmonic in range(1, 25)], atol=1e-4)
    assert coefficients[25:].max() < 1e-3 * coefficients[1] and math.isclose(np.abs(tone.wave).max(), 1)


def test_tracks_of_one_taste_sound_more_alike_than_others() -> None:
    rng = np.random.default_rng(0)
    tastes = [tuple(2 * rng.normal(size=8)) for _ in range(4)]
    described = []
    for number, taste in enumerate(t for t in tastes for _ in range(4)):
        own = sound(taste, tempo=rng.uniform(90, 150), tonic=int(rng.integers(12)), stream=number)
        power = spectrum(render(own, 3))[1][:24_000].reshape(48, 500).mean(axis=1)
        described.append(np.log(power / power.sum()))
    distance = np.linalg.norm(np.array(described)[:, None] - np.array(described)[None], axis=2)
    same = np.kron(np.eye(4), np.ones((4, 4))).astype(bool)
    assert distance[same & ~np.eye(16, dtype=bool)].mean() < 0.7 * distance[~same].mean()
