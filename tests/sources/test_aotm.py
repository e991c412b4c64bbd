"""`ingest aotm`: against a slow oracle, and on lists that are not as they should be."""

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpd_checks import fingerprint, table
from playlist_oracle import Entry, Oracle, Playlist, check, check_against

from pairmine.errors import InputError, UsageError
from pairmine.sources import aotm

names = st.sampled_from(["Queen", "Ünïcode", "a / b", "x"])
songs = st.tuples(st.tuples(names, names), st.none() | st.sampled_from(["SOAAA", "SOAAB", "SOZ"]))
mixes = st.fixed_dictionaries(
    {
        "mix_id": st.integers(0, 4),
        "category": st.sampled_from(["Rock", "Theme - Break Up", ""]),
        "timestamp": st.sampled_from(["2005-11-30T00:00:00", "2010-01-01T12:30:00"]),
        "user": st.just({"name": "somebody"}),
        "playlist": st.lists(songs, max_size=5),
        "filtered_lists": st.just([["SOAAA"]]),
    }
)


def as_playlist(mix: dict[str, Any]) -> Playlist:
    entries = []
    for (artist, title), song in mix["playlist"]:
        entries.append(Entry(None, song or f"name:{artist} / {title}", title, artist))
    tags = [mix["category"]] if mix["category"] else []
    return Playlist(str(mix["mix_id"]), entries, None, None, datetime.fromisoformat(mix["timestamp"]), tags)


def write(path: Path, mixes: list[Any]) -> Path:
    data = json.dumps(mixes, indent=1).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@given(st.lists(mixes, min_size=1, max_size=8))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_those_of_the_oracle(tmp_path: Path, made: list[dict[str, Any]]) -> None:
    ingested = aotm.ingest(tmp_path, "aotm", write(tmp_path / "aotm.json.gz", made))
    check_against(Oracle([as_playlist(mix) for mix in made]), ingested)


def test_the_order_of_mixes_does_not_matter(tmp_path: Path) -> None:
    made = [
        {"mix_id": number % 7, "category": "Rock", "playlist": [[["A", f"T{number % 9}"], None], [["B", "T"], "SO1"]]}
        for number in range(20)
    ]
    prints = [
        fingerprint(aotm.ingest(tmp_path / f"{n}", "aotm", write(tmp_path / "a.json", order)).folder)
        for n, order in enumerate((made, made[::-1]))
    ]
    assert prints[0] == prints[1]


@pytest.mark.parametrize(
    ("mix", "unit", "reason"),
    [
        ({"playlist": []}, "playlists", "mix_id"),
        ({"mix_id": True, "playlist": []}, "playlists", "mix_id"),
        ({"mix_id": 1, "playlist": "x"}, "playlists", "playlist: expected a list"),
        (5, "playlists", "expected an object"),
        ({"mix_id": 1, "playlist": [[["a", None], None]]}, "entries", "mix 1, song 0"),
        ({"mix_id": 1, "playlist": [[["a"], "SO"]]}, "entries", "mix 1, song 0"),
        ({"mix_id": 1, "playlist": [["a", "b"]]}, "entries", "mix 1, song 0"),
        ({"mix_id": 1, "timestamp": "yesterday", "playlist": []}, "malformed fields", "timestamp"),
        ({"mix_id": 1, "category": ["Rock"], "playlist": []}, "malformed fields", "category"),
    ],
)
def test_what_is_malformed_is_told_and_the_rest_is_taken(mix: Any, unit: str, reason: str, tmp_path: Path) -> None:
    sound = {"mix_id": 9, "playlist": [[["a", "b"], None]]}
    ingested = aotm.ingest(tmp_path, "aotm", write(tmp_path / "a.json", [mix, sound]))
    check(ingested)
    assert {tally.unit: tally.rejected for tally in ingested.tallies if tally.rejected} == {unit: 1}
    assert table(ingested, "rejects")["reason"][0].startswith(reason)
    assert "9" in table(ingested, "playlists")["key"].to_list()


@pytest.mark.parametrize("tail", ["", ", {]", "] x", ', {"mix_id": 3, "playlist": ['])
def test_all_before_a_fault_of_the_list_is_taken(tail: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [{"mix_id": n, "playlist": [[["a", "b"], None]]} for n in range(3)])
    path.write_text(path.read_text().rstrip().removesuffix("]") + tail)
    ingested = aotm.ingest(tmp_path, "aotm", path)
    check(ingested)
    assert ingested.tables["playlists"] == 3 and ingested.rejects == 1


def test_files_without_playlists_are_refused(tmp_path: Path) -> None:
    for text in ("", "{}", "[", "[]", "nonsense"):
        path = tmp_path / "a.json"
        path.write_text(text)
        with pytest.raises(InputError, match="nothing could be read"):
            aotm.ingest(tmp_path, "aotm", path)
    with pytest.raises(UsageError, match="is a folder"):
        aotm.ingest(tmp_path, "aotm", tmp_path)
