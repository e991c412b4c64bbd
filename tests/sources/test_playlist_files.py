"""`ingest playlists` on playlist files: M3U, PLS, XSPF as players write them, and hostile ones."""

import unicodedata
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpd_checks import fingerprint, table
from playlist_oracle import check, keyed

from pairmine import catalogue
from pairmine.catalogue import Ingested, Tally
from pairmine.errors import InputError, MissingError
from pairmine.sources import playlists
from pairmine.sources._playlist_files import read_playlist
from pairmine.sources._playlist_items import Item, UnreadableError
from pairmine.sources._playlist_keys import AudioKeys, below, path_of
from tests.worlds import table as made_table

names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="\ufffd"), min_size=1)
items = st.lists(st.tuples(names, names, names, st.integers(1, 9999)), max_size=5)


def m3u(made: list[tuple[str, str, str, int]]) -> str:
    entries = [f"#EXTINF:{length},{artist} - {title}\nm/{file}\n" for file, title, artist, length in made]
    return "#EXTM3U\n" + "".join(entries)


def pls(made: list[tuple[str, str, str, int]]) -> str:
    entries = [
        f"File{n}=m/{file}\nTitle{n}={artist} - {title}\nLength{n}={length}\n"
        for n, (file, title, artist, length) in enumerate(made, 1)
    ]
    return "[playlist]\n" + "".join(reversed(entries)) + "NumberOfEntries=1\n"


def xspf(made: list[tuple[str, str, str, int]]) -> str:
    entries = [
        f"<track><location>m/{quote(file)}</location><title>{escape(title)}</title>"
        f"<creator>{escape(artist)}</creator><duration>{1000 * length}</duration></track>"
        for file, title, artist, length in made
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>'
    return head + "".join(entries) + "</trackList></playlist>"


@given(items)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_formats_say_the_same(tmp_path: Path, made: list[tuple[str, str, str, int]]) -> None:
    expected = [(f"m/{file}", title, artist, 1000 * length) for file, title, artist, length in made]
    for name, write in (("a.m3u", m3u), ("a.m3u8", m3u), ("a.pls", pls), ("a.xspf", xspf)):
        path = tmp_path / name
        path.write_text(write(made), encoding="utf-8", newline="\r\n")
        found = read_playlist(path)
        assert not found.faults
        assert [(i.location, i.title, i.artist, i.duration_ms) for i in found.items] == expected


@given(st.binary(max_size=200), st.sampled_from(["a.m3u", "a.m3u8", "a.pls", "a.xspf"]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    try:
        found = read_playlist(path)
    except UnreadableError as error:
        assert "\n" not in str(error)
    else:
        assert all(item.location.isprintable() for item in found.items)


def test_what_players_write(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u"
    path.write_bytes(
        b'#EXTM3U\r\n#PLAYLIST:Hits\r\n# a remark\r\n#EXTINF:-1 tvg-id="x",Radio\r\nhttp://a/b\r\n'
        b"#EXTALB:Album\r\n#EXTINF:12.5,Caf\xe9 - Noir - Blanc\r\ncaf\xe9.mp3\r\n\r\nplain.mp3"
    )
    found = read_playlist(path)
    assert found.title == "Hits"
    assert found.items == [
        Item(5, "http://a/b", "Radio"),
        Item(8, "café.mp3", "Noir - Blanc", "Café", "Album", 12_500),
        Item(10, "plain.mp3"),
    ]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><playlist><title>&b;</title></playlist>'
SECRET = '<!DOCTYPE x [<!ENTITY a SYSTEM "secret.txt">]><playlist><title>&a;</title></playlist>'
REMOTE = '<!DOCTYPE playlist SYSTEM "http://localhost/x.dtd"><playlist/>'


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xspf", BOMB.encode(), "a DTD"),
        ("a.xspf", SECRET.encode(), "a DTD"),
        ("a.xspf", REMOTE.encode(), "a DTD"),
        ("a.xspf", b"<playlist><trackList>", "malformed XML"),
        ("a.xspf", b"<playlist><title>&x;</title></playlist>", "malformed XML"),
        ("a.xspf", b"<rss/>", "<rss>, no XSPF playlist"),
        ("a.m3u", b"\x00\x01\x02", "binary data"),
        ("a.m3u", "#EXTM3U\na".encode("utf-16"), "text in UTF-16"),
        ("a.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\nseg.ts\n", "line 2: the segments of a stream"),
        ("a.pls", b"File1=x\n", "no [playlist]"),
    ],
)
def test_files_that_are_no_playlists_are_told(name: str, data: bytes, reason: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret")
    (folder / name).write_bytes(data)
    with pytest.raises(InputError, match="nothing could be read") as caught:
        playlists.ingest(tmp_path, "playlists", [folder])
    assert reason in str(caught.value)
    (folder / "good.m3u").write_text("a.mp3\n")
    ingested = playlists.ingest(tmp_path, "playlists", [folder])
    check(ingested)
    assert [text[: len(reason)] for (text,) in keyed(ingested, "rejects", "reason")] == [reason]
    assert table(ingested, "playlists")["key"].to_list() == ["good.m3u"]


@pytest.mark.parametrize(
    ("location", "folder", "key"),
    [
        ("a.mp3", "lists", "lists/a.mp3"),
        ("./x/../a.mp3", ".", "a.mp3"),
        ("../music/a.mp3", "lists", "music/a.mp3"),
        ("../../../etc/passwd", "lists", "../../etc/passwd"),
        ("/m/./a.mp3", "lists", "/m/a.mp3"),
        (r"sub\a.mp3", "lists", "lists/sub/a.mp3"),
        (r"C:\m\..\a.mp3", "lists", "C:/a.mp3"),
        ("C:/m/a.mp3", "lists", "C:/m/a.mp3"),
        ("file:///m/a%20b.mp3", "lists", "/m/a b.mp3"),
        ("file:///C:/m/a.mp3", "lists", "C:/m/a.mp3"),
        ("Intro: one.mp3", "lists", "lists/Intro: one.mp3"),
    ],
)
def test_paths_are_seen_from_the_folder(location: str, folder: str, key: str) -> None:
    path = path_of(location)
    assert path is not None and below(path, folder) == key


@pytest.mark.parametrize("address", ["http://a/b c.mp3", "spotify:track:1", "HTTPS://a/../b", "name:A / B"])
def test_addresses_stay_as_they_are(address: str) -> None:
    assert path_of(address) is None


def test_ends_of_paths_find_the_audio() -> None:
    composed, decomposed = (unicodedata.normalize(form, "é/a.mp3") for form in ("NFC", "NFD"))
    keys = AudioKeys(["a.mp3", "x/a.mp3", "y/x/a.mp3", "b.mp3", decomposed])
    assert keys.find("/home/y/x/a.mp3") == "y/x/a.mp3"
    assert keys.find("/home/zx/a.mp3") == "a.mp3"
    assert keys.find(f"/m/{composed}") == decomposed
    assert keys.find("/m/ab.mp3") is None and keys.find("c.mp3") is None
    assert AudioKeys([composed, decomposed]).find(f"/m/{decomposed}") == decomposed


def write_audio(workspace: Path, keys: list[str]) -> None:
    with catalogue.writer(workspace, "audio", "audio") as writer:
        writer.write(
            "tracks", made_table("tracks", [{"track_id": n, "key": key} for n, key in enumerate(sorted(keys))])
        )
        writer.commit([Tally("files", len(keys))], {})


def ingest(workspace: Path, folder: Path, audio: str | None = None) -> Ingested:
    ingested = playlists.ingest(workspace, "playlists", [folder], audio=audio)
    check(ingested)
    return ingested


def test_entries_go_by_the_keys_of_the_audio(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    (folder / "lists").mkdir(parents=True)
    (folder / "lists" / "a.m3u").write_text("../rock/a.mp3\nD:\\Music\\rock\\b.mp3\nhttp://a/b.mp3\n/lost.mp3\n")
    with pytest.raises(MissingError):
        ingest(tmp_path, folder, "audio")
    write_audio(tmp_path, ["rock/a.mp3", "rock/b.mp3", "b.mp3"])
    ingested = ingest(tmp_path, folder, "audio")
    assert table(ingested, "tracks")["key"].to_list() == ["rock/a.mp3", "rock/b.mp3"]
    (entries,) = (tally for tally in ingested.tallies if tally.unit == "entries")
    assert (entries.taken, entries.skipped["not among the audio"]) == (2, 2)


def test_a_folder_gives_the_same_wherever_it_lies(tmp_path: Path) -> None:
    prints = []
    for place in ("here", "there/and/back"):
        folder = tmp_path / place
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a.m3u").write_text("#EXTINF:5,A - B\nx.mp3\n../y.mp3\n")
        (folder / "same.m3u").write_text("sub/x.mp3\n")
        (folder / "empty.m3u8").write_text("#EXTM3U\n")
        ingested = ingest(tmp_path / f"w{len(prints)}", folder)
        prints.append(fingerprint(ingested.folder))
        assert table(ingested, "tracks")["key"].to_list() == ["sub/x.mp3", "y.mp3"]
        assert table(ingested, "playlists")["key"].to_list() == ["empty.m3u8", "same.m3u", "sub/a.m3u"]
        assert table(ingested, "playlists")["num_tracks"].to_list() == [0, 1, 2]
    assert prints[0] == prints[1]
