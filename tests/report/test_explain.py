"""`pairmine explain`: what two tracks share by a plain recount, ranks by sql/strategies/tco.sql; `describe`."""

from collections import Counter, defaultdict

import pytest

from pairmine import engine, seeding
from pairmine.errors import MissingError, UsageError
from pairmine.kernels.topk import SCORES, TIES
from pairmine.pairing import build_pairs
from pairmine.report.describe import describe
from pairmine.report.explain import Explained, explain
from pairmine.schema import CATALOGUE, PAIRS
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.conftest import random_playlists
from tests.report.conftest import write_world


def key(track: int) -> str:
    return f"t{track:06d}"


def test_what_two_tracks_share(world, rows) -> None:
    playlists, artists, releases, labels = (defaultdict(set) for _ in range(4))
    for track, group in rows("track_id, playlist_id", "playlist_tracks"):
        playlists[track].add(f"p{group:06d}")
    for track, group in rows("track_id, artist_id", "track_artists"):
        artists[track].add(f"a{group:06d}")
    for track, group in rows("track_id, release_id", "track_releases"):
        releases[track].add(f"r{group:06d}")
    for track, group in rows("track_id, label_id", "track_labels"):
        labels[track].add(f"l{group:06d}")
    lengths = Counter(f"p{playlist:06d}" for (playlist,) in rows("playlist_id", "playlist_tracks"))
    for a, b in [(0, 1), (2, 3), (0, 600), (5, 8), (690, 691)]:
        found = explain(world, key(a), key(b))
        assert {row["key"]: row["entries"] for row in found.shared["playlists"]} == {
            each: lengths[each] for each in playlists[a] & playlists[b]
        }
        assert {row["key"] for row in found.shared["artists"]} == artists[a] & artists[b]
        assert {row["key"] for row in found.shared["albums"]} == releases[a] & releases[b]
        assert {row["key"] for row in found.shared["labels"]} == labels[a] & labels[b]
        assert [track["playlists"] for track in found.tracks] == [len(playlists[a]), len(playlists[b])]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("ties", TIES)
def test_ranks_are_those_of_the_strategy(tmp_path, score, ties) -> None:
    write_world(tmp_path, "toy", random_playlists(60, 90, seed=5))
    (tmp_path / "out").write_text("t000001\n")
    parameters = Parameters(seed=7, score=score, ties=ties, min_count=2, max_playlist_length=20)
    pair_set = build_pairs(
        tmp_path, "toy", "tco", parameters=parameters, epochs=2, restrictions=Restrictions(exclude=tmp_path / "out")
    ).folder
    variables = {"score": score, "ties": ties, "min_count": 2, "max_playlist_length": 20, "excluded": [1]}
    with engine.open_source(tmp_path, "toy") as connection:
        engine.set_variables(connection, {**variables, "top_k": 10**6, "stream": seeding.stream(7, "tco", "ties")})
        found = connection.execute(engine.statement("strategies/tco")).fetchall()
    lists = defaultdict(dict)
    for track, rank, neighbour, value in found:
        lists[track][neighbour] = rank, value
    asked = [(a, b) for a in (0, 3, 9) for b in (a + 2, a + 11, a + 40)]
    met = 0
    for a, b in asked:
        told = explain(tmp_path, key(a), key(b), pair_set=pair_set).ranks
        for rank, own, other in zip(told, (a, b), (b, a), strict=True):
            assert (rank is None) == (other not in lists[own])
            if rank:
                assert (rank["rank"], rank["score"]) == lists[own][other]
                assert rank["partners"] == len(lists[own])
                met += 1
    assert met > 5


def test_default_ranks_are_by_count_with_ties_to_the_rarer(world) -> None:
    with engine.open_source(world, "toy") as connection:
        engine.set_variables(connection, {"top_k": 10**6, "stream": seeding.stream(0, "tco", "ties")})
        found = connection.execute(engine.statement("strategies/tco")).fetchall()
    place = {(track, neighbour): rank for track, rank, neighbour, _ in found}
    partners = Counter(track for track, *_ in found)
    for a, b in sorted(place)[:: len(place) // 6]:
        told = explain(world, key(a), key(b)).ranks
        assert [rank["rank"] for rank in told] == [place[a, b], place[b, a]]
        assert [rank["partners"] for rank in told] == [partners[a], partners[b]]


def test_epochs_of_a_pair(world, rows) -> None:
    drawn = rows("epoch, anchor, positive", "pairs", "toy-tco")
    _, a, b = drawn[0]
    told = explain(world, key(a), key(b), pair_set=world / "pairs" / "toy-tco").pairs
    expected = [(e, "a" if x == a else "b") for e, x, y in drawn if {x, y} == {a, b}]
    assert [(row["epoch"], row["anchor"]) for row in told] == expected
    assert "a pair in" in str(explain(world, key(a), key(b), pair_set=world / "pairs" / "toy-tco"))


def test_titles_print_no_control_characters_and_what_is_missing_is_left_out() -> None:
    told = [("k\n1", "\x1b[31mred", None), ("k2", None, None), ("k3", None, "x"), ("k4", "y", "z")]
    tracks = [dict(zip(("key", "title", "artist"), each, strict=True)) for each in told]
    printed = [str(Explained("toy", tracks[i : i + 2], {}, None, {}, None)).splitlines() for i in (0, 2)]
    assert printed == [["a: k\\n1  \\x1b[31mred", "b: k2"], ["a: k3  x", "b: k4  y by z"]]


def test_what_cannot_be_explained(world, tmp_path) -> None:
    with pytest.raises(UsageError, match="find-track"):
        explain(world, key(0), "spotify:track:no")
    with pytest.raises(UsageError, match="two different"):
        explain(world, key(0), key(0))
    with pytest.raises(UsageError, match="did you mean 'toy'"):
        explain(world, key(0), key(1), source="toys")
    with pytest.raises(UsageError, match="leave out --source"):
        explain(world, key(0), key(1), source="other", pair_set=world / "pairs" / "toy-co")
    with pytest.raises(MissingError, match="pairmine ingest"):
        explain(tmp_path, key(0), key(1))
    write_world(tmp_path, "one", [[0, 1]])
    write_world(tmp_path, "two", [[0, 1]])
    with pytest.raises(UsageError, match="one, two"):
        explain(tmp_path, key(0), key(1))
    assert len(explain(tmp_path, key(0), key(1), source="one").shared["playlists"]) == 1


def test_sets_and_all_else_go_by_their_names(world) -> None:
    folder = world / "pairs" / "toy-tco"
    assert explain(world, key(0), key(1), pair_set="toy-tco") == explain(world, key(0), key(1), pair_set=folder)
    told = describe(world, "toy-co")
    assert ([each["name"] for each in told.pair_sets], told.sources) == (["toy-co"], [])
    with pytest.raises(UsageError, match="did you mean 'toy-tco'"):
        describe(world, "toy-tc")


def test_describe_has_every_table_column_and_row(world, rows, tmp_path) -> None:
    told = describe(world)
    tables = {table["name"]: table for table in told.sources[0]["tables"]}
    for name, table in tables.items():
        assert table["rows"] == len(rows("*", name))
        assert [column["name"] for column in table["columns"]] == [column.name for column in CATALOGUE[name].columns]
        assert table["row"].startswith("one row per")
    sets = {each["name"]: each for each in told.pair_sets}
    assert sets["toy-tco"]["parameters"]["top_k"] == 10
    assert sets["toy-tco"]["tables"][0]["rows"] == len(rows("epoch", "pairs", "toy-tco"))
    for column in PAIRS.columns:
        assert column.doc in str(told)
    with pytest.raises(MissingError, match="pairmine ingest"):
        describe(tmp_path)
