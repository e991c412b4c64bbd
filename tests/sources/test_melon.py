"""`ingest melon`: against a slow oracle, and on files that are not as they should be."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpd_checks import fingerprint, table
from playlist_oracle import Entry, Oracle, Playlist, Song, check, check_against

from pairmine.errors import InputError
from pairmine.sources import melon

GENRES = {"GN0100": "발라드", "GN0101": "세부장르전체", "GN0900": "POP"}
PACKINGS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
codes = st.lists(st.sampled_from([*GENRES, "GN9999"]), max_size=3)
artists = st.lists(st.sampled_from([(1, "아이유"), (2, "Various Artists"), (3, "B")]), max_size=2, unique=True)


def song(number: int, by: list[tuple[int, str]], genres: list[str], styles: list[str], year: str) -> dict[str, Any]:
    return {
        "song_gn_dtl_gnr_basket": styles,
        "issue_date": f"{year}0512",
        "album_name": f"앨범 {number // 2}",
        "album_id": number // 2,
        "artist_id_basket": [key for key, _ in by],
        "song_name": f"곡 {number}",
        "song_gn_gnr_basket": genres,
        "artist_name_basket": [name for _, name in by],
        "id": number,
    }


songs = st.lists(st.tuples(artists, codes, codes, st.sampled_from(["2014", "0000"])), max_size=6).map(
    lambda made: [song(number, *each) for number, each in enumerate(made)]
)
playlists = st.fixed_dictionaries(
    {
        "tags": st.lists(st.sampled_from(["락", "여행", "a, b"]), max_size=2, unique=True),
        "id": st.integers(0, 5),
        "plylst_title": st.sampled_from(["여행같은 음악", ""]),
        "songs": st.lists(st.integers(0, 8), max_size=6),
        "like_cnt": st.integers(0, 9),
        "updt_date": st.sampled_from(["2013-12-19 18:36:19.000", "2014-12-02 16:19:42.500"]),
    }
)


def write(folder: Path, files: dict[str, Any], packing: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for stem, content in files.items():
        (folder / f"{stem}.json{packing}").write_bytes(PACKINGS[packing](json.dumps(content).encode()))
    return folder


def as_playlist(made: dict[str, Any]) -> Playlist:
    entries = [Entry(None, str(number)) for number in made["songs"]]
    time = datetime.fromisoformat(made["updt_date"])
    return Playlist(str(made["id"]), entries, made["plylst_title"] or None, made["like_cnt"], time, made["tags"])


def as_song(made: dict[str, Any]) -> Song:
    by = zip(made["artist_id_basket"], made["artist_name_basket"], strict=True)
    tags = {("genre", GENRES.get(code, code)) for code in made["song_gn_gnr_basket"]}
    tags |= {("style", GENRES.get(code, code)) for code in made["song_gn_dtl_gnr_basket"]}
    year = int(made["issue_date"][:4]) or None
    return Song(made["song_name"], [(str(k), n) for k, n in by], str(made["album_id"]), made["album_name"], year, tags)


@given(
    st.lists(playlists, min_size=1, max_size=6), st.lists(playlists, max_size=3), songs, st.sampled_from([*PACKINGS])
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_those_of_the_oracle(
    tmp_path: Path, train: list[dict[str, Any]], val: list[dict[str, Any]], made: list[dict[str, Any]], packing: str
) -> None:
    files = {"train": train, "val": val, "song_meta": made, "genre_gn_all": GENRES}
    ingested = melon.ingest(tmp_path, "melon", write(tmp_path / "in", files, packing))
    oracle = Oracle([as_playlist(each) for each in train + val], {str(each["id"]): as_song(each) for each in made})
    check_against(oracle, ingested)


def test_the_order_of_songs_and_playlists_does_not_matter(tmp_path: Path) -> None:
    made = [song(number, [(number % 3, "A")], ["GN0100"], [], "2014") for number in range(9)]
    made.append(made[3] | {"song_name": "another name"})
    lists = [{"id": number % 5, "songs": [number, number + 1], "tags": ["a"]} for number in range(8)]
    prints = []
    for step in (1, -1):
        files = {"train": lists[::step], "song_meta": made[::step], "genre_gn_all": GENRES}
        ingested = melon.ingest(tmp_path / f"{step}", "melon", write(tmp_path / "in", files))
        check(ingested)
        assert ingested.conflicts["tracks"] == 1
        prints.append(fingerprint(ingested.folder))
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("stem", "record", "unit"),
    [
        ("train", {"songs": [1]}, "playlists"),
        ("train", {"id": 1, "songs": {"1": 2}}, "playlists"),
        ("train", {"id": 1, "songs": [None]}, "entries"),
        ("train", {"id": 1, "songs": [1.5]}, "entries"),
        ("train", {"id": 1, "songs": [], "like_cnt": -1}, "malformed fields"),
        ("train", {"id": 1, "songs": [], "like_cnt": 2**40}, "malformed fields"),
        ("train", {"id": 1, "songs": [], "updt_date": "x"}, "malformed fields"),
        ("train", {"id": 1, "songs": [], "tags": [1, "a"]}, "malformed fields"),
        ("song_meta", {"song_name": "x"}, "songs"),
        ("song_meta", [], "songs"),
        ("song_meta", {"id": 1, "artist_id_basket": [1], "artist_name_basket": []}, "malformed fields"),
        ("song_meta", {"id": 1, "song_name": 5}, "malformed fields"),
    ],
)
def test_what_is_malformed_is_told_and_the_rest_is_taken(stem: str, record: Any, unit: str, tmp_path: Path) -> None:
    files: dict[str, Any] = {"train": [{"id": 9, "songs": [1]}], "song_meta": []}
    files[stem] = [record, *files[stem]]
    ingested = melon.ingest(tmp_path, "melon", write(tmp_path / "in", files))
    check(ingested)
    assert {tally.unit: tally.rejected for tally in ingested.tallies if tally.rejected} == {unit: 1}
    assert table(ingested, "rejects")["file"].to_list() == [f"{stem}.json"]


def test_names_of_genres_that_cannot_be_read_stay_codes(tmp_path: Path) -> None:
    files = {"train": [{"id": 9, "songs": [0]}], "song_meta": [song(0, [], ["GN0100"], [], "2014")]}
    folder = write(tmp_path / "in", files)
    (folder / "genre_gn_all.json").write_text("{")
    ingested = melon.ingest(tmp_path, "melon", folder)
    check(ingested)
    assert table(ingested, "track_tags").rows() == [(0, "genre", "GN0100")]
    assert [tally.rejected for tally in ingested.tallies if tally.unit == "files"] == [1]


def test_a_folder_without_playlists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no train\.json"):
        melon.ingest(tmp_path, "melon", tmp_path)
