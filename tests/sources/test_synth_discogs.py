"""`ingest synth --format discogs`: a dump as Discogs writes them, and truth that an independent reader confirms."""

import gzip
import hashlib
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pairmine.catalogue import Ingested
from pairmine.errors import UsageError
from pairmine.sources import _synth_discogs, _synth_releases, _synth_world, synth
from pairmine.sources._synth_shelves import Shelves

SIZE = 2_500  # two runs, the second one short
DUMPS = [synth.Format.discogs, synth.Format.discogs_2020]
Element = ET.Element


def made_dump(folder: Path, format: synth.Format = synth.Format.discogs, size: int = SIZE, **options: Any) -> Ingested:
    return synth.ingest(folder, "synth", format=format, releases=size, **options)


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> dict[synth.Format, Ingested]:
    return {each: made_dump(tmp_path_factory.mktemp(each.value), each) for each in DUMPS}


@pytest.fixture(scope="module")
def dump(dumps: dict[synth.Format, Ingested]) -> Ingested:
    return dumps[synth.Format.discogs]


@pytest.fixture(scope="module")
def releases(dump: Ingested) -> list[Element]:
    return records(dump, "releases")


def text(ingested: Ingested, kind: str) -> str:
    return gzip.decompress((ingested.folder / f"discogs_synth_{kind}.xml.gz").read_bytes()).decode()


def records(ingested: Ingested, kind: str) -> list[Element]:
    root = ET.fromstring(text(ingested, kind))
    assert root.tag == kind
    return list(root)


def truth(ingested: Ingested, name: str) -> pl.DataFrame:
    return pl.read_parquet(ingested.folder / f"truth_{name}.parquet")


def ids(parent: Element, path: str) -> list[int]:
    return [int(each.findtext("id", "")) for each in parent.findall(path)]


def entries(release: Element) -> list[Element]:
    return list(release.find("tracklist").iter("track"))


@pytest.mark.parametrize("format", DUMPS)
def test_every_file_is_well_formed_and_as_long_as_reported(dumps: dict[synth.Format, Ingested], format: Any) -> None:
    made = dumps[format]
    for kind in ("releases", "masters", "artists", "labels"):
        found = records(made, kind)
        assert len(found) == made.tables[kind]
        numbers = [int(each.get("id") or each.findtext("id")) for each in found]
        assert numbers == sorted(set(numbers))
    assert [int(each.get("id")) for each in records(made, "releases")] == list(range(1, SIZE + 1))


def test_the_generations_differ_as_real_ones_do(dumps: dict[synth.Format, Ingested]) -> None:
    newer, older = (text(dumps[format], "releases") for format in DUMPS)
    assert older.isascii() and not newer.isascii()
    assert "<images>" in older and "<images>" not in newer
    assert "<anv/>" in older and "<anv/>" not in newer
    assert 'status="Accepted"' in older and "status=" not in newer
    assert ">0</master_id>" in newer and ">0</master_id>" not in older
    assert "&#119" in older or "&#120" in older  # outside the BMP
    same = [truth(dumps[format], "entries") for format in DUMPS]
    assert same[0].equals(same[1])


def test_truth_of_entries_is_what_the_dump_says(dump: Ingested, releases: list[Element]) -> None:
    rows = truth(dump, "entries").partition_by("release", maintain_order=True)
    assert len(rows) == len(releases)
    for release, of_release in zip(releases, rows, strict=True):
        tracks = entries(release)
        assert of_release["place"].to_list() == list(range(len(tracks)))
        front = [each for each in ids(release, "artists/artist") if each != 194]
        for track, row in zip(tracks, of_release.iter_rows(named=True), strict=True):
            if row["oddity"] in ("heading", "index"):
                assert row["artists"] == [] and row["key"] is None
                assert track.findtext("position") is None
                assert (track.find("sub_tracks") is not None) == (row["oddity"] == "index")
                continue
            assert row["artists"] == (ids(track, "artists/artist") or front)
            credited = track.findall("extraartists/artist")
            guests = [int(each.findtext("id")) for each in credited if each.findtext("role") == "Featuring"]
            assert row["guests"] == guests
            assert (row["oddity"] == "no title") == (track.findtext("title") is None)
            assert (row["key"] is None) == (row["oddity"] in ("repeated title", "no title"))


def test_truth_of_releases_is_what_the_dump_says(dump: Ingested, releases: list[Element]) -> None:
    for release, row in zip(releases, truth(dump, "releases").iter_rows(named=True), strict=True):
        labels = [int(label.get("id")) for label in release.findall("labels/label")]
        master = release.findtext("master_id")
        released = release.findtext("released") or ""
        assert row["release"] == int(release.get("id"))
        assert row["labels"] == list(dict.fromkeys(label for label in labels if label != 1818))
        assert str(row["master"] or 0) == master
        assert row["artists"] == [each for each in ids(release, "artists/artist") if each != 194]
        told = {
            "various": ids(release, "artists/artist") == [194],
            "several artists": len(release.findall("artists/artist")) > 1,
            "no master": master == "0",
            "several labels": len(labels) > 1,
            "same label twice": len(labels) > len(set(labels)),
            "not on label": labels == [1818],
            "no date": not released,
            "date without day": released.endswith("-00"),
            "no styles": not release.findall("styles/style"),
        }
        odd = set(row["oddities"])
        assert {name for name, is_so in told.items() if is_so} == odd & told.keys()
        assert "no durations" not in odd or not any(track.findtext("duration") for track in entries(release))
        assert "carriage returns" in odd or "\r" not in (release.findtext("notes") or "")


def test_a_recording_is_called_the_same_wherever_it_stands(dump: Ingested, releases: list[Element]) -> None:
    titles = [track.findtext("title") for release in releases for track in entries(release)]
    rows = truth(dump, "entries").with_columns(pl.Series("title", titles)).drop_nulls("key")
    for column in ("title", "artists", "guests"):
        assert rows.group_by("key").agg(pl.col(column).n_unique())[column].max() == 1
    per_track = rows.select("release", "key").unique().height / rows["key"].n_unique()
    assert per_track == pytest.approx(4.3, abs=0.5)


def test_recordings_are_those_of_the_playlists(dump: Ingested, releases: list[Element], tmp_path: Path) -> None:
    """Names, and lengths within a second, agree with the MPD-like source; guests are taken out of titles."""
    playlists = synth.ingest(tmp_path, "lists", 300)
    tracks = pl.read_parquet(playlists.folder / "tracks" / "*.parquet")
    known = {key: row for key, *row in tracks.select("key", "title", "artist", "duration_ms").iter_rows()}
    names = {int(each.findtext("id")): each.findtext("name") for each in records(dump, "artists")}
    keys = truth(dump, "entries").select("key", "artists")
    elements = [track for release in releases for track in entries(release)]
    met: Counter[str] = Counter()
    for track, (key, artists) in zip(elements, keys.iter_rows(), strict=True):
        if key not in known:
            continue
        title, artist, milliseconds = known[key]
        bare = title.split(" (feat. ")[0].split(" - ")[0].strip()
        assert track.findtext("title").startswith(bare)
        assert "(feat." not in track.findtext("title") and "Remaster" not in track.findtext("title")
        assert names[artists[0]].split(" (")[0] == artist.strip()
        for word in ("Live", "Remix"):
            assert (word in title) == (word in track.findtext("title"))
        met["guest"] += "(feat." in title
        met["all"] += 1
        if track.findtext("duration"):
            clock = [int(part) for part in track.findtext("duration").split(":")]
            seconds = sum(part * 60**power for power, part in enumerate(reversed(clock)))
            assert abs(seconds - milliseconds / 1000) <= 1.5
            met["timed"] += 1
    assert met["all"] > 1_000 and met["guest"] > 20 and met["timed"] > 300


def test_whoever_is_named_has_a_record(dump: Ingested, releases: list[Element]) -> None:
    artists, labels, masters = (records(dump, kind) for kind in ("artists", "labels", "masters"))
    named = {int(each.findtext("id")): each.findtext("name") for release in releases for each in release.iter("artist")}
    assert named.pop(194) == "Various"
    assert named.items() <= {int(each.findtext("id")): each.findtext("name") for each in artists}.items()
    on = {int(each.get("id")): each.get("name") for release in releases for each in release.findall("labels/label")}
    assert on.pop(1818) == "Not On Label"
    assert on.items() <= {int(each.findtext("id")): each.findtext("name") for each in labels}.items()
    assert any(label.findall("sublabels/label") for label in labels)
    of = {release.findtext("master_id"): [] for release in releases}
    for release in releases:
        if release.find("master_id").get("is_main_release") == "true":
            of[release.findtext("master_id")].append(release.get("id"))
    main = {master.get("id"): master.findtext("main_release") for master in masters}
    assert of.keys() - {"0"} == main.keys()
    assert all(each == [main[master]] for master, each in of.items() if each)
    assert of.pop("0", []) == []


def test_a_smaller_dump_is_the_beginning_of_a_larger(dump: Ingested, tmp_path: Path) -> None:
    small = made_dump(tmp_path, size=700)
    assert text(dump, "releases").startswith(text(small, "releases").removesuffix("</releases>\n"))
    for name in ("releases", "entries"):
        rows = truth(dump, name)
        assert rows.filter(pl.col("release") <= 700).equals(truth(small, name))


def test_threads_do_not_change_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_synth_discogs, "RUN", _synth_releases.CHUNK)  # several runs for the threads to share
    sums = []
    for threads in (1, 3):
        folder = made_dump(tmp_path / str(threads), size=1_300, threads=threads).folder
        files = sorted(folder.iterdir())
        sums.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert len(sums[0]) == 6
    assert sums[1] == sums[0]


def test_every_oddity_occurs(dump: Ingested, releases: list[Element]) -> None:
    assert set(truth(dump, "entries")["oddity"]) == {
        None, "heading", "index", "sub-track", "repeated title", "no title",
    }  # fmt: skip
    odd = truth(dump, "releases")["oddities"].explode().value_counts()
    assert odd.filter(pl.col("oddities").is_not_null()).height == 11
    assert set(truth(dump, "releases")["kind"]) == {"edition", "single", "best-of", "compilation"}
    content = text(dump, "releases")
    for oddity in (
        "&#13;\n",
        "&amp;",
        "&lt;b&gt;",
        "&quot;",
        "-00</released>",
        "<anv>",
        "<join>",
        'catno="none"',
        "<series><series ",
    ):
        assert oddity in content, oddity
    assert any(ord(character) > 0xFFFF for character in content)
    positions = {entry.findtext("position") for release in releases for entry in entries(release)}
    assert {"A", "A1", "B2", "C1", "3", "1-03", None} <= positions
    roles = Counter(each.findtext("role") for release in releases for each in release.iter("artist"))
    assert roles["Featuring"] and roles["Remix"] and roles["Music By [All Tracks By]"]


def test_proportions_are_near_those_of_1000_real_releases(releases: list[Element]) -> None:
    def mean(path: str) -> float:
        return sum(len(release.findall(path)) for release in releases) / SIZE

    def share(path: str) -> float:
        return sum(release.find(path) is not None for release in releases) / SIZE

    assert np.mean([len(ET.tostring(release)) for release in releases]) == pytest.approx(4_100, rel=0.2)
    assert mean("tracklist/track") == pytest.approx(9.2, abs=1.8)
    assert mean("tracklist/track/extraartists/artist") == pytest.approx(5.0, abs=1.5)
    assert mean("extraartists/artist") == pytest.approx(3.8, abs=0.6)
    assert mean("artists/artist") == pytest.approx(1.2, abs=0.1)
    assert mean("labels/label") == pytest.approx(1.135, abs=0.04)
    assert mean("styles/style") == pytest.approx(1.5, abs=0.15)
    assert mean("identifiers/identifier") == pytest.approx(1.7, abs=0.3)
    assert mean("companies/company") == pytest.approx(1.7, abs=0.3)
    assert mean("videos/video") == pytest.approx(2.3, abs=0.4)
    assert share("styles") == pytest.approx(0.854, abs=0.03)
    assert share("released") == pytest.approx(0.882, abs=0.03)
    assert share("notes") == pytest.approx(0.64, abs=0.04)


def test_releases_go_on_beyond_the_albums_of_the_world() -> None:
    shelves = Shelves(_synth_world.build(0)).prepared()
    albums_end = len(shelves.albums) // _synth_releases.ALBUMS * _synth_releases.CHUNK
    far = _synth_releases.draw(shelves, albums_end + _synth_releases.CHUNK, albums_end + 3 * _synth_releases.CHUNK)
    assert not far.first_editions.any()
    assert np.unique(far.tracks).size > 500
    assert (far.counts > 0).all()


@pytest.mark.parametrize(
    "options",
    [
        {"format": synth.Format.discogs, "releases": 0},
        {"format": synth.Format.discogs, "releases": 2**31},
        {"format": synth.Format.discogs, "playlists": 5},
        {"format": synth.Format.json, "releases": 5},
        {"releases": 5},
    ],
)
def test_what_cannot_be_made_is_refused(options: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        synth.ingest(tmp_path, "synth", **options)
    assert not list(tmp_path.iterdir())


def test_other_files_are_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        made_dump(tmp_path, size=10, out=out)
    assert [path.name for path in out.iterdir()] == ["notes.txt"]
