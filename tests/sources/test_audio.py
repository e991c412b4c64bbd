"""`ingest audio`: tags of every format in the catalogue's words; what is no audio is told, and nothing else is read."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairmine import checking
from pairmine.catalogue import Ingested
from pairmine.errors import InputError
from pairmine.sources import audio
from pairmine.sources._audio_tags import NotAudioError, Song, read
from tests.sources.audio_files import write_flac, write_wav

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
BEETS, CLIPS = DATA / "matching" / "beets-tagged-audio" / "rsrc.tar.zst", DATA / "audio"
FORMATS = ("aiff", "alac.m4a", "ape", "dsf", "flac", "m4a", "mp3", "mpc", "ogg", "opus", "wma", "wv")
CODECS = {
    "aiff": "pcm", "alac.m4a": "alac", "ape": "ape", "dsf": "dsd", "flac": "flac", "m4a": "aac", "mp3": "mp3",
    "mpc": "musepack", "ogg": "vorbis", "opus": "opus", "wma": "wma", "wv": "wavpack",
}  # fmt: skip


def rows(ingested: Ingested, table: str) -> list[tuple[Any, ...]]:
    return pl.read_parquet(ingested.folder / table / "*.parquet").rows()


def related(ingested: Ingested, what: str) -> list[tuple[str, str]]:
    """Return (track's key, name) of a relation, by the ids in the tables."""
    tracks = {track: key for track, key, *_ in rows(ingested, "tracks")}
    names = {number: name for number, _, name, *_ in rows(ingested, f"{what}s")}
    return [(tracks[track], names[other]) for track, other in rows(ingested, f"track_{what}s")]


def ingested(folder: Path, **options: Any) -> Ingested:
    return audio.ingest(folder.parent / "workspace", "music", folder, **options)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    return tmp_path / "music"


def test_tags_fill_every_table(music: Path) -> None:
    write_wav(
        music / "b" / "one.wav", TIT2="One", TPE1=["Ann", "Bob"], TALB="Both", TPE2="Ann", TCON="(17)Pop",
        TPUB="Small Label", TDRC="2001-05-06",
    )  # fmt: skip
    write_flac(
        music / "a.flac", title="Two", artist="Ann", album="Both", albumartist="Ann", date="2001",
        genre=["Jazz", "Pop"], organization="Small Label",
    )  # fmt: skip
    write_flac(music / "Ann - Three.flac")
    made = ingested(music)
    assert rows(made, "tracks") == [
        (0, "Ann - Three.flac", "Ann - Three", None, None, 1_500),
        (1, "a.flac", "Two", "Ann", "Both", 1_500),
        (2, "b/one.wav", "One", "Ann, Bob", "Both", 250),
    ]
    sizes = [(music / key).stat().st_size for _, key, *_ in rows(made, "tracks")]
    assert rows(made, "audio_files") == [
        (0, "Ann - Three.flac", 1_500, 8_000, 2, sizes[0], "flac"),
        (1, "a.flac", 1_500, 8_000, 2, sizes[1], "flac"),
        (2, "b/one.wav", 250, 8_000, 1, sizes[2], "pcm"),
    ]
    assert rows(made, "artists") == [(0, "name:Ann", "Ann"), (1, "name:Bob", "Bob")]
    assert rows(made, "releases") == [(0, "name:Ann / Both", "Both", 2001, None, None, None)]
    assert related(made, "artist") == [("a.flac", "Ann"), ("b/one.wav", "Ann"), ("b/one.wav", "Bob")]
    assert related(made, "release") == [("a.flac", "Both"), ("b/one.wav", "Both")]
    assert related(made, "label") == [("a.flac", "Small Label"), ("b/one.wav", "Small Label")]
    assert rows(made, "track_tags") == [
        (1, "genre", "Jazz"),
        (1, "genre", "Pop"),
        (2, "genre", "Pop"),
        (2, "genre", "Rock"),
    ]
    assert rows(made, "rejects") == []
    assert made.tallies[0].taken == made.tallies[0].read == 3
    checking.check(music.parent / "workspace", None, None).raise_problems()


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("AC/DC", ("AC/DC",)),
        ("Ann / Bob", ("Ann", "Bob")),
        ("Ann; Bob;Cid", ("Ann", "Bob;Cid")),
        ("Ann feat. Bob", ("Ann feat. Bob",)),
        ("Simon & Garfunkel", ("Simon & Garfunkel",)),
        (["Ann / Bob", "Cid"], ("Ann / Bob", "Cid")),
        (["Ann", "Ann", " "], ("Ann",)),
        ("  ", ()),
        ("Björk\tGuðmundsdóttir", ("Björk Guðmundsdóttir",)),
    ],
)
def test_several_artists_are_kept_apart(written: str | list[str], names: tuple[str, ...], tmp_path: Path) -> None:
    for path in (write_flac(tmp_path / "x.flac", artist=written), write_wav(tmp_path / "x.wav", TPE1=written)):
        assert read(path, path.name).artists == names


def test_a_tag_of_artists_wins_over_their_line(tmp_path: Path) -> None:
    path = write_flac(tmp_path / "x.flac", artist="Ann feat. Bob", artists=["Ann", "Bob"])
    assert read(path, "x").artists == ("Ann", "Bob")
    path = write_wav(tmp_path / "x.wav", TPE1="Ann feat. Bob", TXXX_ARTISTS=["Ann", "Bob"])
    assert read(path, "x").artists == ("Ann", "Bob")


def test_releases_are_known_by_their_id_or_their_artist(music: Path) -> None:
    write_flac(music / "1.flac", album="Hits", artist="Ann", musicbrainz_albumid="id-1")
    write_flac(music / "2.flac", album="Hits (Deluxe)", artist="Bob", musicbrainz_albumid="id-1", date="May 1999")
    write_flac(music / "3.flac", album="Hits", artist="Bob")
    write_flac(music / "4.flac", album="Hits")
    made = ingested(music)
    assert [row[1:4] for row in rows(made, "releases")] == [
        ("mbid:id-1", "Hits", 1999),
        ("name:Bob / Hits", "Hits", None),
        ("name:Hits", "Hits", None),
    ]
    assert made.conflicts == {"releases": 1}


def test_what_is_no_audio_is_rejected_with_its_reason(music: Path) -> None:
    good = write_wav(music / "good.wav", 1_000)
    (music / "empty.mp3").touch()
    (music / "text.mp3").write_text("this is no music\n" * 50)
    (music / "cut.wav").write_bytes(good.read_bytes()[:1_000])
    (music / "header.flac").write_bytes(b"fLaC")
    (music / "cover.jpg").write_bytes(b"\xff\xd8")
    (music / "README").write_text("hello")
    (music / ".hidden.mp3").touch()
    made = ingested(music)
    reasons = {file: reason for file, _, reason, _ in rows(made, "rejects")}
    assert reasons.keys() == {"empty.mp3", "text.mp3", "cut.wav", "header.flac"}
    assert reasons["empty.mp3"] == "the file is empty"
    assert reasons["cut.wav"].startswith("cut off: 1,000 of 8,0")
    assert str(music) not in str(reasons)
    tally = made.tallies[0]
    assert (tally.read, tally.taken, tally.rejected, made.rejects) == (8, 1, 4, 4)
    assert tally.skipped == {"hidden": 1, "no audio (.jpg)": 1, "no audio (no suffix)": 1}


def test_links_and_pipes_are_not_followed(music: Path) -> None:
    outside = write_flac(music.parent / "outside" / "secret.flac")
    write_flac(music / "a" / "one.flac")
    (music / "a" / "round").symlink_to(music)
    (music / "elsewhere").symlink_to(outside.parent)
    (music / "link.flac").symlink_to(outside)
    (music / "gone.flac").symlink_to(music / "nothing")
    os.mkfifo(music / "pipe.flac")
    made = ingested(music)
    assert [row[1] for row in rows(made, "tracks")] == ["a/one.flac"]
    assert made.tallies[0].skipped == {"links": 4, "no regular files": 1}


def test_the_folder_itself_may_be_a_link(music: Path) -> None:
    write_flac(music / "one.flac")
    (music.parent / "other").symlink_to(music)
    assert ingested(music.parent / "other").tallies[0].taken == 1


def test_names_keep_the_spelling_of_the_file_system(music: Path) -> None:
    names = ["e\u0301.flac", "\u00e9.flac", "\u6d77 #1?.flac", "tab\there.flac"]
    for name in names:
        write_flac(music / name)
    shutil.copy(music / names[0], os.fsencode(music) + b"/caf\xe9.flac")
    made = ingested(music)
    keys = [row[1] for row in rows(made, "tracks")]
    assert keys == sorted([*names, "caf\\xe9.flac"], key=str.encode)
    assert made.tallies[0].taken == 5


def test_deep_folders_are_read(music: Path) -> None:
    deep = music.joinpath(*["d"] * 600)
    write_flac(deep / "one.flac")
    assert rows(ingested(music), "tracks")[0][1] == "d/" * 600 + "one.flac"


def test_threads_and_place_do_not_change_a_byte(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "BATCH", 3)
    for number in range(20):
        write_flac(music / f"{number % 4}" / f"{number}.flac", title=f"T{number}", artist=f"A{number % 3}", genre="Pop")
        (music / f"{number}.mp3").write_bytes(b"fLaC" * number)
    shutil.copytree(music, tmp_path / "elsewhere" / "music")
    sums = []
    for folder, threads in ((music, 1), (music, 4), (tmp_path / "elsewhere" / "music", 2)):
        made = ingested(folder, threads=threads)
        files = sorted(made.folder.rglob("*.*"))
        sums.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert sums[0] == sums[1] == sums[2]
    assert made.rejects == 20


@pytest.mark.parametrize("what", ["missing", "file", "empty", "text only", "no audio inside"])
def test_a_folder_without_music_is_an_error(what: str, music: Path) -> None:
    if what == "file":
        write_flac(music)
    elif what != "missing":
        music.mkdir()
    if what == "text only":
        (music / "a.txt").write_text("a")
    if what == "no audio inside":
        (music / "a.mp3").write_text("a")
    with pytest.raises(InputError):
        ingested(music)
    assert not (music.parent / "workspace" / "catalogue" / "music").exists()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["flac", "wav"]))
    path = tmp_path / f"x.{kind}"
    if kind == "flac":
        write_flac(path, title="Title", artist=["Ann", "Bob"], date="2001")
    else:
        write_wav(path, TIT2="Title", TPE1="Ann", TDRC="2001")
    content = bytearray(path.read_bytes())
    for place, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=9)
    ):
        content[place] = byte
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        song = read(path, path.name)
    except NotAudioError as error:
        assert str(error).isprintable() and str(tmp_path) not in str(error)
    else:
        assert isinstance(song, Song) and song.title and song.duration_ms >= 0


@pytest.fixture(scope="module")
def beets(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    if not BEETS.exists():
        pytest.skip("the tagged audio of beets is not there")
    folder = tmp_path_factory.mktemp("beets") / "music"
    folder.mkdir()
    unpacked = subprocess.run(["zstd", "-dc", BEETS], capture_output=True, check=True).stdout
    subprocess.run(["tar", "x", "-C", folder], input=unpacked, check=True)
    return ingested(folder)


def test_every_format_gives_the_known_tags(beets: Ingested) -> None:
    """Values as in beets' own tests of these files."""
    tracks = {row[1]: row[2:] for row in rows(beets, "tracks")}
    files = {row[1]: row[2:] for row in rows(beets, "audio_files")}
    labels, artists = dict(related(beets, "label")), dict(related(beets, "artist"))
    genres = {row[0]: row[2] for row in rows(beets, "track_tags")}
    numbers = {row[1]: row[0] for row in rows(beets, "tracks")}
    years = {row[0]: row[3] for row in rows(beets, "releases")}
    releases = dict(rows(beets, "track_releases"))
    for format in FORMATS:
        key = f"rsrc/full.{format}"
        assert tracks[key][:3] == ("full", "the artist", "the album"), format
        assert labels[key] == "the label" and artists[key] == "the artist", format
        assert genres[numbers[key]] == "the genre", format
        assert years[releases[numbers[key]]] == 2001, format
        length, rate, channels, size, codec = files[key]
        assert codec == CODECS[format]
        assert size > 0 and channels in (1, 2)
        assert rate == {"dsf": 5_644_800, "opus": 48_000}.get(format, 44_100)
        assert length == 10 if format == "dsf" else 1_000 <= length <= 1_071
        assert tracks[f"rsrc/empty.{format}"][:3] == (f"empty{'.alac' if format == 'alac.m4a' else ''}", None, None)
    assert tracks["rsrc/partial.mp3"][:3] == ("partial", "the artist", "the album")
    assert tracks["rsrc/min.m4a"][:3] == ("min", None, None)
    assert "rsrc/full.mp3" in labels and "rsrc/partial.mp3" not in labels
    assert beets.tallies[0].taken == 51 and beets.tallies[0].skipped == {"no audio (.json)": 7}


def test_real_clips_have_their_known_lengths(tmp_path: Path) -> None:
    if not CLIPS.exists():
        pytest.skip("the folder of real clips is not there")
    made = audio.ingest(tmp_path, "clips", CLIPS)
    known = pl.read_csv(CLIPS / "tracks.tsv", separator="\t", quote_char=None).select("file", "seconds").rows()
    files = {key: (length, *rest) for _, key, length, *rest in rows(made, "audio_files")}
    assert files.keys() == {file for file, _ in known} and len(files) == 289
    for file, seconds in known:
        length, rate, channels, size, codec = files[file]
        assert abs(length - 1000 * seconds) <= 60
        assert (rate, channels, size, codec) == (22_050, 1, (CLIPS / file).stat().st_size, "vorbis")
