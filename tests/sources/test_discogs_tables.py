import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.catalogue import Tally, Writer
from pairmine.checking import check
from pairmine.schema import CATALOGUE
from pairmine.sources import _parts, discogs
from pairmine.sources._discogs_tables import finish
from tests.sources.discogs_catalogue_oracle import Oracle
from tests.sources.discogs_dumps import dumps

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "discogs"
TABLES = ("artists", "labels", "releases", "tracks", "track_artists", "track_releases", "track_labels", "track_tags")
Row = dict[str, Any]


def stage(writer: Writer, dump: dict[str, list[Row]], part_rows: int = 1_000) -> None:
    """Write the tables of a dump, cut anywhere, also within a release."""
    for name, rows in dump.items():
        schema = CATALOGUE[f"dump_{name}"].arrow
        for start in range(0, len(rows), part_rows):
            writer.append(f"dump_{name}", pa.Table.from_pylist(rows[start : start + part_rows], schema))


def made(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {name: pl.read_parquet(folder / name / "*.parquet").rows() for name in TABLES if (folder / name).exists()}


def digests(folder: Path) -> dict[str, str]:
    paths = [path for name in TABLES for path in sorted((folder / name).glob("*.parquet"))]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def finished(
    folder: Path, dump: dict[str, list[Row]], part_rows: int = 1_000, threads: int = 2, **options: Any
) -> tuple[list[Tally], dict[str, int]]:
    """Finish a dump in a folder; `part_rows` cuts what is staged."""
    folder.mkdir(exist_ok=True)
    writer = Writer(folder, folder, "discogs")
    stage(writer, dump, part_rows)
    return finish(writer, threads, **options)


def assert_as_defined(found: dict[str, list[tuple[Any, ...]]], oracle: Oracle) -> None:
    expected = oracle.tables()
    assert found.keys() == expected.keys()
    for name, rows in expected.items():
        assert found[name] == rows, name


def counted(tallies: list[Tally]) -> Counter[str]:
    """What became of what is counted, as the oracle has it."""
    return +Counter({f"{t.unit} {rule}": n for t in tallies for rule, n in [("taken", t.taken), *t.skipped.items()]})


@settings(max_examples=60)
@given(dump=dumps(), part_rows=st.integers(1, 9), range_entries=st.integers(1, 9))
def test_a_dump_becomes_the_tables_of_the_definitions(
    dump: dict[str, list[Row]], part_rows: int, range_entries: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("finished")
    tallies, conflicts = finished(folder, dump, part_rows, range_entries=range_entries)
    oracle = Oracle(dump)
    assert_as_defined(made(folder), oracle)
    assert conflicts == oracle.conflicts
    assert counted(tallies) == oracle.counts
    credits = len(dump.get("release_artists", [])) + len(dump.get("track_artists", []))
    assert [each.read for each in tallies] == [
        len(dump.get("tracks", [])),
        len(dump.get("release_labels", [])),
        credits,
    ]


def entry(place: int, title: str | None, position: str | None = None, **more: Any) -> Row:
    return {"release": 5, "place": place, "index": False, "position": position, "title": title, **more}


def test_every_rule_and_key(tmp_path: Path) -> None:
    dump = {
        "releases": [{"release": 5, "title": "Album"}],
        "release_artists": [{"release": 5, "place": 0, "artist": 12}, {"release": 5, "place": 1, "artist": 3}],
        "tracks": [
            entry(0, "This Side"),
            entry(1, "Suite", index=True),
            entry(2, "Allegro", parent=1),
            entry(3, "Untitled", "A1"),
            entry(4, "untitled!", "A2"),
            entry(5, "Medley", "A3", index=True),
            entry(6, "First Part", parent=5),
            entry(7, "Second Part", parent=5, duration="2:00"),
            entry(8, None, "A4"),
            entry(9, "Hidden", duration="?"),
        ],
        "track_artists": [
            {"release": 5, "track": 1, "place": 0, "artist": 30},
            {"release": 5, "track": 1, "place": 1, "artist": 4},
            {"release": 5, "track": 9, "place": 0, "artist": 194},
        ],
    }
    (tally, _, credits), _ = finished(tmp_path, dump)
    assert [(row[1], row[2]) for row in made(tmp_path)["tracks"]] == [
        ("3+12/medley", "Medley"),
        ("3+12/second part", "Second Part"),
        ("3+12/untitled", "Untitled"),
        ("3+12/untitled#2", "untitled!"),
        ("4+30/allegro", "Allegro"),
        ("r5/hidden", "Hidden"),
    ]
    skipped = {"without title": 1, "index tracks": 1, "headings": 1, "parts of a track": 1}
    assert tally == Tally("tracklist entries", 6, skipped)
    assert credits == Tally("artist credits", 4, {"Various": 1, "Unknown Artist": 0, "No Artist": 0, "without id": 0})


def test_labels_without_an_id_go_by_their_name(tmp_path: Path) -> None:
    dump = {
        "releases": [{"release": each} for each in (1, 2, 3)],
        "labels": [{"label": 30, "name": "Svek"}, {"label": 4, "name": "Other"}],
        "release_labels": [
            {"release": 1, "place": 0, "name": "Svek", "catno": "SK032"},
            {"release": 1, "place": 1, "name": "Gone", "label": 0},
            {"release": 1, "place": 2, "name": "Not On Label"},
            {"release": 1, "place": 3, "catno": "1"},
            {"release": 2, "place": 0, "name": "Svek", "label": 1_000},
            {"release": 2, "place": 1, "name": "Gone"},
            {"release": 3, "place": 0, "name": "Gone (2)"},
        ],
        "tracks": [{"release": each, "place": 0, "index": False, "title": "x"} for each in (1, 2, 3)],
    }
    tallies, conflicts = finished(tmp_path, dump)
    keys = ["1000", "30", "4", "name:Gone", "name:Gone (2)"]
    assert [row[:2] for row in made(tmp_path)["labels"]] == list(enumerate(keys))
    assert made(tmp_path)["track_labels"] == [(0, 1), (0, 3), (1, 0), (1, 3), (2, 4)]
    assert tallies[1] == Tally("release labels", 5, {"Not On Label": 1, "without id or name": 1})
    assert conflicts["labels"] == 0


def many(releases: int) -> dict[str, list[Row]]:
    """A dump large enough for several parts and ranges, its releases in no order."""
    ids = [(7919 * number) % 10_007 + 1 for number in range(releases)]
    return {
        "releases": [
            {"release": each, "title": f"Album {each % 50}", "released": str(1900 + each % 99)} for each in ids
        ],
        "release_artists": [
            {"release": each, "place": 0, "artist": each % 37, "name": f"A{each % 74}"} for each in ids
        ],
        "release_labels": [{"release": each, "place": 0, "label": each % 11, "name": "L"} for each in ids],
        "release_tags": [{"release": each, "place": 0, "kind": "style", "tag": f"S{each % 5}"} for each in ids],
        "tracks": [
            {"release": each, "place": place, "index": False, "position": "1", "title": f"Song {(each + place) % 83}"}
            for each in ids
            for place in range(each % 9)
        ],
    }


def test_the_bytes_depend_on_neither_threads_nor_ranges_nor_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_parts, "TEXT_PART_ROWS", 700)
    monkeypatch.setattr(_parts, "NUMBER_PART_ROWS", 900)
    dump = many(1_000)
    folders = [tmp_path / str(number) for number in range(3)]
    for folder, threads, part_rows, entries in zip(
        folders, (1, 2, 3), (1_000, 333, 5_000), (10**6, 400, 50), strict=True
    ):
        finished(folder, dump, part_rows, threads, range_entries=entries)
    assert len(digests(folders[0])) > 2 * len(TABLES)
    assert digests(folders[0]) == digests(folders[1]) == digests(folders[2])
    assert_as_defined(made(folders[0]), Oracle(dump))


@pytest.mark.parametrize("name", ["artists", "labels", "masters"])
def test_dumps_without_releases(tmp_path: Path, name: str) -> None:
    rows = [{name.removesuffix("s"): each, "name": f"N{each}"} for each in (10, 9, 1818, 194)]
    if name == "masters":
        rows = [{"master": 3}]
    tallies, conflicts = finished(tmp_path, {name: rows})
    kept = {"artists": ["10", "1818", "9"], "labels": ["10", "194", "9"]}
    assert tallies == []
    assert {table: [row[1] for row in rows] for table, rows in made(tmp_path).items()} == (
        {name: kept[name]} if name in kept else {}
    )
    assert conflicts == dict.fromkeys(made(tmp_path), 0)


def test_releases_without_tracklists(tmp_path: Path) -> None:
    tallies, _ = finished(tmp_path, {"releases": [{"release": 5, "title": "Album"}]})
    assert tallies[0].read == 0
    assert made(tmp_path) == {name: [] for name in TABLES} | {"releases": [(0, "5", "Album", None, None, None, None)]}


def test_tracklists_without_titles_however_they_are_cut(tmp_path: Path) -> None:
    dump = {"releases": [{"release": 5}], "tracks": [entry(place, None) for place in range(9)]}
    (tally, *_), _ = finished(tmp_path, dump, range_entries=1)
    assert (tally.taken, tally.skipped["without title"]) == (0, 9)
    assert made(tmp_path)["tracks"] == []


def test_an_index_track_may_name_its_artists_behind_its_parts(tmp_path: Path) -> None:
    track = "<track><title>{}</title>{}</track>"
    artist = "<artists><artist><id>{}</id><name>Ann</name></artist></artists>"
    parts = track.format("A", "") + track.format("B", artist.format(7))
    index = track.format("Suite", f"<sub_tracks>{parts}</sub_tracks>{artist.format(4)}")
    path = tmp_path / "releases.xml"
    path.write_text(f'<releases><release id="5"><tracklist>{index}</tracklist></release></releases>')
    folder = discogs.ingest(tmp_path / "w", "discogs", [path]).folder
    assert [row[1] for row in made(folder)["tracks"]] == ["4/a", "7/b"]


def test_a_tracklist_that_repeats_one_title_often(tmp_path: Path) -> None:
    tracks = [{"release": 5, "place": place, "index": False, "title": "x", "position": "1"} for place in range(5_000)]
    finished(tmp_path, {"releases": [{"release": 5}], "tracks": tracks}, part_rows=400)
    keys = [row[1] for row in made(tmp_path)["tracks"]]
    assert keys == sorted(["r5/x", *(f"r5/x#{time}" for time in range(2, 5_001))])


@pytest.mark.skipif(not REAL.exists(), reason=f"no real dumps at {REAL}")
def test_real_dumps_are_as_the_oracle_says(tmp_path: Path) -> None:
    done = discogs.ingest(tmp_path, "discogs", [REAL], threads=2)
    staged = {path.name: pl.read_parquet(path / "*.parquet").to_dicts() for path in done.folder.glob("dump_*")}
    oracle = Oracle({name.removeprefix("dump_"): rows for name, rows in staged.items()})
    assert_as_defined(made(done.folder), oracle)
    units = ("tracklist entries", "release labels", "artist credits")
    assert counted([tally for tally in done.tallies if tally.unit in units]) == oracle.counts
    assert any(row[1].startswith("name:") for row in made(done.folder)["labels"])
    assert done.tables["tracks"] > 8_000
    assert check(tmp_path).folders[0].problems == []
