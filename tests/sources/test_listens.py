import json
import tarfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import colisten_oracle as oracle
import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.errors import InputError
from pairmine.sources.listens import ingest

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "colisten"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL.name}")
MBID = "7133862a-0fd3-4d1c-9cb6-3be5e051af1{}"

USERS, TRACKS = st.sampled_from(["u1", "ü", "3", "4", "5"]), st.sampled_from(["a", "ß", "C", "10", "9", "日"])
LISTENS = st.lists(st.tuples(USERS, TRACKS), min_size=1)


def read(tmp_path: Path, text: str | bytes, name: str = "listens.csv", **options):
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return ingest(tmp_path / "w", "listens", [tmp_path / name], **options)


@settings(max_examples=25)
@given(LISTENS, st.integers(1, 3), st.none() | st.integers(2, 5), st.integers(1, 3), st.integers(1, 4))
def test_the_whole_chain_is_that_of_the_paper(tmp_path_factory, listens, fewest, most, min_count, k) -> None:
    tmp_path = tmp_path_factory.mktemp("listens")
    pairs, tracks = oracle.counted(listens, fewest, most)
    wanted = oracle.sanitised(pairs, tracks, min_count, k)
    text = "user,track\n" + "".join(f"{user},{track}\n" for user, track in listens)
    options = {"min_user_tracks": fewest, "max_user_tracks": most, "min_count": min_count, "max_neighbours": k}
    if not wanted:
        with pytest.raises(InputError, match="no two tracks share"):
            read(tmp_path, text, **options)
        return
    report = read(tmp_path, text, **options)
    assert oracle.written(report.folder) == wanted
    assert {track["key"] for track in oracle.table(report.folder, "tracks")} == tracks
    by_unit = {tally.unit: tally for tally in report.tallies}
    heard = Counter(user for user, _ in set(listens))
    assert by_unit["listens"].read == len(listens)
    assert by_unit["users"].read == len(heard)
    assert by_unit["users"].skipped[f"under {fewest} tracks"] == sum(size < fewest for size in heard.values())
    assert by_unit["edges"].read == len(pairs)
    assert by_unit["edges"].skipped[f"under {min_count}"] == sum(count < min_count for count in pairs.values())


def test_the_order_of_rows_and_files_the_format_and_the_threads_change_no_byte(tmp_path: Path) -> None:
    rows = [(f"u{i % 13}", f"t{i * i % 31}", f"T{i % 7}", f"A{i * i % 31 % 5}") for i in range(400)]
    names = ["user", "track", "title", "artist"]
    frame = pl.DataFrame(rows, names, orient="row")
    frame.write_csv(tmp_path / "all.csv")
    frame[::-1].write_csv(tmp_path / "back.tsv", separator="\t")
    frame[:150].write_parquet(tmp_path / "2.parquet")
    frame[150:].write_parquet(tmp_path / "1.parquet")
    first = ingest(tmp_path / "w", "l", [tmp_path / "all.csv"], max_neighbours=4)
    wanted = oracle.checksums(first.folder)
    assert len(wanted) == 5
    assert first.conflicts["tracks"] > 0
    for threads, files in enumerate((["back.tsv"], ["1.parquet", "2.parquet"], ["all.csv"]), 1):
        paths = [tmp_path / file for file in files]
        report = ingest(tmp_path / "w", "l", paths, max_neighbours=4, threads=threads)
        assert oracle.checksums(report.folder) == wanted
    titles = {track["key"]: track["title"] for track in oracle.table(first.folder, "tracks")}
    assert titles == {key: min(row[2] for row in rows if row[1] == key) for key in titles}


def test_lastfm_1k_tracks_without_id_go_by_name(tmp_path: Path) -> None:
    times = "2009-05-04T23:08:57Z"
    lines = [
        ("user_1", times, "art-1", 'Deep "Dish"', "trk-1", "Fuck Me"),
        ("user_1", times, "", "坂本龍一", "", 'Composition "0919'),
        ("user_2", times, "", "坂本龍一", "", 'Composition "0919'),
        ("user_2", times, "art-1", 'Deep "Dish"', "trk-1", "Fuck Me"),
        ("user_2", times, "art-1", 'Deep "Dish"', "", ""),
        ("user_2", times, "art-1", "ragged"),
    ]
    report = read(tmp_path, "".join("\t".join(line) + "\n" for line in lines), "userid.tsv")
    named = 'name:坂本龍一 / Composition "0919'
    assert oracle.written(report.folder) == {(named, "trk-1"): 2}
    artists = {(artist["key"], artist["name"]) for artist in oracle.table(report.folder, "artists")}
    assert artists == {("art-1", 'Deep "Dish"'), ("name:坂本龍一", "坂本龍一")}
    rejects = [(reject["position"], reject["reason"]) for reject in oracle.table(report.folder, "rejects")]
    assert rejects == [(5, "no track"), (6, "4 fields instead of 6")]


def listen(user: str, number: int, **track: object) -> str:
    metadata = {"track_name": f"T{number}", "artist_name": "Kiasmos", **track}
    return json.dumps({"user_name": user, "listened_at": 1, "recording_msid": f"m{number}", "track_metadata": metadata})


def test_listenbrainz_lines(tmp_path: Path) -> None:
    mapped = {"mbid_mapping": {"recording_mbid": MBID.format(1), "artist_mbids": [MBID.format(2), MBID.format(3)]}}
    bad_mbid = {"additional_info": {"recording_mbid": "no mbid", "artist_mbids": [None, ""]}}
    lines = [listen("a", 1, **mapped), listen("b", 1, **mapped), listen("a", 2, **bad_mbid), listen("b", 2)]
    bad = [
        "{",
        '{"user_name": "a", "listened_at": NaN, "track_metadata": {}}',
        '{"user_name": "a", "track_metadata": null}',
        "[1]",
        '{"user_name": "a", "track_metadata": {"track_name": "x"}}',
        '{"track_metadata": {"track_name": "x", "artist_name": "y"}}',
        '{"user_name": "a", "track_metadata": {"track_name": "\\u0000x", "artist_name": "y"}}',
        '{"user_name": "a\\ud800", "track_metadata": {"track_name": "x", "artist_name": "y"}}',
    ]
    report = read(tmp_path, "\n".join([*lines, "", *bad]), "1.listens")
    assert oracle.written(report.folder) == {(MBID.format(1), "m2"): 2}
    rejects = oracle.table(report.folder, "rejects")
    assert [reject["position"] for reject in rejects] == list(range(6, 6 + len(bad)))
    assert report.tallies[0].read == len(lines) + 1 + len(bad)
    assert len(oracle.table(report.folder, "track_artists")) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b",a,1", "no user"),
        (b"u,,1", "no track"),
        (b"u,a,0", "the count is no"),
        (b"u,a", "2 fields"),
        (b"u,\xe9,1", "not UTF-8"),
        (b'u,"a\nb",1', "a line break"),
    ],
)
def test_a_bad_row_is_a_reject_with_its_number(tmp_path: Path, row: bytes, reason: str) -> None:
    good = b"userID,song,plays\nu,a,1\nu,b,300000\nv,a,1\nv,b,2\n"
    report = read(tmp_path, good + row + b"\n")
    assert oracle.written(report.folder) == {("a", "b"): 2}
    (reject,) = oracle.table(report.folder, "rejects")
    assert reject["position"] == 6
    assert reason in reject["reason"]


def test_lines_of_a_user_and_all_tracks(tmp_path: Path) -> None:
    report = read(tmp_path, "0 7 8 9 9 10\n1 7 8\n2\n\n3 8 9 7 1\n", "test.txt")
    assert oracle.written(report.folder) == {("7", "8"): 3, ("7", "9"): 2, ("8", "9"): 2}
    assert report.tallies[0].rejected == 1


def test_damaged_files_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    good = b"user,track\n" + b"".join(b"u%d,t%d\n" % (i % 5, i % 3) for i in range(30))
    packed = zstandard.compress(good)
    (tmp_path / "cut.csv.zst").write_bytes(packed[:-3])
    (tmp_path / "good.csv").write_bytes(good)
    report = ingest(tmp_path / "w", "l", [tmp_path])
    assert report.tables["edges"] == 3
    assert [tally.rejected for tally in report.tallies if tally.unit == "files"] == [1]
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match=r"bad\.parquet: damaged Parquet"):
        ingest(tmp_path / "w", "l", [tmp_path / "bad.parquet"])


@needs_real_data
def test_hetrec_as_listens_of_artists(tmp_path: Path) -> None:
    path = REAL / "hetrec2011-lastfm-2k" / "user_artists.dat.zst"
    report = ingest(tmp_path, "hetrec", [path], track="artistID")
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().decode()
    rows = [tuple(line.split("\t")[:2]) for line in text.splitlines()[1:]]
    pairs, tracks = oracle.counted(rows)
    assert (report.tallies[0].read, report.tallies[1].read) == (92_834, 1_892)
    assert report.tallies[2].read == len(pairs)
    assert oracle.written(report.folder) == oracle.sanitised(pairs, tracks, 2, 250)


@needs_real_data
def test_kgat_lines(tmp_path: Path) -> None:
    report = ingest(tmp_path, "kgat", [REAL / "kgat-last-fm" / "test.txt.zst"], max_user_tracks=500)
    assert (report.tallies[0].read, report.tallies[1].read) == (616_336, 23_566)


@needs_real_data
def test_echo_nest_triplets(tmp_path: Path) -> None:
    path = REAL / "echonest-taste-profile" / "id_train_triplets.csv.zst"
    report = ingest(tmp_path, "echo", [path], min_count=1)
    assert (report.tallies[0].taken, report.rejects) == (1_000, 0)


@needs_real_data
def test_listenbrainz_as_it_is_published(tmp_path: Path) -> None:
    stream = zstandard.ZstdDecompressor().stream_reader((REAL / "listenbrainz" / "testdata.tar.zst").read_bytes())
    with tarfile.open(fileobj=BytesIO(stream.read())) as archive:
        archive.extractall(tmp_path / "data", filter="data")
    report = ingest(tmp_path, "full", [tmp_path / "data/listenbrainz_spark/testdata/full-dump-1"], min_count=1)
    assert (report.tallies[0].read, report.tallies[1].taken, report.tables["tracks"]) == (68, 2, 50)
    with pytest.raises(InputError, match="77 rejected"):
        ingest(tmp_path, "json", [tmp_path / "data/listenbrainz/testdata"], min_count=1)


def test_a_file_that_may_not_be_read_is_an_input_error(tmp_path, monkeypatch) -> None:
    def denied(path: Path, *_, **__):
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.tsv").touch()
    with pytest.raises(InputError, match=r"a\.tsv: Permission denied"):
        monkeypatch.setattr(Path, "open", denied)
        ingest(tmp_path / "w", "listens", [tmp_path / "a.tsv"])
