import gzip
import json
from functools import partial
from pathlib import Path

import colisten_oracle as oracle
import networkx
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.errors import InputError, UsageError
from pairmine.sources import _blocks, _delimited, _row_files, listens
from pairmine.sources.colisten import ingest

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "colisten"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL.name}")

IDS = st.sampled_from(["7", "07", "x", "é", "X y", "ü", "zz", "10", "9"])
ROWS = st.lists(st.tuples(IDS, IDS, st.integers(1, 4)).filter(lambda row: row[0] != row[1]), min_size=1, max_size=40)


def read(tmp_path: Path, text: bytes, name: str = "edges.csv", **options):
    (tmp_path / name).write_bytes(text)
    return ingest(tmp_path / "w", "colisten", [tmp_path / name], **options)


def as_text(rows, separator: str = ",") -> bytes:
    return "".join(separator.join(map(str, row)) + "\n" for row in [("track_a", "track_b", "count"), *rows]).encode()


@settings(max_examples=25)
@given(ROWS, st.integers(1, 3), st.integers(1, 4), st.sampled_from(",\t;|"))
def test_edges_are_merged_and_sanitised_as_written(tmp_path_factory, rows, min_count, k, separator) -> None:
    merged = oracle.merged(rows)
    tracks = {end for pair in merged for end in pair}
    wanted = oracle.sanitised(merged, tracks, min_count, k)
    tmp_path = tmp_path_factory.mktemp("edges")
    options = {"min_count": min_count, "max_neighbours": k}
    if not wanted:
        with pytest.raises(InputError, match="no edge is left"):
            read(tmp_path, as_text(rows, separator), **options)
        return
    report = read(tmp_path, as_text(rows, separator), **options)
    assert oracle.written(report.folder) == wanted
    by_unit = {tally.unit: tally for tally in report.tallies}
    assert by_unit["rows"].read == len(rows)
    assert by_unit["rows"].taken == by_unit["edges"].read == len(merged)
    assert by_unit["edges"].skipped[f"under {min_count}"] == sum(count < min_count for count in merged.values())


def test_the_order_of_rows_the_format_and_the_threads_change_no_byte(tmp_path: Path) -> None:
    rows = [(f"t{i % 17}", f"t{(i * 5 + 1) % 23}", i % 3 + 1) for i in range(200)]
    rows = [row for row in rows if row[0] != row[1]]
    first = oracle.checksums(read(tmp_path, as_text(rows), threads=1, max_neighbours=3).folder)
    assert len(first) == 3
    assert first == oracle.checksums(read(tmp_path, as_text(rows[::-1]), threads=2, max_neighbours=3).folder)
    packed = gzip.compress(as_text(rows, "\t").replace(b"\n", b"\r\n"))
    assert first == oracle.checksums(read(tmp_path, packed, "e.tsv.gz", max_neighbours=3).folder)
    pl.DataFrame(rows, ["a", "b", "count"], orient="row").write_parquet(tmp_path / "e.parquet")
    report = ingest(tmp_path / "w", "colisten", [tmp_path / "e.parquet"], max_neighbours=3)
    assert first == oracle.checksums(report.folder)


BAD_ROWS = [
    (b"a,,1", "no end"),
    (b" ,b,1", "no end"),
    (b"a,a,1", "both ends are the same"),
    *((f"a,b,{count}".encode(), "the count is no") for count in ("-1", "0", "x", "", "inf", "nan", "2.5", "1e99")),
    (b"a,b", "2 fields instead of 3"),
    (b"a,b,1,", "4 fields instead of 3"),
    (b"\xff,b,1", "not UTF-8"),
    (b"rag\xff,ged", "not UTF-8"),
    (b"a\0c,b,1", "NUL bytes"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS, ids=lambda value: str(value)[:20])
def test_a_bad_row_is_a_reject_with_its_line(tmp_path: Path, row: bytes, reason: str) -> None:
    text = b"\xef\xbb\xbfa,b,count\r\nx,y,3\r\n\r\n" + row + b'\r\n"y",\'z\xc3\xa9,1.0\r\n'
    report = read(tmp_path, text)
    assert oracle.written(report.folder) == {("x", "y"): 3, ("'zé", "y"): 1}
    (reject,) = oracle.table(report.folder, "rejects")
    assert (reject["file"], reject["position"]) == ("edges.csv", 4)
    assert reason in reject["reason"]
    assert str(report.tallies[0]) == (
        "rows: 4 read = 2 taken + 1 empty + 0 added to others + 0 the other way round + 1 rejected"
    )


def test_a_quote_that_never_ends_costs_its_line_only(tmp_path: Path) -> None:
    report = read(tmp_path, b'source,target\n1,2\n"3,4\n5,6\n7,8\n')
    assert oracle.written(report.folder) == {("1", "2"): 1, ("5", "6"): 1, ("7", "8"): 1}
    assert [reject["position"] for reject in oracle.table(report.folder, "rejects")] == [3]


@pytest.mark.parametrize("block_bytes", [64, 100, 1 << 22])
def test_where_blocks_end_does_not_matter(tmp_path: Path, monkeypatch, block_bytes: int) -> None:
    monkeypatch.setattr(_row_files, "opened", partial(_blocks.opened, block_bytes=block_bytes))
    monkeypatch.setattr(_delimited, "LONGEST_LINE", 1000)
    good = "".join(f'"t{i}, ""x""",u{i * 7 % 40},{i % 5 + 1}\n' for i in range(200))
    bad = 'rag\n"a\nb",c,1\n' + "x" * 5000 + ",y,1\n"
    report = read(tmp_path, f"a,b,count\n{good}{bad}last,row,9\n".encode())
    wanted = {(f't{i}, "x"', f"u{i * 7 % 40}"): i % 5 + 1 for i in range(200)} | {("last", "row"): 9}
    long_rows = {("x" * 5000, "y"): 1} if block_bytes > 5000 else {}
    assert oracle.written(report.folder) == wanted | long_rows
    rejects = [(reject["position"], reject["reason"][:12]) for reject in oracle.table(report.folder, "rejects")]
    too_long = [] if long_rows else [(204, "NUL bytes, b")]
    assert rejects == [(202, "1 fields ins"), (203, "a line break"), *too_long]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"a,b\n", b"a,b\nx,x\n", b"\xef\xbb\xbf"])
def test_an_empty_graph_is_one_clear_line(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(InputError, match="no edge is left") as error:
        read(tmp_path, text)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "w/catalogue/colisten").exists()


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'left' among from, to"):
        read(tmp_path, b"from,to\n1,2\n", track_a="left")
    with pytest.raises(InputError, match="name it with --track-b"):
        read(tmp_path, b"from,other\n1,2\n", track_a="from")


def test_columns_go_by_option_by_number_and_by_order(tmp_path: Path, capsys) -> None:
    expected = {("p", "q"): 1}
    assert oracle.written(read(tmp_path, b"n,p,q\n", track_a="2", track_b="3").folder) == expected
    assert oracle.written(read(tmp_path, b"left,n,right\np,1,q\n", track_a="left", track_b="right").folder) == expected
    assert oracle.written(read(tmp_path, b"p q 1\n", "e.txt").folder) == expected
    assert "no header; track_a = column 1, track_b = column 2, count = column 3" in capsys.readouterr().err


UUIDS = "".join(f"0{i}ab-{i}f,1{i}cd-{i}e,2{i}ef-{i}d\n" for i in range(4))
HEADERS = [
    ("anchor,positive,negative", "track_a = anchor, track_b = positive; not used: negative"),
    ("\ufeffartist_a,artist_b,how\r", "track_a = artist_a, track_b = artist_b; not used: how"),
    ("artist_id_1,artist_id_2,x", "track_a = artist_id_1, track_b = artist_id_2; not used: x"),
    ("trackA_id,trackB_id,x", "track_a = trackA_id, track_b = trackB_id; not used: x"),
]


@pytest.mark.parametrize(("header", "told"), HEADERS)
def test_a_header_is_no_row(tmp_path: Path, capsys, header: str, told: str) -> None:
    report = read(tmp_path, f"{header}\n{UUIDS}".encode())
    assert set(oracle.written(report.folder)) == {(f"0{i}ab-{i}f", f"1{i}cd-{i}e") for i in range(4)}
    assert f"a header; {told}" in capsys.readouterr().err


@pytest.mark.parametrize("header", ["query,answer,score", "this,that,other", "userID,tagValue,when"])
def test_a_header_that_names_no_end_is_never_taken_by_its_order(tmp_path: Path, header: str) -> None:
    text = f"{header}\n{UUIDS}".encode()
    with pytest.raises(InputError, match=f"name the columns with --track-a and --track-b; there are: {header[:4]}"):
        read(tmp_path, text)
    assert read(tmp_path, text, track_a=header.split(",")[0], track_b="2").tallies[0].read == 4


@pytest.mark.parametrize("first", ["abba,queen", "abba,t3", "t1,t2"])
def test_ids_without_digits_are_no_header_where_they_or_their_like_come_again(tmp_path: Path, first: str) -> None:
    rows = [first, "t3,abba", "t4,t5", "blur,oasis", "queen,t1"]
    assert read(tmp_path, "\n".join(rows).encode()).tallies[0].read == len(rows)


@needs_real_data
def test_published_triplets_have_a_header(tmp_path: Path) -> None:
    report = ingest(tmp_path, "artists", [REAL / "artist-triplets" / "triplets_ids_spot.csv.zst"])
    assert report.tallies[0].read == 15_764
    assert not {key for pair in oracle.written(report.folder) for key in pair} & {"anchor", "positive"}


@needs_real_data
def test_tags_are_no_listens(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name the columns with --user and --track; there are: tagID, tagValue"):
        listens.ingest(tmp_path, "tags", [REAL / "hetrec2011-lastfm-2k" / "tags.dat.zst"])


@pytest.mark.parametrize("name", ["edges.csv", "g.json"])
def test_counts_that_are_none_are_told_and_may_be_left_out(tmp_path: Path, name: str) -> None:
    ends = [("x", "y", 0.5), ("y", "z", 0.25)]
    links = [{"source": a, "target": b, "weight": weight} for a, b, weight in ends]
    text = json.dumps({"links": links}).encode() if name == "g.json" else as_text(ends)
    with pytest.raises(
        InputError, match=rf"{name}, row \d: the count is no whole number .*`--no-count` takes"
    ) as error:
        read(tmp_path, text, name)
    assert "\n" not in str(error.value)
    assert oracle.written(read(tmp_path, text, name, no_count=True).folder) == {("x", "y"): 1, ("y", "z"): 1}
    with pytest.raises(UsageError, match="give one of them"):
        read(tmp_path, text, name, count="count", no_count=True)


GRAPHS = {"g.graphml": networkx.write_graphml, "g.gexf": networkx.write_gexf, "g.gml": networkx.write_gml}


@pytest.mark.parametrize("name", [*GRAPHS, "g.json"])
def test_graph_files_give_edges_counts_and_names(tmp_path: Path, name: str) -> None:
    graph = networkx.Graph()
    graph.add_node(1, title="Träume", artist="Nena")
    graph.add_node(2, title="Two", artist="Nena")
    graph.add_node(3)
    graph.add_node(4, title="alone")
    graph.add_edge(1, 2, count=5)
    graph.add_edge(2, 3)
    if name == "g.json":
        (tmp_path / name).write_text(json.dumps(networkx.node_link_data(graph, edges="edges")))
    else:
        GRAPHS[name](graph, tmp_path / name)
    report = ingest(tmp_path / "w", "g", [tmp_path / name])
    tracks = oracle.table(report.folder, "tracks")
    assert len(tracks) == 3
    assert sorted(oracle.written(report.folder).values()) == [1, 5]
    assert ("Träume", "Nena") in [(track["title"], track["artist"]) for track in tracks]
    assert [artist["key"] for artist in oracle.table(report.folder, "artists")] == ["name:Nena"]
    assert len(oracle.table(report.folder, "track_artists")) == 2


def test_bad_links_of_a_graph_are_rejects_and_a_broken_graph_one_line(tmp_path: Path) -> None:
    links = [{"source": 1, "target": "x"}, {"source": 1}, {"source": None, "target": 2}, 7, {"source": 3, "target": 3}]
    (tmp_path / "g.json").write_text(json.dumps({"nodes": [], "links": links}))
    report = ingest(tmp_path / "w", "g", [tmp_path / "g.json"])
    assert oracle.written(report.folder) == {("1", "x"): 1}
    assert [reject["position"] for reject in oracle.table(report.folder, "rejects")] == [2, 3, 4, 5]
    for name, text in {"b.graphml": "<graphml><node", "b.gml": "graph [", "b.json": "[1]", "b.gexf": ""}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match="no graph that can be read") as error:
            ingest(tmp_path / "w", "b", [tmp_path / name])
        assert "\n" not in str(error.value)


@needs_real_data
def test_art_of_the_mix_bigrams(tmp_path: Path) -> None:
    path = REAL / "aotm2011" / "aotm-bigrams.csv.gz"
    report = ingest(tmp_path, "aotm", [path])
    with gzip.open(path, "rt") as file:
        rows = [(*line.strip().split(","), 1) for line in file]
    merged = oracle.merged(rows)
    tracks = {end for pair in merged for end in pair}
    assert (report.tallies[0].read, report.tables["tracks"]) == (66_250, 26_752)
    assert oracle.written(report.folder) == oracle.sanitised(merged, tracks, 1, 250)


@needs_real_data
def test_a_real_graph_with_a_header(tmp_path: Path) -> None:
    report = ingest(tmp_path, "deezer", [REAL / "deezer-gemsec" / "HU_edges.csv.zst"])
    assert report.tables == {"tracks": 47_538, "edges": 222_887, "rejects": 0}
