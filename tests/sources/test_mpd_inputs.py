"""What `ingest mpd` makes of files and folders that are not as they should be, and of names that disagree."""

import errno
import gzip
import json
import random
import zlib
from pathlib import Path
from typing import Any

import pytest
import zstandard
from mpd_checks import check, fingerprint, table

from pairmine.catalogue import Ingested
from pairmine.errors import InputError
from pairmine.sources import mpd
from pairmine.sources._salvage import salvage


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("tail", [b"\n\n\n\n", b"junk" * 30_000, gzip.compress(b" ")[:-9], b"\0\0"])
@pytest.mark.parametrize("count", [3, 30_000])
def test_what_follows_compressed_data_costs_nothing_of_it(pack: Any, tail: bytes, count: int, tmp_path: Path) -> None:
    data = json.dumps([{"pid": pid, "tracks": [{"track_uri": "t"}]} for pid in range(count)]).encode()
    path = tmp_path / "tail.json"
    path.write_bytes(pack(data[:20]) + pack(data[20:]) + tail)
    ingested = mpd.ingest(tmp_path, "mpd", [path])
    check(ingested)
    assert ingested.tables["playlists"] == count
    reasons = table(ingested, "rejects")["reason"].to_list()
    assert [reason[:30] for reason in reasons] == ["the compressed data is damaged"][: ingested.rejects]
    assert ingested.rejects == 1 or (tail == b"\0\0" and pack is gzip.compress)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_all_before_a_cut_or_a_wrong_byte_is_salvaged(pack: Any, tmp_path: Path) -> None:
    chance = random.Random(0)
    data = "".join(f"{chance.choice('abc')}{chance.randrange(10**9)}\n" for _ in range(40_000)).encode()
    packed = pack(data)
    path = tmp_path / "cut"
    for place in (len(packed) // 2, len(packed) - 10, 100_000, 70_000):
        path.write_bytes(packed[:place])
        cut = salvage(path, 0)
        lossless = zlib.decompressobj(31) if pack is gzip.compress else zstandard.ZstdDecompressor().decompressobj()
        assert cut == lossless.decompress(packed[:place]) and salvage(path, 100) == cut[100:]
        path.write_bytes(packed[:place] + b"\xff" * 300)
        wrong = salvage(path, 0)
        assert wrong[: len(cut)] == cut
    path.write_bytes(packed)
    assert salvage(path, len(data) - 5) == data[-5:]


def rows(ingested: Ingested, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return table(ingested, name).select(columns).rows()


def test_albums_without_uri_are_told_apart_by_artist(tmp_path: Path) -> None:
    hits = {"album_name": "Greatest Hits"}
    tracks = [
        {"track_uri": "t1", "artist_name": "Queen"} | hits,
        {"track_uri": "t2", "artist_name": "ABBA"} | hits,
        {"track_uri": "t3"} | hits,
        {"track_uri": "t4", "artist_uri": "a", "artist_name": "Queen"} | hits,
        {"track_uri": "t5", "artist_name": "Queen", "album_uri": "l"} | hits,
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"pid": 1, "tracks": tracks}]))
    ingested = mpd.ingest(tmp_path, "mpd", [path])
    keys = ["l", "name: / Greatest Hits", "name:ABBA / Greatest Hits", "name:Queen / Greatest Hits"]
    assert rows(ingested, "releases", "key", "title") == [(key, "Greatest Hits") for key in keys]
    assert rows(ingested, "track_releases", "track_id", "release_id") == [(0, 3), (1, 2), (2, 1), (3, 3), (4, 0)]


def test_names_of_tracks_do_not_contradict_their_relations(tmp_path: Path) -> None:
    said = [
        {"artist_name": "X", "album_name": "K"},
        {"artist_uri": "a:1", "artist_name": "Y", "album_uri": "l:1"},
        {"artist_uri": "a:2", "artist_name": "Z", "album_name": "M"},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"pid": 1, "tracks": [{"track_uri": "t"} | some for some in said]}]))
    ingested = mpd.ingest(tmp_path, "mpd", [path])
    assert rows(ingested, "tracks", "artist", "album") == [("Y", "K")]
    assert rows(ingested, "artists", "key", "name") == [("a:1", "Y")]
    assert rows(ingested, "releases", "key", "title") == [("l:1", None)]


def test_links_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    real, alias = tmp_path / "in" / "real.json", tmp_path / "in" / "alias.json"
    real.parent.mkdir()
    real.write_text('[{"pid": 1, "name": 5, "tracks": [{"track_uri": "t"}]}]')
    alias.symlink_to(real)
    orders = [[real, alias], [alias, real], [real.parent]]
    prints = [fingerprint(mpd.ingest(tmp_path / str(n), "mpd", order).folder) for n, order in enumerate(orders)]
    assert prints[0] == prints[1] == prints[2]
    assert rows(mpd.ingest(tmp_path, "mpd", [real, alias]), "rejects", "file") == [("alias.json",)]


def test_links_in_folders_are_followed_once(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "a.json").write_text('[{"pid": 1, "tracks": [{"track_uri": "t"}]}]')
    (elsewhere / "back").symlink_to(folder)
    (folder / "there").symlink_to(elsewhere)
    (folder / "x.json").symlink_to(tmp_path / "nowhere")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    ingested = mpd.ingest(tmp_path, "mpd", [folder])
    check(ingested)
    lost = [(name, 0, "the link leads nowhere") for name in ("loop.json", "x.json")]
    assert rows(ingested, "rejects", "file", "position", "reason") == lost
    (files,) = (tally for tally in ingested.tallies if tally.unit == "files")
    assert (files.taken, files.rejected) == (1, 2)
    (elsewhere / "a.json").unlink()
    with pytest.raises(InputError, match=r"loop\.json, byte 0: the link leads nowhere"):
        mpd.ingest(tmp_path, "mpd", [folder])


def test_errors_are_one_line_and_name_the_first_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairmine.sources._rejects.REJECTS_IN_MEMORY", 2)
    path = tmp_path / "a\nb.json"
    path.write_text('[{"pid": 1}, {"pid": 2}, {"pid": 3}]')
    with pytest.raises(InputError, match=r"\(a\\nb.json, byte 1: playlist 1: tracks: expected a list\)") as caught:
        mpd.ingest(tmp_path, "mpd", [path])
    for missing in (tmp_path / "no\n.json", tmp_path / "no\nfolder"):
        with pytest.raises(InputError) as caught:
            mpd.ingest(tmp_path, "mpd", [missing])
        assert "\n" not in str(caught.value)


def test_the_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    listed = Path.iterdir

    def refuse(path: Path) -> Any:
        if path == inner:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match="inner: Permission denied"):
        mpd.ingest(tmp_path, "mpd", [tmp_path])
