"""`ingest playlists` on tables: against a slow oracle in every format, on bad rows, and on real data."""

import csv
import gzip
import io
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpd_checks import fingerprint, table
from playlist_oracle import Entry, Oracle, Playlist, check, check_against, keyed

from pairmine.errors import InputError, UsageError
from pairmine.sources import _playlist_rows, playlists
from pairmine.sources._playlist_rows import PlaylistSpool
from pairmine.sources._playlist_table import read_table

REAL = Path(__file__).parents[3] / "shared" / "data"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the real data are not beside the repository")
PACKINGS = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}
HEADER = ["playlist_id", "pos", "track_uri", "track_name", "artist_name", "album_name", "duration_ms", "playlist title"]
FORMATS = ("csv", "tsv", "jsonl", "parquet")

keys = st.sampled_from(["p", "q", "ü", "p1", "10"])
texts = st.none() | st.sampled_from(["a, b", "Ünïcode", 'so "called"', "x;y|z", "it's"])
rows = st.tuples(
    keys, st.none() | st.integers(0, 6), st.sampled_from(["t1", "t2", "ß"]), texts, texts, texts,
    st.none() | st.integers(0, 9999), st.none() | st.sampled_from(["Title", "Another"]),
)  # fmt: skip
Row = tuple[Any, ...]


def write(path: Path, made: list[Row]) -> Path:
    """Write rows as a table in the format that the path's name asks for."""
    stem, _, packing = path.name.partition(".")[2].partition(".")
    if stem == "parquet":
        types = [pl.String, pl.Int64, pl.String, pl.String, pl.String, pl.String, pl.Int64, pl.String]
        pl.DataFrame(made, dict(zip(HEADER, types, strict=True)), orient="row").write_parquet(path)
        return path
    if stem == "jsonl":
        objects = [{k: v for k, v in zip(HEADER, row, strict=True) if v is not None} for row in made]
        text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in objects)
    else:
        file = io.StringIO(newline="")
        dialect = {"csv": csv.excel, "tsv": _Raw}[stem]
        csv.writer(file, dialect).writerows([HEADER, *made])
        text = file.getvalue()
    path.write_bytes(PACKINGS[f".{packing}" if packing else ""](text.encode()))
    return path


class _Raw(csv.excel_tab):
    quoting, quotechar, lineterminator = csv.QUOTE_NONE, None, "\n"


def as_playlists(made: list[Row]) -> list[Playlist]:
    """The playlists of one table."""
    by_key = defaultdict(list)
    for row in made:
        by_key[row[0]].append(row)
    base = min((row[1] for row in made if row[1] is not None), default=0) == 1
    found = []
    for key, some in by_key.items():
        playlist = Playlist(key, [Entry(row[1], *row[2:7]) for row in some], base=int(base))
        stated = [row[1] for row in some]
        if None not in stated and len(set(stated)) == len(stated):
            some = sorted(some, key=lambda row: row[1])
        playlist.title = next((row[7] for row in some if row[7]), None)
        found.append(playlist)
    return found


@given(
    st.lists(st.lists(rows, min_size=1, max_size=9), min_size=1, max_size=3),
    st.lists(st.sampled_from(FORMATS), min_size=3, max_size=3),
    st.sampled_from(["", ".gz", ".zst"]),
)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_those_of_the_oracle(
    tmp_path: Path, made: list[list[Row]], formats: list[str], packing: str
) -> None:
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, (each, format_) in enumerate(zip(made, formats, strict=False)):
        write(folder / f"{number}.{format_}{packing if format_ != 'parquet' else ''}", each)
    ingested = playlists.ingest(tmp_path, "playlists", [folder])
    assert ingested.rejects == 0
    check_against(Oracle([playlist for each in made for playlist in as_playlists(each)]), ingested)


def test_neither_order_nor_names_nor_formats_of_files_matter(tmp_path: Path) -> None:
    chance = random.Random(3)
    rows_: list[Row] = [
        (f"p{p}", place, f"t{chance.randrange(20)}", f"T{chance.randrange(3)}", "A", None, 5, f"L{p}")
        for p in range(1, 12)
        for place in range(p)
    ]
    prints = []
    for number, format_ in enumerate(FORMATS):
        folder = tmp_path / f"in{number}"
        folder.mkdir()
        chance.shuffle(rows_)
        write(folder / f"z{number}.{format_}", [row for row in rows_ if int(row[0][1:]) % 2])
        write(folder / f"{9 - number}.{format_}", [row for row in rows_ if not int(row[0][1:]) % 2])
        ingested = playlists.ingest(tmp_path / f"w{number}", "playlists", [folder], threads=1 + number)
        check(ingested)
        prints.append(fingerprint(ingested.folder))
    assert all(each == prints[0] for each in prints)


def test_many_parts_are_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [(f"p{n % 9}", n, f"t{n % 31}", "x", f"A{n % 4}", None, n, None) for n in range(300)]
    path = write(tmp_path / "a.csv", made)
    whole = fingerprint(playlists.ingest(tmp_path / "1", "playlists", [path]).folder)
    monkeypatch.setattr(_playlist_rows, "BATCH_ROWS", 7)
    assert fingerprint(playlists.ingest(tmp_path / "2", "playlists", [path]).folder) == whole


BAD = {
    b"p,1": "2 fields instead of 3",
    b"p,1,t,x": "4 fields instead of 3",
    b",1,t": "no playlist",
    b"p,1,": "no track",
    b"p,1,t\0": "NUL bytes",
    b"p,1,caf\xe9": "NUL bytes, bytes that are not UTF-8",
}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bad_rows_are_told_by_number_and_the_rest_is_taken(line_end: bytes, mark: bytes, tmp_path: Path) -> None:
    lines = [b"playlist,position,track"]
    for number, bad in enumerate(BAD):
        lines += [b"p,%d,t%d" % (number, number), bad]
    path = tmp_path / "a.csv"
    path.write_bytes(mark + line_end.join([*lines, b'"q, r",0,"say ""hi"""', b""]))
    ingested = playlists.ingest(tmp_path, "playlists", [path])
    check(ingested)
    told = keyed(ingested, "rejects", "position", "reason")
    assert [position for position, _ in told] == [3 + 2 * number for number in range(len(BAD))]
    assert all(reason.startswith(expected) for (_, reason), expected in zip(told, BAD.values(), strict=True))
    assert table(ingested, "playlists")["key"].to_list() == ["p", "q, r"]
    assert table(ingested, "tracks")["key"].to_list() == ['say "hi"', *(f"t{n}" for n in range(len(BAD)))]


def test_json_lines_that_are_no_rows_are_told(tmp_path: Path) -> None:
    bad = ["5", "{", '{"playlist": "p"}', '{"playlist": "p", "track": ["a"]}', '{"playlist": true, "track": "a"}', ""]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(['{"playlist": 1, "track": 2.0}', *bad, '{"playlist": "1", "track": "x"}']))
    ingested = playlists.ingest(tmp_path, "playlists", [path])
    check(ingested)
    assert table(ingested, "rejects")["position"].to_list() == [2, 3, 4, 5, 6]
    assert table(ingested, "tracks")["key"].to_list() == ["2", "x"]


def test_numbers_that_are_none_are_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    durations = {"3:35": 215_000, "1:02:03": 3_723_000, "7.5": 7_500, "": None, "-1": None, "nan": None, "1:99": None}
    lines = [f"p,{place},t{place},{text}" for place, text in enumerate(durations)]
    path.write_text("\n".join(["playlist,position,track,duration", *lines, "q,-1,u,", "q,1.5,u,", "q,4294967296,u,"]))
    ingested = playlists.ingest(tmp_path, "playlists", [path])
    check(ingested)
    assert keyed(ingested, "tracks", "key", "duration_ms")[:-1] == [
        (f"t{place}", length) for place, length in enumerate(durations.values())
    ]
    assert {tally.unit: tally.rejected for tally in ingested.tallies if tally.rejected} == {"malformed fields": 6}


def test_positions_from_one_count_from_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("playlist,position,track\np,2,b\np,1,a\nq,5,c\n")
    ingested = playlists.ingest(tmp_path, "playlists", [path])
    assert table(ingested, "playlist_tracks").rows() == [(0, 0, 0), (0, 1, 1), (1, 4, 2)]


def test_columns_are_found_by_option_or_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("list;thing;name\np;t;Song\n")
    with pytest.raises(InputError, match="which columns are playlist and track"):
        playlists.ingest(tmp_path, "playlists", [path])
    ingested = playlists.ingest(tmp_path, "playlists", [path], playlist="list", track="thing")
    assert keyed(ingested, "tracks", "key", "title") == [("t", "Song")]
    with pytest.raises(UsageError, match=r"no column .*none"):
        playlists.ingest(tmp_path, "playlists", [path], playlist="none", track="thing")
    path.write_text("t0;p;Song\nt1;p;Song\n")
    ingested = playlists.ingest(tmp_path, "playlists", [path], playlist="2", track="1", title="3")
    assert keyed(ingested, "tracks", "key", "title") == [("t0", "Song"), ("t1", "Song")]


def test_files_that_are_no_tables_are_told(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "good.csv", [("p", 0, "t", None, None, None, None, None)])
    (folder / "zip.csv").write_bytes(b"PK\x03\x04....")
    (folder / "bad.parquet").write_bytes(b"PAR1" + bytes(50))
    (folder / "empty.csv").write_bytes(b"")
    (folder / "cut.csv.gz").write_bytes(gzip.compress(b"playlist,track\n" + b"q,t\n" * 9)[:-9])
    (folder / "nowhere.csv").symlink_to(tmp_path / "nowhere")
    pl.DataFrame({"playlist": ["p"], "track": [["a", "b"]]}).write_parquet(folder / "lists.parquet")
    ingested = playlists.ingest(tmp_path, "playlists", [folder])
    check(ingested)
    told = dict(keyed(ingested, "rejects", "file", "reason"))
    assert sorted(told) == ["bad.parquet", "cut.csv.gz", "empty.csv", "lists.parquet", "nowhere.csv", "zip.csv"]
    assert all(str(tmp_path) not in reason for reason in told.values())
    assert table(ingested, "playlists")["key"].to_list()[0] == "p"


def test_keys_stay_unique(tmp_path: Path) -> None:
    digest = Playlist("p", [Entry(None, "t")]).digest()
    (tmp_path / "a.csv").write_text("playlist,track\np,t\n")
    (tmp_path / "b.csv").write_text(f"playlist,track\np,u\np#{digest[:8]},t\n")
    ingested = playlists.ingest(tmp_path / "w", "playlists", [tmp_path])
    check(ingested)
    keys = set(table(ingested, "playlists")["key"])
    assert len(keys) == 3 and {f"p#{digest}", f"p#{digest[:8]}"} < keys


@needs_real_data
def test_real_tables(tmp_path: Path) -> None:
    games = playlists.ingest(tmp_path, "games", [REAL / "audio" / "tracks.tsv"], playlist="soundtrack")
    check(games)
    assert (games.tables["playlists"], games.tables["tracks"], games.tables["artists"]) == (33, 289, 47)
    assert games.tables["track_artists"] == 206 and games.rejects == 0
    bigrams = REAL / "eval" / "aotm-2011" / "aotm-bigrams.csv.gz"
    pairs = playlists.ingest(tmp_path, "bigrams", [bigrams], playlist="1", track="2")
    check(pairs)
    lines = gzip.decompress(bigrams.read_bytes()).decode().split()
    assert pairs.tables["playlist_tracks"] == 66_250 == len(lines)
    assert pairs.tables["playlists"] == len({line.split(",")[0] for line in lines})
    assert pairs.tables["tracks"] == len({line.split(",")[1] for line in lines})
    songs = REAL / "matching" / "yes-com" / "song_hash.txt.zst"
    radio = playlists.ingest(tmp_path, "radio", [songs], playlist="3", track="1", title="2", artist="3")
    check(radio)
    assert radio.tables["tracks"] + radio.rejects == 75_262


pieces = st.sampled_from(
    [b"p", b"t", b",", b"\t", b"\n", b"\r\n", b"\r", b'"', b'""', b"\0", b"\xff", b"{", b"}", b'{"playlist":', b" "]
)
heads = st.sampled_from([b"playlist,track\n", b"playlist\ttrack\n", b'{"playlist": "p", "track": "t"}\n', b""])


@given(heads, st.lists(pieces, max_size=40).map(b"".join))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, head: bytes, data: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(head + data)
    (tmp_path / "scratch").mkdir(exist_ok=True)
    spool, rejects = PlaylistSpool(tmp_path / "scratch"), []
    try:
        skipped = read_table(path, 0, {}, spool, rejects.append, lambda _: None, 1)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        lost = sum(reject.unit == "entries" for reject in rejects)
        assert spool.counts["rows"] + lost + skipped.total() <= (head + data).count(b"\n") + data.count(b"\r") + 1
