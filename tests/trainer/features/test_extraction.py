"""`features`: the store holds what the files hold, what it does not hold is told, and nothing depends on the run."""

import hashlib
import json
import math
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cli
from pairmine import checking, store
from pairmine.errors import DamagedError, InputError, MissingError, UsageError
from pairmine.sources import synth
from tests.worlds import write_source
from trainer import registry
from trainer.features import _writer as _feature_writer
from trainer.features import audio
from trainer.features import extraction as stage
from trainer.features.extraction import Extracted, features, log_mels
from trainer.features.store import INDEX, FeatureStore

ROOT = Path(__file__).resolve().parents[3]
CLIPS = ROOT.parent / "shared" / "data" / "audio" / "clips"
SAMPLES = ROOT / "data_samples" / "clips"
RATE = 16_000
FORMATS = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}


def music(seconds: float, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """Return a few tones that come and go."""
    time = np.arange(round(seconds * rate)) / rate
    pitches = np.random.default_rng(seed).uniform(100, 3_000, 4)
    return sum(0.2 * np.sin(2 * math.pi * f * time) * np.cos(time * (1 + i)) for i, f in enumerate(pitches))


def write(path: Path, wave: np.ndarray, rate: int = RATE, subtype: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave, rate, subtype=subtype or FORMATS[path.suffix[1:]])
    return path


def extract(folder: Path, workspace: Path | None = None, **options) -> Extracted:
    return features(workspace or folder.parent / "workspace", folder, **{"front_end": "musicnn", **options})


def checksums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def rejects(made: Extracted) -> dict[str, str]:
    return {row["file"]: row["reason"] for row in pq.read_table(made.folder / "rejects.parquet").to_pylist()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "music"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 12 short clips of several lengths, with some files that are none."""
    folder = tmp_path_factory.mktemp("many") / "music"
    for number in range(12):
        write(folder / str(number % 3) / f"{number}.wav", music(3 + 0.3 * number, seed=number))
    for number in range(3):
        (folder / str(number) / "broken.flac").write_text("no audio")
    return folder


@pytest.fixture(scope="module")
def made(many: Path, tmp_path_factory: pytest.TempPathFactory) -> Extracted:
    """Their features, in shards of about three tracks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_feature_writer, "SHARD_BYTES", 100_000)
        return extract(many, tmp_path_factory.mktemp("made"), name="many")


@pytest.fixture(scope="module")
def opened(made: Extracted) -> FeatureStore:
    return FeatureStore.open(made.folder)


def test_the_store_holds_the_log_mels_of_every_file(folder: Path) -> None:
    for number, suffix in enumerate(FORMATS):
        write(folder / "sub" / f"{number}.{suffix}", music(4, 22_050, seed=number), 22_050)
    made = extract(folder)
    opened = FeatureStore.open(made.folder)
    assert opened.keys.to_pylist() == [f"sub/{number}.{suffix}" for number, suffix in enumerate(FORMATS)]
    assert (made.rejects, made.manifest["tracks"], made.new) == (0, 4, True)
    model = registry.build("frontends", "musicnn")
    for row, key in enumerate(opened.keys.to_pylist()):
        expected = log_mels(model, audio.read(folder / key, RATE)).T
        assert opened.mel(row).shape == expected.shape == (96, opened.frames[row])
        np.testing.assert_array_equal(opened.mel(row), expected.astype(np.float16))


def test_formats_rates_and_channels_agree(folder: Path) -> None:
    wave = music(4)
    write(folder / "a.wav", np.round(32_767 * wave).astype(np.int16))
    write(folder / "b.flac", np.round(32_767 * wave).astype(np.int16))
    write(folder / "c.wav", np.stack([1.5 * wave, 0.5 * wave], axis=1), subtype="FLOAT")
    write(folder / "d.wav", music(4, 44_100), 44_100)
    write(folder / "e.ogg", wave)
    write(folder / "f.mp3", wave)
    opened = FeatureStore.open(extract(folder).folder)
    mels = [opened.mel(row).astype(np.float32)[:, 5:240] for row in range(6)]
    np.testing.assert_array_equal(mels[0], mels[1])
    np.testing.assert_allclose(mels[2], mels[0], atol=0.01)
    loud = mels[0] > 2
    assert loud.sum() > 1_000
    for other in mels[3:]:
        assert np.abs(other - mels[0])[loud].mean() < 0.05


def test_what_cannot_be_used_is_rejected_and_never_in_the_store(folder: Path) -> None:
    good = write(folder / "good.wav", music(5))
    write(folder / "silent.wav", np.zeros(5 * RATE))
    write(folder / "faint.wav", music(5) * 0.0009 / np.abs(music(5)).max(), subtype="FLOAT")
    write(folder / "quiet.wav", music(5) * 0.0011 / np.abs(music(5)).max(), subtype="FLOAT")
    write(folder / "short.wav", music(2.9))
    broken = music(5)
    broken[777] = np.nan
    write(folder / "nan.wav", broken, subtype="DOUBLE")
    write(folder / "loud.wav", music(5) * 1e30, subtype="FLOAT")
    write(folder / "slow.wav", music(5), 100)
    write(folder / "none.wav", np.zeros((0, 1)))
    (folder / "empty.mp3").touch()
    (folder / "text.ogg").write_text("this is no music\n" * 50)
    (folder / "half.wav").write_bytes(good.read_bytes()[:9_000])
    (folder / "cover.jpg").write_bytes(b"\xff\xd8")
    made = extract(folder)
    reasons = rejects(made)
    assert FeatureStore.open(made.folder).keys.to_pylist() == ["good.wav", "quiet.wav"]
    assert {file: reason.split(":")[0] for file, reason in reasons.items()} == {
        "silent.wav": "silent",
        "faint.wav": "silent",
        "short.wav": "too short",
        "nan.wav": "not finite",
        "loud.wav": "its features are not finite in half precision",
        "slow.wav": "sample rate of 100 Hz",
        "none.wav": "too short",
        "half.wav": "too short",
        "empty.mp3": "cannot be decoded",
        "text.ogg": "cannot be decoded",
    }
    [position] = pq.read_table(made.folder / "rejects.parquet", filters=[("file", "=", "nan.wav")])["position"]
    assert position.as_py() == 777
    assert not any(str(folder) in reason for reason in reasons.values())
    told = made.manifest
    assert told["tracks"] + told["rejects"] + sum(told["skipped"].values()) == 13
    assert told["skipped"] == {"no audio (.jpg)": 1}


def test_nothing_usable_leaves_no_store(folder: Path) -> None:
    write(folder / "silent.wav", np.zeros(5 * RATE))
    with pytest.raises(InputError, match=r"1 rejected; silent\.wav: silent"):
        extract(folder)
    assert list((folder.parent / "workspace" / "features").iterdir()) == []
    with pytest.raises(InputError, match="no such folder"):
        extract(folder / "nowhere")


def test_seconds_takes_the_middle(folder: Path) -> None:
    wave = np.concatenate([np.zeros(4 * RATE), music(4), np.zeros(4 * RATE)])
    write(folder / "a.wav", wave)
    opened = FeatureStore.open(extract(folder, seconds=4).folder)
    expected = log_mels(registry.build("frontends", "musicnn"), audio.read(folder / "a.wav", RATE, 4))
    np.testing.assert_array_equal(opened.mel(0), expected.T.astype(np.float16))
    np.testing.assert_allclose(audio.read(folder / "a.wav", RATE, 4), music(4), atol=1e-4)
    with pytest.raises(UsageError, match="nothing would be left"):
        extract(folder, seconds=2)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads_and_place_do_not_change_a_byte(
    many: Path, made: Extracted, threads: int, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(_feature_writer, "SHARD_BYTES", 100_000)
    shutil.copytree(many, tmp_path / "elsewhere")
    again = extract(tmp_path / "elsewhere", name="x", threads=threads)
    assert checksums(again.folder) == checksums(made.folder)
    assert made.manifest["shards"] > 3 and made.rejects == 3


@pytest.mark.parametrize("stop", [1, 4, 9, 14])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(
    stop: int, many: Path, made: Extracted, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(_feature_writer, "SHARD_BYTES", 100_000)
    read, seen = stage.read_item, []

    def interrupted(model, waveforms, seconds, shortest, item):
        seen.append(item.key)
        if len(seen) == stop:
            raise KeyboardInterrupt
        return read(model, waveforms, seconds, shortest, item)

    monkeypatch.setattr(stage, "read_item", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract(many, tmp_path, name="x", threads=1)
    assert not (tmp_path / "features" / "x").exists()
    partial = tmp_path / "features" / "x.partial"
    finished = sum(json.loads(path.read_bytes())["inputs"] for path in partial.glob("shard-*.json"))
    (partial / "shard-00099.npy.tmp").write_bytes(b"scrap")
    seen.clear()
    monkeypatch.setattr(stage, "read_item", lambda *given: seen.append(given[4].key) or read(*given))
    again = extract(many, tmp_path, name="x", threads=2)
    assert checksums(again.folder) == checksums(made.folder)
    assert len(seen) == 15 - finished and finished < stop and (finished > 0 or stop < 9)
    assert not partial.exists()


def test_another_request_does_not_go_on_with_what_is_there(many: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_feature_writer, "SHARD_BYTES", 100_000)
    partial = tmp_path / "features" / "x.partial"
    partial.mkdir(parents=True)
    (partial / "request.json").write_text("{}")
    (partial / "shard-00000.npy.json").write_text('{"inputs": 15, "keys": [], "frames": [], "rejects": [], "file": {}}')
    assert extract(many, tmp_path, name="x").manifest["tracks"] == 12


def test_what_is_there_is_not_made_again(many: Path, made: Extracted) -> None:
    workspace = made.folder.parents[1]
    assert not extract(many, workspace, name="many").new
    with pytest.raises(UsageError, match=r"differs in front_end: .*--force"):
        extract(many, workspace, name="many", front_end="vggish")
    with pytest.raises(UsageError, match="did you mean 'musicnn'"):
        extract(many, workspace, front_end="musicn")
    (workspace / "features" / "mine").mkdir()
    with pytest.raises(UsageError, match="is no feature store"):
        extract(many, workspace, name="mine", force=True)


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "..", "/x", "x.partial"])
def test_a_name_stays_in_its_folder(many: Path, name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name features"):
        extract(many, tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


def test_force_replaces(folder: Path) -> None:
    write(folder / "a.wav", music(4))
    extract(folder, name="x")
    assert extract(folder, name="x", front_end="vggish", force=True).manifest["front_end"]["bands"] == 64


def test_a_source_a_key_map_and_repeats(folder: Path) -> None:
    workspace = folder.parent / "workspace"
    write_source(workspace, "toy", [[0, 1, 2]])
    keys = pq.read_table(workspace / "catalogue" / "toy" / "tracks")["key"].to_pylist()
    for name in ("a", "b", "c", "d"):
        write(folder / f"{name}.wav", music(3.5))
    table = folder.parent / "map.tsv"
    table.write_text(f"key\tfile\n{keys[1]}\tb.wav\n{keys[0]}\tc.wav\n{keys[1]}\ta.wav\nelsewhere\td.wav\n")
    made = extract(folder, workspace, source="toy", key_map=table)
    assert FeatureStore.open(made.folder).keys.to_pylist() == [keys[0], keys[1]]
    assert made.manifest["skipped"] == {"no track of the source": 1, "another file of the same key": 1}
    fingerprint = store.read_manifest(workspace / "catalogue" / "toy")["fingerprint"]
    assert made.manifest["source"] == {"name": "toy", "fingerprint": fingerprint}
    assert made.folder.name == "toy-musicnn"
    with pytest.raises(InputError, match="pass --key-map"):
        extract(folder, workspace, source="toy")
    with pytest.raises(MissingError, match="pairmine ingest"):
        extract(folder, workspace, source="toi")
    table.write_text("file\tid\nx\ty\n")
    with pytest.raises(InputError, match="columns file and key"):
        extract(folder, workspace, key_map=table)


def test_audio_made_for_a_source_is_found_with_its_keys(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="features DIR"):
        features(tmp_path, front_end="musicnn")
    synth.ingest(tmp_path, "world", 20)
    with pytest.raises(MissingError, match=r"audio/world is not there"):
        features(tmp_path, front_end="musicnn", source="world")
    synth.ingest(tmp_path, "world", 20, audio=3, seconds=3.5)
    made = features(tmp_path, front_end="vggish", source="world")
    tracks = pq.read_table(tmp_path / "catalogue" / "world" / "tracks")["key"].to_pylist()
    keys = FeatureStore.open(made.folder).keys.to_pylist()
    assert len(keys) == 3 and set(keys) <= set(tracks) and made.folder.name == "world-vggish"


def test_arrays_of_melon_enter_as_they_are(folder: Path) -> None:
    rng = np.random.default_rng(0)
    shipped = {key: rng.normal(-40, 20, (48, 200 + 10 * key)).astype(np.float32) for key in (3, 20, 100)}
    for key, mel in shipped.items():
        (folder / f"{key % 2}").mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{key % 2}" / f"{key}.npy", mel)
    np.save(folder / "4.npy", np.zeros((48, 300), np.float32))
    np.save(folder / "5.npy", np.full((48, 300), np.inf, np.float32) * rng.normal(size=(48, 300)))
    np.save(folder / "6.npy", rng.normal(size=(96, 300)))
    np.save(folder / "7.npy", rng.normal(size=(48, 100)))
    np.save(folder / "8.npy", np.array([{"evil": 1}]), allow_pickle=True)
    (folder / "9.npy").write_bytes(b"\x93NUMPY")
    made = extract(folder, front_end="melon")
    opened = FeatureStore.open(made.folder)
    assert opened.keys.to_pylist() == ["100", "20", "3"]
    for key, mel in shipped.items():
        np.testing.assert_array_equal(opened.mel(opened.row(str(key))), mel.astype(np.float16))
    assert [rejects(made)[f"{n}.npy"].split(":")[0] for n in range(4, 10)] == [
        "silent",
        "its features are not finite in half precision",
        "float64 of shape (96, 300)",
        "too short",
        "no array of numbers in the .npy format",
        "no array of numbers in the .npy format",
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_patches_are_slices(opened: FeatureStore, data: st.DataObject) -> None:
    frames = data.draw(st.integers(1, 188))
    rows = data.draw(st.lists(st.integers(0, len(opened) - 1), max_size=20))
    offsets = [data.draw(st.integers(0, int(opened.frames[row]) - frames)) for row in rows]
    given_memory = np.full((len(rows), frames, 96), np.nan, np.float16) if data.draw(st.booleans()) else None
    patches = opened.patches(rows, offsets, frames, given_memory)
    assert patches.shape == (len(rows), 96, frames) and patches.dtype == np.float16
    for patch, row, offset in zip(patches, rows, offsets, strict=True):
        np.testing.assert_array_equal(patch, opened.mel(row)[:, offset : offset + frames])
    assert given_memory is None or np.shares_memory(patches, given_memory) or not rows


@pytest.mark.parametrize(
    ("row", "offset", "frames"), [(0, -1, 10), (0, 180, 10), (1, 0, 100_000), (12, 0, 10), (-1, 0, 10)]
)
def test_a_patch_beyond_a_track_is_refused(opened: FeatureStore, row: int, offset: int, frames: int) -> None:
    with pytest.raises(UsageError, match="12 tracks" if not 0 <= row < 12 else r"0/[03]\.wav has (188|244) frames"):
        opened.patches([1, row], [0, offset], frames)


def test_memory_of_another_form_is_refused(opened: FeatureStore) -> None:
    for out in (np.empty((1, 96, 10), np.float16), np.empty((1, 10, 96), np.float32)):
        with pytest.raises(UsageError, match=r"\(1, 10, 96\) is wanted"):
            opened.patches([0], [0], 10, out)


def test_threads_may_share_a_store(opened: FeatureStore) -> None:
    rows = np.arange(200) % len(opened)
    expected = opened.patches(rows, np.zeros(200), 100)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: opened.patches(rows, np.zeros(200), 100), range(40)):
            np.testing.assert_array_equal(found, expected)


def test_keys_lead_to_rows(opened: FeatureStore) -> None:
    keys = opened.keys.to_pylist()
    assert keys == sorted(keys, key=str.encode)
    assert opened.rows([keys[3], "nowhere", keys[0]]).tolist() == [3, -1, 0]
    assert opened.rows(pa.chunked_array([[keys[5]], ["", keys[1]]])).tolist() == [5, -1, 1]
    assert [opened.row(key) for key in keys] == list(range(12))
    with pytest.raises(KeyError):
        opened.row("nowhere")


def test_moments_are_those_of_all_values(opened: FeatureStore) -> None:
    values = np.concatenate([opened.mel(row).ravel() for row in (1, 5, 7)]).astype(np.float64)
    assert opened.moments([1, 5, 7]) == pytest.approx((values.mean(), values.std()), rel=1e-12)


def test_a_worker_opens_the_store_itself(opened: FeatureStore) -> None:
    sent = pickle.dumps(opened)
    assert len(sent) < 1_000
    np.testing.assert_array_equal(pickle.loads(sent).mel(4), opened.mel(4))


def test_no_zeros_and_no_gaps_in_the_store(opened: FeatureStore) -> None:
    shards = [np.load(path) for path in sorted(opened.folder.glob("shard-*.npy"))]
    assert sum(map(len, shards)) == opened.frames.sum() == opened.manifest["frames"]
    assert all(shard.any(axis=1).all() for shard in shards)


def damaged(made: Extracted, to: Path) -> Path:
    shutil.copytree(made.folder, to)
    return to


def test_damage_is_found_when_a_store_is_opened(made: Extracted, tmp_path: Path) -> None:
    cut = damaged(made, tmp_path / "cut")
    with (cut / "shard-00001.npy").open("r+b") as file:
        file.truncate(5_000)
    gone = damaged(made, tmp_path / "gone")
    (gone / INDEX).unlink()
    other = damaged(made, tmp_path / "other")
    (other / "manifest.json").write_text("{}")
    for folder, message in ((cut, "shard-00001.npy is missing or has another"), (gone, INDEX), (other, "damaged")):
        with pytest.raises(DamagedError, match=message):
            FeatureStore.open(folder)
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingError, match="pairmine features"):
            FeatureStore.open(folder)


def test_check_finds_a_single_flipped_bit(made: Extracted, tmp_path: Path) -> None:
    folder = damaged(made, tmp_path / "features" / "x")
    assert str(checking.check(tmp_path)).endswith("x: sound (2 checks)")
    with (folder / "shard-00002.npy").open("r+b") as file:
        file.seek(30_000)
        byte = file.read(1)[0]
        file.seek(30_000)
        file.write(bytes([byte ^ 16]))
    with pytest.raises(DamagedError, match=r"shard-00002\.npy differs from its checksum"):
        checking.check(tmp_path).raise_problems()


@pytest.mark.parametrize(
    ("column", "value"), [("first_frame", 10**6), ("first_frame", -1), ("shard", 99), ("shard", -1)]
)
def test_an_index_that_points_outside_the_shards_is_found(made, tmp_path, column: str, value: int) -> None:
    folder = damaged(made, tmp_path / "x")
    manifest = store.read_manifest(folder)
    index = pq.read_table(folder / INDEX)
    values = index.column(column).to_pylist()
    values[3] = value
    place = index.schema.get_field_index(column)
    entry = store.write_parquet(
        folder, INDEX, index.set_column(place, index.field(place), pa.array(values, index.field(place).type))
    )
    files = [entry if each["path"] == INDEX else store.FileEntry(**each) for each in manifest["files"]]
    store.write_manifest(folder, {k: v for k, v in manifest.items() if k not in ("files", "digest")}, files)
    with pytest.raises(DamagedError, match="points outside the shards"):
        FeatureStore.open(folder)


def test_the_command_exits_3_with_rejects_and_writes_the_store(many: Path, tmp_path: Path) -> None:
    words = ["features", str(many), "--front-end", "musicnn", "--name", "x", "-w", str(tmp_path)]
    done = CliRunner().invoke(cli.app, words)
    assert isinstance(done.exception, InputError) and "3 files cannot be used" in str(done.exception)
    assert len(FeatureStore.open(tmp_path / "features" / "x")) == 12
    done = CliRunner().invoke(cli.app, [*words, "--allow-rejects", "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["new"] is False


def test_the_sample_clips_are_long_enough_for_every_front_end(tmp_path: Path) -> None:
    for front_end, frames in (("musicnn", 188), ("playlists", 256), ("vggish", 300)):
        made = extract(SAMPLES, tmp_path, front_end=front_end)
        opened = FeatureStore.open(made.folder)
        assert len(opened) == 4 and made.rejects == 0 and opened.frames.min() >= frames
        assert all(key.startswith("spotify:track:") for key in opened.keys.to_pylist())


def test_real_clips_are_all_read(tmp_path: Path) -> None:
    if not CLIPS.is_dir():
        pytest.skip("the clips are not beside the repository (../shared/data/audio)")
    (tmp_path / "some").mkdir()
    for clip in sorted(CLIPS.iterdir())[:6]:
        shutil.copy(clip, tmp_path / "some")
    opened = FeatureStore.open(extract(tmp_path / "some", front_end="playlists").folder)
    assert len(opened) == 6 and (opened.frames > 2_000).all()
    assert all(0.3 < opened.mel(row).astype(np.float32).mean() < 4 for row in range(6))
