"""Named queries on a source that has no playlists: those that need none answer, the others say what they need."""

import json
from collections import Counter
from pathlib import Path

import pytest

from pairmine.checking import check
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.pairing import build_pairs
from pairmine.report import needs, queries
from pairmine.report.describe import describe
from pairmine.report.explain import explain
from pairmine.schema import CATALOGUE
from pairmine.strategies._parameters import Parameters
from tests.worlds import write_source

OF_PLAYLISTS = {
    *("best-partners", "coverage-by-decile", "edits", "followers", "longest-playlists", "modified-dates"),
    *("playlist-lengths", "popularity", "popularity-deciles", "repeated-tracks", "same-artist-by-decile", "summary"),
    "top-titles",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the source `shelf`, which has all tables but those of playlists, and a pair set of it."""
    workspace = tmp_path_factory.mktemp("shelf")
    playlists = [list(range(start, start + 9)) for start in range(0, 90, 5)]
    write_source(workspace, "shelf", playlists, only=set(CATALOGUE) - {"playlists", "playlist_tracks"})
    build_pairs(workspace, "shelf", "label", parameters=Parameters(), epochs=1)
    return workspace


def ask(workspace: Path, query: str | None = None, **options) -> list[dict]:
    return json.loads("\n".join(queries.answer(workspace, query, style="json", **options)))["rows"]


@pytest.mark.parametrize("name", queries.names())
def test_a_query_answers_or_names_the_tables_it_needs(workspace: Path, name: str) -> None:
    if name in OF_PLAYLISTS:
        with pytest.raises(MissingError, match=rf"^query '{name}' needs .*playlist.*, which 'shelf"):
            ask(workspace, name=name)
    else:
        ask(workspace, name=name)


def test_without_playlists_tracks_are_ranked_by_their_releases(workspace: Path) -> None:
    releases = Counter(row["track_id"] for row in ask(workspace, "select track_id from shelf.track_releases"))
    best = [f"t{track:06d}" for track in sorted(releases, key=lambda track: (-releases[track], track))]
    found = ask(workspace, name="find-track", settings=["rows=1000"])
    assert [row["key"] for row in found] == best
    assert {(row["playlists"], row["releases"]) for row in found} == {(0, 1), (0, 2)}
    for name in ("top-tracks", "top-artists"):
        found = ask(workspace, name=name, settings=["rows=1000"])
        assert sum(row["entries"] for row in found) == releases.total()
        assert {row["places_in"] for row in found} == {"releases"}


def test_the_way_to_a_key_that_explain_names_leads_there(workspace: Path) -> None:
    with pytest.raises(UsageError, match="--name find-track --on shelf --set text=…"):
        explain(workspace, "nobody", "t000001")
    assert ask(workspace, name="find-track", on="shelf", settings=["text=title 17"])[0]["key"] == "t000017"


def test_a_query_of_ones_own_meets_no_tables_that_are_not_there(workspace: Path) -> None:
    with pytest.raises(UsageError, match="playlist_tracks"):
        ask(workspace, "select * from playlist_tracks", on="shelf")


def test_of_several_sources_a_query_takes_the_only_one_it_can_be_put_to(workspace: Path, tmp_path: Path) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2]])
    write_source(tmp_path, "names", [[0, 1]], only={"tracks"})
    assert ask(tmp_path, name="summary")[0]["playlists"] == 1
    with pytest.raises(UsageError, match="--on: lists, names"):
        ask(tmp_path, name="find-track")
    with pytest.raises(MissingError, match="needs playlist_tracks or track_releases, which 'names' has not"):
        ask(tmp_path, name="top-tracks", on="names")
    write_source(tmp_path, "lists", [[0, 1]], only={"tracks"})
    with pytest.raises(MissingError, match="'summary' needs playlists, playlist_tracks, which 'lists' has not"):
        ask(tmp_path, name="summary")


def test_pair_sets_elsewhere_are_not_those_of_the_workspace(tmp_path: Path) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2]])
    with pytest.raises(MissingError, match=r"no pair set in .*pairs: run `pairmine build-pairs`, or move one"):
        ask(tmp_path, name="top-vias")


def test_a_set_older_than_its_source_is_joined_with_none_of_its_tables(tmp_path: Path, capsys) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2, 3]])
    build_pairs(tmp_path, "lists", "co", parameters=Parameters(), epochs=1)
    before = ask(tmp_path, name="most-paired", on="lists-co")
    assert ask(tmp_path, name="never-paired", on="lists-co") == []
    write_source(tmp_path, "lists", [[0, 1], [4, 5]])
    capsys.readouterr()
    assert ask(tmp_path, name="most-paired", on="lists-co") == before
    assert "ids differ: lists-co: " in capsys.readouterr().err
    assert "ingested anew since" in str(check(tmp_path, Path("lists-co")))
    for name in ("same-artist", "never-paired"):
        with pytest.raises(MissingError, match="ingested anew since: run `pairmine build-pairs --source lists"):
            ask(tmp_path, name=name, on="lists-co")
    with pytest.raises(UsageError, match="track_artists does not exist"):
        ask(tmp_path, "select * from track_artists", on="lists-co")


def test_what_a_set_never_had_is_not_for_its_age(tmp_path: Path) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2, 3]])
    build_pairs(tmp_path, "lists", "self", parameters=Parameters(), epochs=1)
    write_source(tmp_path, "lists", [[0, 1], [4, 5]])
    with pytest.raises(MissingError, match="needs vias, which 'lists-self' has not: `pairmine sql --list`"):
        ask(tmp_path, name="top-vias", on="lists-self")


def test_what_damaged_files_leave_out_is_told_once_and_is_no_wrong_query(tmp_path: Path, capsys) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2, 3]])
    folder = build_pairs(tmp_path, "lists", "co", parameters=Parameters(), epochs=1).folder
    build_pairs(tmp_path, "lists", "tco", parameters=Parameters(), epochs=1)
    part = tmp_path / "catalogue" / "lists" / "playlist_tracks" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:-3])
    capsys.readouterr()
    with pytest.raises(DamagedError, match=r"lists\.playlist_tracks cannot be read: .*part-00000\.parquet"):
        ask(tmp_path, "select * from lists.playlist_tracks")
    assert capsys.readouterr().err.count("left out") == 1
    for query in ({"name": "summary"}, {"name": "never-paired", "on": "lists-co"}):
        with pytest.raises(DamagedError, match="playlist_tracks cannot be read"):
            ask(tmp_path, **query)
    with pytest.raises(UsageError, match="nothing does not exist"):
        ask(tmp_path, "select * from lists.nothing")
    (folder / "manifest.json").write_text("{")
    with pytest.raises(DamagedError, match=r"lists-co\.pairs cannot be read: .*manifest\.json is damaged"):
        ask(tmp_path, 'select * from "lists-co".pairs')
    told = describe(tmp_path)
    assert [each["name"] for each in told.pair_sets] == ["lists-tco"] and "source lists" in str(told)
    with pytest.raises(DamagedError, match=r"lists-co.manifest\.json is damaged"):
        told.raise_problems()
    (tmp_path / "catalogue" / "lists" / "manifest.json").write_text("{")
    write_source(tmp_path, "lists-more", [[0, 1]])
    with pytest.raises(UsageError, match="nothing does not exist"):
        ask(tmp_path, 'select * from "lists-more".nothing')
    with pytest.raises(DamagedError, match=r"lists\.tracks cannot be read"):
        ask(tmp_path, 'select * from Lists . "Tracks"')


def test_a_set_without_a_file_is_told_and_ends_no_query_about_others(tmp_path: Path) -> None:
    write_source(tmp_path, "lists", [[0, 1, 2, 3]])
    for strategy in ("co", "tco"):
        build_pairs(tmp_path, "lists", strategy, parameters=Parameters(), epochs=1)
    (tmp_path / "pairs" / "lists-co" / "tracks.parquet").unlink()
    assert ask(tmp_path, name="epochs", on="lists-tco")
    assert ask(tmp_path, 'select * from "lists-co".excluded') == []
    for query in ({"query": 'select * from "lists-co".pair_tracks'}, {"name": "most-paired", "on": "lists-co"}):
        with pytest.raises(DamagedError, match=r"lists-co\.pair_tracks cannot be read: .*tracks\.parquet"):
            ask(tmp_path, **query)
    told = describe(tmp_path)
    assert [each["name"] for each in told.pair_sets] == ["lists-tco"] and told.sources
    with pytest.raises(DamagedError, match=r"lists-co.tracks\.parquet is missing: run `pairmine build-pairs"):
        told.raise_problems()


def test_the_list_tells_what_each_needs(workspace: Path) -> None:
    listed = {row["name"]: row["needs"] for row in ask(workspace, listed=True)}
    assert listed["top-tracks"] == "tracks, playlist_tracks or track_releases"
    assert listed["find-track"] == "tracks"
    assert listed["top-vias"] == "pairs, vias"


@pytest.mark.parametrize("name", queries.names())
def test_what_is_said_to_be_needed_is_what_a_query_reads(name: str) -> None:
    sql = queries.text(name)
    assert needs.reads(sql) and {table for each in needs.needs(sql) for table in each} <= set(needs.reads(sql))
