"""`pairmine stats SOURCE`: the table of the MPD's stats.txt, against a plain count of the same JSON."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pairmine.report.source_stats import LISTS, SUMMARY, source_stats
from pairmine.sources.mpd import ingest

ROOT = Path(__file__).resolve().parents[2]
REAL = ROOT.parent / "shared" / "data" / "mpd"
SPACES = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)]))
SPACES += "\u2028\u2029\u202f\u205f\u3000"


def normalized(title: str) -> str:
    """Spotify's stats.py ran on Python 2: case mapped by the character, \\s of ASCII, strip() of Unicode."""
    title = "".join(c.lower()[0] for c in title)
    return re.sub(r"\s+", " ", re.sub(r"[.,/#!$%^*;:{}=_`~()@]", " ", title), flags=re.ASCII).strip(SPACES)


def counted(playlists: list[dict]) -> tuple[dict, dict[str, Counter]]:
    entries = [entry for playlist in playlists for entry in playlist["tracks"]]
    lists = {
        "top_titles": Counter(normalized(p["name"]) for p in playlists if "name" in p),
        "top_tracks": Counter(f"{e['track_name']} by {e['artist_name']}" for e in entries),
        "top_artists": Counter(e["artist_name"] for e in entries),
        "edits": Counter(p["num_edits"] for p in playlists),
        "modified_dates": Counter(
            datetime.fromtimestamp(p["modified_at"], UTC).date() for p in playlists if "modified_at" in p
        ),
        "playlist_lengths": Counter(p["num_tracks"] for p in playlists),
        "followers": Counter(p["num_followers"] for p in playlists),
    }
    summary = {
        "playlists": len(playlists),
        "tracks": len(entries),
        "unique_tracks": len({e["track_uri"] for e in entries}),
        "unique_albums": len({e["album_uri"] for e in entries if "album_uri" in e}),
        "unique_artists": len({e.get("artist_uri", e["artist_name"]) for e in entries}),
        "unique_titles": len({p["name"] for p in playlists if "name" in p}),
        "playlists_with_descriptions": sum("description" in p for p in playlists),
        "unique_normalized_titles": len(lists["top_titles"]),
        "avg_playlist_length": len(entries) / len(playlists),
    }
    return summary, lists


def top(counts: Counter) -> list[tuple]:
    def order(item: tuple) -> tuple:
        return -item[1], item[0].encode() if isinstance(item[0], str) else item[0]

    return [(count, value) for value, count in sorted(counts.items(), key=order)[:20]]


def unpacked(folder: Path, target: Path) -> list[Path]:
    """Unpack what is packed under a folder of the real data."""
    import io
    import tarfile

    zstandard = pytest.importorskip("zstandard")
    files = []
    for packed in sorted(folder.glob("*.zst")):
        data = zstandard.ZstdDecompressor().stream_reader(packed.open("rb")).read()
        if packed.name.endswith(".tar.zst"):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                archive.extractall(target, filter="data")
            files += sorted(target.rglob("*.json"))
        else:
            files.append(target / packed.stem)
            files[-1].write_bytes(data)
    return files


@pytest.mark.skipif(not REAL.is_dir(), reason="the real excerpts of the MPD are not beside the repository")
@pytest.mark.parametrize("folder", ["full_schema_lists", "reduced_slices"])
def test_real_playlists_are_counted_as_spotify_counts_them(tmp_path, folder) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    files = unpacked(REAL / folder, raw)
    contents = [json.loads(file.read_bytes()) for file in files]
    playlists = [p for content in contents for p in (content if isinstance(content, list) else content["playlists"])]
    ingest(tmp_path / "ws", "mpd", [raw])
    stats = source_stats(tmp_path / "ws", "mpd")
    summary, lists = counted(playlists)
    assert stats.summary == pytest.approx(summary)
    assert stats.lists == {name: top(counts) for name, counts in lists.items()}


def test_titles_are_normalised_as_python_2_did(world, rows) -> None:
    titles = Counter(normalized(title) for (title,) in rows("title", "playlists") if title is not None)
    stats = source_stats(world, "toy")
    assert stats.lists["top_titles"] == top(titles)
    assert {title for _, title in stats.lists["top_titles"]} >= {"chill", "summer '17", "été", "a\u00a0b", "a b", "σασ"}


@pytest.mark.skipif(not REAL.is_dir(), reason="the MPD's own stats.txt is not beside the repository")
def test_the_text_has_the_layout_of_stats_txt(world) -> None:
    published = (REAL / "official" / "stats.txt").read_text().splitlines()
    ours = str(source_stats(world, "toy")).splitlines()

    def layout(lines: list[str]) -> list[str]:
        return [re.sub(r" [\d.]+$", "", line) for line in lines if not re.match(r" *\d+ ", line)]

    assert layout(ours) == layout(published)
    assert all(re.match(r"( {0,6}\d+){1} \S", line) for line in ours if re.match(r" *\d", line))


def test_a_source_without_playlists_is_counted_by_table(tmp_path) -> None:
    from pairmine import catalogue
    from pairmine.catalogue import Tally
    from tests.worlds import table

    with catalogue.writer(tmp_path, "audio", "audio") as writer:
        writer.write("tracks", table("tracks", [{"track_id": 0, "key": "a"}, {"track_id": 1, "key": "b"}]))
        writer.commit([Tally("files", 2)], {})
    stats = source_stats(tmp_path, "audio")
    assert stats.as_dict() == {"source": "audio", "tables": {"tracks": 2}}
    assert "2 tracks" in str(stats)


def test_a_source_that_lacks_albums_has_none(tmp_path) -> None:
    from tests.worlds import write_source

    write_source(tmp_path, "lists", [[0, 1, 2]], only={"tracks", "playlists", "playlist_tracks"})
    stats = source_stats(tmp_path, "lists")
    assert stats.summary["unique_albums"] == 0
    assert stats.as_dict().keys() >= {*SUMMARY, *LISTS}
