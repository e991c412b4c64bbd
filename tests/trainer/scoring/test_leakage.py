from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine import store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.kernels.artists import artist_words, split_names, tidy_artist
from pairmine.kernels.folding import fold_text
from pairmine.strategies._restrictions import _read_keys
from tests.trainer.reporting.results_made import Asked
from trainer.keys import KeyMap, annotation_key
from trainer.scoring import leakage
from trainer.scoring.overlap import (
    BY_ARTIST,
    BY_KEY,
    BY_LINK,
    BY_NAME,
    NOBODY,
    Links,
    Sought,
    annotation_keys,
    compared_title,
)

TRACKS = [
    ("clips/one.mp3", "Blue Song", "Ann"),
    ("clips/two.ogg", "Red Song (Live)", "Ben, Ann"),
    ("spotify:3", "Green Song", "Various Artists"),
    ("spotify:4", None, None),
    ("spotify:5", "Ünïted", "Earth, Wind & Fire"),
]


def _tracks(rows) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(columns, ["key", "title", "artist"])


def _pair_set(folder: Path, rows=TRACKS, source: str = "mpd", on: str | None = None) -> Path:
    folder.mkdir(parents=True)
    table = _tracks(rows).add_column(0, "track_id", pa.array(range(len(rows)), pa.int32()))
    entry = store.write_parquet(folder, "tracks.parquet", table)
    store.write_manifest(folder, {"kind": "pairs", "strategy": "co", "source": source, "on": on}, [entry])
    return folder


def _links(workspace: Path, left: str, right: str, pairs) -> None:
    folder = workspace / "links" / f"{left}-{right}"
    folder.mkdir(parents=True)
    table = pa.table([pa.array(column, pa.string()) for column in zip(*pairs, strict=True)], ["left_key", "right_key"])
    store.write_manifest(folder, {"left": left, "right": right}, [store.write_parquet(folder, "links.parquet", table)])


def _catalogue(workspace: Path, source: str, rows) -> None:
    folder = workspace / "catalogue" / source / "tracks"
    folder.mkdir(parents=True)
    store.write_parquet(folder, "part-00000.parquet", _tracks(rows))


def _find(workspace: Path, pair_sets, key_map: KeyMap | None = None, unknown=(), **told) -> leakage.Leakage:
    asked = Asked(**{"tested": ("clips/one", "x"), "names": {}} | told)
    return leakage.find(asked, pair_sets, workspace, key_map or KeyMap({}), unknown)


def test_tracks_are_found_by_key_whatever_the_extension(tmp_path: Path) -> None:
    found = _find(tmp_path, [_pair_set(tmp_path / "p")])
    assert found.tracks == {"clips/one"}
    assert found.checked[0].found[BY_KEY].examples == (("clips/one", "clips/one.mp3"),)
    assert "1 of 2 tested tracks are in p (1 by key, 0 by link): clips/one = clips/one.mp3" in str(found)
    assert "artists not compared with p: none of a tested track is known: give the label table a column" in str(found)


def test_tracks_are_found_by_the_key_of_their_embedding(tmp_path: Path) -> None:
    found = _find(tmp_path, [_pair_set(tmp_path / "p")], KeyMap({"x": "spotify:4"}))
    assert found.tracks == {"clips/one", "x"}


@pytest.mark.parametrize("sides", [("mpd", "jamendo"), ("jamendo", "mpd")])
def test_tracks_are_found_by_link_in_either_direction(tmp_path: Path, sides) -> None:
    pairs = [("spotify:5", "x.flac"), ("spotify:9", "y")]
    _links(tmp_path, *sides, pairs if sides[0] == "mpd" else [pair[::-1] for pair in pairs])
    _links(tmp_path, "other", "jamendo", [("spotify:5", "clips/one")])  # of another source
    found = _find(tmp_path, [_pair_set(tmp_path / "p")], tested=("x", "y", "clips/none"))
    assert found.tracks == {"x"}
    assert found.checked[0].found[BY_LINK].examples == (("x", "spotify:5"),)


def test_tracks_and_artists_are_found_by_folded_name(tmp_path: Path) -> None:
    names = {
        "t1": ("RED SONG: live", "Ben"),
        "t2": ("Green Song", "Various Artists"),  # nobody's name
        "t3": ("United", "earth, wind and fire"),
        "t4": ("Another", "Ann"),
        "t5": ("", ""),
        "t6": ("Blue Song", "Someone"),
        "not tested": ("Blue Song", "Ann"),
    }
    found = _find(tmp_path, [_pair_set(tmp_path / "p")], tested=tuple(f"t{n}" for n in range(1, 7)), names=names)
    assert found.tracks == {"t1", "t3"}
    assert found.of_artists == {"t1", "t3", "t4"}
    assert "2 by title and artist" in str(found)
    assert found.lines()[-1] == (
        "leakage: 3 of 6 tested tracks are by artists, or namesakes, in p; "
        "artists are known of 5 of these and of 4 of 5 there"
    )
    whole = _find(tmp_path, [_pair_set(tmp_path / "q", TRACKS[:2])], tested=("t1", "t4"), names=names)
    assert whole.lines()[-1] == "leakage: 2 of 2 tested tracks are by artists, or namesakes, in q"


@pytest.mark.parametrize(
    ("trained", "tested"),
    [
        (("Gold Song", "Beatles, The"), ("Gold Song - Remastered 2011", "The Beatles")),
        (("Gold Song", "Ann (2)"), ("gold song (feat. Cy)", "Ann")),
        (("Gold Song", "Ann feat. Cy"), ("Gold Song", "Cy & Dia")),
        (("Gold Song - Live at Home", "Ann"), ("Gold Song (Live)", "ANN")),
        (("R.E.M. Song, Pt. 2", "A.B. and Cy"), ("REM Song Part II", "AB")),
    ],
)
def test_names_are_compared_as_linking_compares_them(tmp_path: Path, trained, tested) -> None:
    found = _find(tmp_path, [_pair_set(tmp_path / "p", [("k", *trained)])], tested=("x",), names={"x": tested})
    assert found.tracks == {"x"} == found.of_artists
    other = _find(tmp_path, [tmp_path / "p"], tested=("x",), names={"x": ("Gold Song (Karaoke)", tested[1])})
    assert other.tracks == set()


def test_names_the_annotations_lack_are_those_of_the_catalogue_by_key_and_link(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue" / "tags"
    _catalogue(tmp_path, "tags", [("x.mp3", "Blue Song", "Ann"), ("y", "Nothing", "Zoe"), ("z", "No artist", None)])
    store.write_manifest(folder, {"source": "tags"}, [])
    _links(tmp_path, "elsewhere", "tags", [("v.mp3", "y")])
    tested, names = ("v", "w", "x", "z"), {"w": ("Another", "Ben")}
    found = _find(tmp_path, [_pair_set(tmp_path / "p")], tested=tested, names=names)
    assert found.tracks == {"x"}
    assert found.of_artists == {"w", "x"}
    assert found.search.with_artist == ["v", "w", "x"]
    assert "titles and artists also from the catalogue's tags" in found.lines()
    told = _find(tmp_path, [tmp_path / "p"], tested=("x",), names={"x": ("Mine", "Cy")})
    assert told.tracks == set() and told.named_by == []  # what annotations say is not overruled


def test_artists_that_cannot_be_compared_are_no_comfort(tmp_path: Path) -> None:
    nameless = _pair_set(tmp_path / "p", [("k", "Blue Song", None), ("l", None, "  ")])
    found = _find(tmp_path, [nameless], tested=("x",), names={"x": ("Blue Song", "Ann")})
    assert found.lines()[-1] == (
        "leakage: artists not compared: none of the 2 tracks of p names one: "
        "build it again from a source that names its artists"
    )
    assert found.as_dict()["checked"][0]["with_artist"] == 0
    with pytest.raises(UsageError, match=r"--strict: artists not compared: none of the 2 tracks of p"):
        found.refuse()
    with pytest.raises(UsageError, match=r"--strict: artists not compared with q: .*--key-map"):
        _find(tmp_path, [_pair_set(tmp_path / "q", TRACKS[2:])]).refuse()


def test_nothing_known_is_said_and_refused(tmp_path: Path) -> None:
    found = _find(tmp_path, [])
    assert found.lines() == ["leakage not checked: no pair sets are known: name those that trained it with --pairs DIR"]
    assert found.as_dict()["tracks"] is None
    with pytest.raises(UsageError, match="--strict: leakage not checked"):
        found.refuse()
    partly = _find(tmp_path, [_pair_set(tmp_path / "p", TRACKS[2:])], unknown=["the set q is gone"])
    assert "leakage not checked: the set q is gone" in partly.lines()
    with pytest.raises(UsageError, match="the set q is gone"):
        partly.refuse()


def test_strict_refuses_tracks_and_artists_and_lets_clean_sets_pass(tmp_path: Path) -> None:
    _find(tmp_path, [_pair_set(tmp_path / "clean", TRACKS[2:])], names={"x": ("Blue Song", "Ann")}).refuse()
    with pytest.raises(UsageError, match=r"1 of 2 tested tracks were trained on.*--exclude"):
        _find(tmp_path, [_pair_set(tmp_path / "p")]).refuse()
    with pytest.raises(UsageError, match=r"1 are by artists, or namesakes, that were \(1 in p\)"):
        sets, names = [tmp_path / "clean", tmp_path / "p"], {"x": ("None of these", "Ben")}
        _find(tmp_path, sets, tested=("x",), names=names).refuse()


def test_a_set_named_twice_is_searched_once(tmp_path: Path) -> None:
    folder = _pair_set(tmp_path / "p")
    assert len(_find(tmp_path, [folder, tmp_path / "." / "p", _pair_set(tmp_path / "q")]).checked) == 2


def test_keys_to_exclude_are_those_of_the_catalogue(tmp_path: Path) -> None:
    more = [("spotify:77", "Drawn another time", "Ann"), ("spotify:78", "Nobody's", "Zoe")]
    _catalogue(tmp_path, "mpd", TRACKS + more)
    found = _find(tmp_path, [_pair_set(tmp_path / "p")], tested=("x",), names={"x": ("blue song", "ann")})
    assert found.write_exclude(tmp_path / "keys.txt") == 3
    assert _read_keys(tmp_path / "keys.txt", "--exclude") == {"clips/one.mp3", "clips/two.ogg", "spotify:77"}
    clean = _find(tmp_path, [_pair_set(tmp_path / "clean", more[1:])], tested=("spotify:77",))
    assert not clean.tracks and not clean.of_artists
    assert clean.write_exclude(tmp_path / "keys.txt") == 1  # it might be drawn another time
    with pytest.raises(UsageError, match="--write-exclude: no pair sets are known"):
        _find(tmp_path, []).write_exclude(tmp_path / "keys.txt")


def test_keys_to_exclude_are_those_of_the_set_where_there_is_no_catalogue(tmp_path: Path) -> None:
    found = _find(tmp_path, [_pair_set(tmp_path / "p")])
    assert found.write_exclude(tmp_path / "keys.txt") == 1
    assert (tmp_path / "keys.txt").read_text() == "clips/one.mp3\n"


def test_keys_to_exclude_from_a_set_carried_over_are_those_of_its_source(tmp_path: Path) -> None:
    folder = _pair_set(tmp_path / "p", source="mpd", on="audio")
    found = _find(tmp_path, [folder])
    with pytest.raises(MissingError, match="'audio'"):
        found.write_exclude(tmp_path / "keys.txt")
    _catalogue(tmp_path, "audio", TRACKS)
    _links(tmp_path, "mpd", "audio", [("spotify:one", "clips/one.mp3"), ("spotify:two", "clips/two.ogg")])
    assert found.write_exclude(tmp_path / "keys.txt") == 1
    assert (tmp_path / "keys.txt").read_text() == "spotify:one\n"


def test_folders_that_are_no_pair_sets_or_damaged_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="nowhere"):
        _find(tmp_path, [tmp_path / "nowhere"])
    (tmp_path / "links").mkdir()
    store.write_manifest(tmp_path / "links", {"left": "a", "right": "b"}, [])
    with pytest.raises(MissingError, match="no pair set"):
        _find(tmp_path, [tmp_path / "links"])
    folder = _pair_set(tmp_path / "p")
    (folder / "tracks.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DamagedError, match=r"tracks\.parquet"):
        _find(tmp_path, [folder])
    (folder / "tracks.parquet").unlink()
    with pytest.raises(DamagedError, match="missing"):
        _find(tmp_path, [folder])


def test_as_dict_counts_and_gives_first_examples_without_places(tmp_path: Path) -> None:
    many = [(f"clips/{n}.mp3", None, None) for n in range(40)]
    found = _find(tmp_path, [_pair_set(tmp_path / "p", many)], tested=tuple(f"clips/{n}" for n in range(30, 50)))
    told = found.as_dict()
    assert (told["tested"], told["named"], told["tracks"]) == (20, 0, 10)
    assert told["checked"][0]["by"][BY_KEY] == {
        "tested": 10, "trained": 10, "first": [[f"clips/{n}", f"clips/{n}.mp3"] for n in range(30, 35)],
    }  # fmt: skip
    assert str(tmp_path) not in str(told)


WORDS = st.sampled_from(
    ["", "Ann", "ann", "Bén", "Ben", "Ben, Ann", "X & Y", "x and y", "Various", "???", "Cy, ", "Ann (2)", "Ben, The"]
)
ROW = st.tuples(
    st.sampled_from(["a", "b.mp3", "./b", "c\\d", "c/d.npy", "é.ogg", "e\u0301"]), WORDS | st.none(), WORDS | st.none()
)


def _artists(credit: str | None) -> set[str]:
    names = [] if credit is None else [tidy_artist(credit), *split_names(tidy_artist(credit))]
    return {artist_words(name, fold_text(name)) for name in names} - NOBODY - {""}


@given(
    rows=st.lists(ROW, max_size=6),
    tested=st.dictionaries(st.sampled_from(["a", "b", "c/d", "é"]), st.none() | st.tuples(WORDS, WORDS)),
    linked=st.lists(st.tuples(ROW.map(lambda row: row[0]), st.sampled_from(["a", "b.wav", "é"])), max_size=3),
)
def test_search_is_what_comparing_everything_with_everything_finds(rows, tested, linked) -> None:
    names = {key: name for key, name in tested.items() if name is not None}
    links = [Links(*(pa.array([pair[side] for pair in linked], pa.string()) for side in (0, 1)))]
    table = _tracks(rows) if rows else _tracks([("", "", "")]).slice(1)
    found = Sought(list(tested), names, lambda key: key).search(table, links)
    wanted = {way: set() for way in (BY_KEY, BY_LINK, BY_NAME, BY_ARTIST)}
    for number, (key, title, credit) in enumerate(rows):
        for one in tested:
            own_title, own_credit = names.get(one, ("", ""))
            shared = _artists(credit) & _artists(own_credit)
            same_title = title is not None and compared_title(own_title) in ({compared_title(title)} - {""})
            same = {
                BY_KEY: annotation_key(key) == one,
                BY_LINK: any(own == key and annotation_key(other) == one for own, other in linked),
                BY_NAME: shared and same_title,
                BY_ARTIST: shared,
            }
            for way in (way for way, is_same in same.items() if is_same):
                wanted[way].add((one, number))
    for way, pairs in wanted.items():
        assert found[way].tested == {one for one, _ in pairs}, way
        assert found[way].rows.tolist() == sorted({number for _, number in pairs}), way
        assert {one for one, _ in found[way].examples} <= found[way].tested


@given(st.lists(st.text(alphabet="ab./\\é\u0301MmPp3wWaAvV", max_size=9) | st.sampled_from(["x.MP3", ".mp3.npy"])))
def test_keys_of_a_column_are_annotation_keys(keys: list[str]) -> None:
    assert annotation_keys(pa.array(keys, pa.string())).to_pylist() == [annotation_key(key) for key in keys]


def test_a_hit_parade_artist_costs_no_square() -> None:
    rows = 30_000
    one = _tracks([("k", "t", "Everybody")])
    table = pa.concat_tables([one] * rows).set_column(0, "key", pa.array(np.arange(rows).astype(str)))
    tested = {f"x{n}": (f"title {n}", "everybody") for n in range(5_000)}
    found = Sought(list(tested), tested, lambda key: key).search(table, [])
    assert len(found[BY_ARTIST].tested) == 5_000
    assert len(found[BY_ARTIST].rows) == rows
