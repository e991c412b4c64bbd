"""`ingest synth`: the same world as a catalogue and as MPD JSON, reproducible, and as the MPD is."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.catalogue import Ingested
from pairmine.errors import UsageError
from pairmine.sources import (
    _synth_json,
    _synth_playlists,
    _synth_tables,
    _synth_text,
    _synth_world,
    mpd,
    synth,
)

MPD_TABLES = (
    "tracks", "artists", "releases", "playlists", "playlist_tracks", "track_artists", "track_releases",
    "rejects",
)  # fmt: skip
PLAYLIST_FIELDS = """
name collaborative pid modified_at num_tracks num_albums num_followers tracks num_edits duration_ms
num_artists
"""
TRACK_FIELDS = "pos artist_name track_uri artist_uri track_name album_uri duration_ms album_name"
SIZE = 1_234  # two slices, the second one short, and pids of one to four digits


@pytest.fixture(scope="module")
def world() -> _synth_world.World:
    return _synth_world.build(0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """A catalogue of SIZE playlists."""
    return synth.ingest(tmp_path_factory.mktemp("catalogue"), "synth", SIZE)


@pytest.fixture(scope="module")
def slices(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """The same as JSON."""
    return synth.ingest(tmp_path_factory.mktemp("json"), "synth", SIZE, format=synth.Format.json)


def table(ingested: Ingested, name: str) -> pl.DataFrame:
    return pl.read_parquet(ingested.folder / name / "*.parquet")


def checksums(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def parsed(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("mpd.slice.*.json"), key=lambda path: int(path.name.split(".")[2].split("-")[0]))
    return [playlist for path in paths for playlist in json.loads(path.read_bytes())["playlists"]]


def test_the_json_ingested_is_the_catalogue_written_straight(made: Ingested, slices: Ingested, tmp_path: Path) -> None:
    read = mpd.ingest(tmp_path, "mpd", [slices.folder])
    for name in MPD_TABLES:
        assert table(read, name).equals(table(made, name)), name
    assert read.conflicts == {} or not any(read.conflicts.values())
    for name in ("truth_tracks", "truth_playlists"):
        assert pl.read_parquet(slices.folder / f"{name}.parquet").equals(table(made, name)), name


def test_slices_have_the_layout_of_the_original(slices: Ingested) -> None:
    names = sorted(path.name for path in slices.folder.glob("*.json"))
    assert names == ["mpd.slice.0-999.json", "mpd.slice.1000-1999.json"]
    for name in names:
        text = (slices.folder / name).read_bytes().decode("ascii")
        content = json.loads(text)
        assert json.dumps(content, indent=4, separators=(", ", ": ")) == text
        assert list(content) == ["info", "playlists"]
        assert content["info"]["slice"] == name.removeprefix("mpd.slice.").removesuffix(".json")
        for playlist in content["playlists"]:
            fields = PLAYLIST_FIELDS.split()
            assert list(playlist) in (fields, [*fields, "description"])
            assert list(playlist["tracks"][0]) == TRACK_FIELDS.split()


def test_what_playlists_say_of_themselves_is_true(slices: Ingested) -> None:
    playlists = parsed(slices.folder)
    assert [playlist["pid"] for playlist in playlists] == list(range(SIZE))
    for playlist in playlists:
        tracks = playlist["tracks"]
        assert [track["pos"] for track in tracks] == list(range(playlist["num_tracks"]))
        assert len({track["artist_uri"] for track in tracks}) == playlist["num_artists"] >= 3
        assert len({track["album_uri"] for track in tracks}) == playlist["num_albums"] >= 2
        assert sum(track["duration_ms"] for track in tracks) == playlist["duration_ms"]
        assert 5 <= len(tracks) <= 250
        assert playlist["collaborative"] in ("true", "false")
        assert playlist["modified_at"] % 86_400 == 0


def test_names_have_the_oddities_of_real_ones(slices: Ingested) -> None:
    tracks = [track for playlist in parsed(slices.folder) for track in playlist["tracks"]]
    names = {track["track_name"] for track in tracks} | {track["artist_name"] for track in tracks}
    for oddity in ("(feat. ", " - Remastered ", " - Live", '"', "\\"):
        assert any(oddity in name for name in names), oddity
    assert any(name != name.strip() for name in names)
    assert any(not name.isascii() for name in names)


@pytest.mark.parametrize("output", [synth.Format.catalogue, synth.Format.json])
def test_threads_do_not_change_a_byte(output: synth.Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_synth_tables, "CHUNK", 300)  # several chunks, so that threads have something to share
    monkeypatch.setattr(_synth_json, "SLICE", 300) if output is synth.Format.json else None
    folders = [
        synth.ingest(tmp_path / str(threads), "synth", 1_000, format=output, threads=threads).folder
        for threads in (1, 2, 5)
    ]
    first, *others = map(checksums, folders)
    assert len(first) > 4
    assert all(other == first for other in others)


def test_another_seed_is_another_world(made: Ingested, tmp_path: Path) -> None:
    other = synth.ingest(tmp_path, "synth", 50, seed=1)
    assert not set(table(other, "tracks")["key"]) & set(table(made, "tracks")["key"])


@settings(max_examples=30)
@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=60, unique=True))
def test_a_playlist_depends_on_nothing_but_its_pid(world: _synth_world.World, pids: list[int]) -> None:
    together = _synth_playlists.draw(world, np.array(pids))
    for place, pid in enumerate(pids[:5]):
        alone = _synth_playlists.draw(world, np.array([pid]))
        begin, end = together.offsets[place : place + 2]
        assert np.array_equal(together.entries[begin:end], alone.entries)
        assert together.edits[place] == alone.edits[0]
        assert together.modified_at[place] == alone.modified_at[0]


@given(st.integers(1, 30_000))
def test_pids_stand_in_the_byte_order_of_their_digits(count: int) -> None:
    assert _synth_tables.pids_by_key(count).tolist() == sorted(range(count), key=str)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, unique=True), st.integers(0, 5))
def test_keys_are_distinct_and_ordered_by_their_first_number(numbers: list[int], seed: int) -> None:
    first, second = _synth_tables.key_numbers(seed, "track", np.array(numbers))
    keys = _synth_text.keys("track", first, second).to_pylist()
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 36 and key[14:].isalnum() for key in keys)
    by_key = sorted(range(len(keys)), key=lambda i: keys[i].encode())
    assert np.argsort(first).tolist() == by_key


def test_pools_share_out_every_track_s_weight(world: _synth_world.World) -> None:
    tracks = world.tracks
    parts = np.diff(tracks.by_style)
    parts[tracks.genre_tracks] += np.diff(tracks.by_genre)
    parts[tracks.all_tracks] += np.diff(tracks.by_all)
    assert np.array_equal(parts, world.weight)
    assert np.array_equal(np.diff(tracks.total), world.weight)
    assert world.weight.min() > 0


def test_albums_and_artists_are_runs_of_tracks(world: _synth_world.World) -> None:
    tracks = world.tracks
    assert np.unique(np.diff(tracks.album_of)).tolist() == [0, 1]
    assert np.unique(np.diff(tracks.artist_of)).tolist() == [0, 1]
    pairs = np.unique(np.stack([tracks.album_of, tracks.artist_of]), axis=1)
    assert np.bincount(pairs[0]).max() == 2  # so that three artists are never on one album


def test_playlists_follow_their_tastes(made: Ingested) -> None:
    """Most tracks of a playlist are of its styles' genres, and far more of its style than chance."""
    of_track = table(made, "truth_tracks").select("track_id", track_genre="genre", track_style="style")
    entries = table(made, "playlist_tracks").join(of_track, on="track_id")
    entries = entries.join(table(made, "truth_playlists"), on="playlist_id").filter(pl.col("second_share") == 0)
    assert (entries["track_genre"] == entries["genre"]).mean() > 0.9
    assert (entries["track_style"] == entries["style"]).mean() > 0.4
    chance = (entries["track_style"].sample(fraction=1, shuffle=True, seed=1) == entries["style"]).mean()
    assert chance < 0.05


def test_a_small_world_has_the_published_proportions(made: Ingested) -> None:
    """The bands are wide: 1,234 playlists only; bench/synth_marginals.py compares a million."""
    playlists, entries = table(made, "playlists"), table(made, "playlist_tracks")
    assert playlists["num_tracks"].mean() == pytest.approx(66.3, rel=0.1)
    assert (playlists["num_followers"] == 1).mean() == pytest.approx(0.754, abs=0.05)
    assert playlists["num_edits"].median() == pytest.approx(10, abs=2)
    assert playlists["description"].is_not_null().mean() == pytest.approx(0.0188, abs=0.013)
    assert playlists["modified_at"].dt.year().is_between(2010, 2017).all()
    assert (playlists["modified_at"].dt.year() == 2017).mean() == pytest.approx(0.57, abs=0.06)
    repeated = entries.group_by("playlist_id").agg(pl.col("track_id").n_unique() < pl.len())
    assert repeated["track_id"].mean() == pytest.approx(181 / 700, abs=0.08)
    # 700 real playlists hold 25,093 distinct tracks in 43,146 entries, 58 %; 4,769 hold 33 %
    assert entries["track_id"].n_unique() / entries.height == pytest.approx(0.53, abs=0.06)


@pytest.mark.parametrize("options", [{"playlists": 0}, {"playlists": 2**31}, {"playlists": 5, "out": Path("x")}])
def test_what_cannot_be_made_is_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        synth.ingest(tmp_path, "synth", **options)


def test_smallest_world(tmp_path: Path) -> None:
    one = synth.ingest(tmp_path, "synth", 1)
    assert one.tables["playlists"] == 1
    assert one.tables["playlist_tracks"] == table(one, "playlists")["num_tracks"].item()
