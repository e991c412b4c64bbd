"""One made-up world of songs by artists on releases of labels: playlists, listens, a Discogs dump and their audio."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mutagen.flac import FLAC

from pairmine import seeding
from trainer.reproduction.toy_files import SECONDS, arrays, clips, document, table

SONGS, ARTISTS, LABELS = 80, 16, 4
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "indigo", "juniper"]


def title(song: int) -> str:
    """Return a song's title, which no other has."""
    return f"{WORDS[song % 10]} {WORDS[song // 10]}"


def artist(song: int) -> int:
    """Return which artist a song is of."""
    return song % ARTISTS


def release(song: int) -> int:
    """Return which release a song is on; an artist has several."""
    return artist(song) + ARTISTS * (song // ARTISTS // 2)


def _lists(count: int, songs_there: int = SONGS) -> list[list[int]]:
    """Return lists of songs, mostly of neighbouring artists."""
    rng = seeding.rng(0, "toy")
    starts = rng.integers(0, songs_there, count)
    return [sorted({int(s) for s in (start + rng.integers(0, 24, 14)) % songs_there}) for start in starts]


def _mpd(folder: Path) -> None:
    playlists = []
    for pid, songs in enumerate(_lists(60)):
        tracks = [
            {
                **{"pos": pos, "track_name": title(song), "track_uri": f"spotify:track:{song:022d}"},
                **{"artist_name": f"Artist {artist(song)}", "artist_uri": f"spotify:artist:{artist(song):022d}"},
                **{"album_name": f"Album {release(song)}", "album_uri": f"spotify:album:{release(song):022d}"},
                "duration_ms": SECONDS * 1000,
            }
            for pos, song in enumerate(songs)
        ]
        counts = {"num_tracks": len(songs), "num_albums": len({release(song) for song in songs}), "num_followers": 1}
        playlists.append({"name": f"list {pid}", "pid": pid, "collaborative": "false", **counts, "tracks": tracks})
    document(folder / "mpd.slice.0-999.json", {"info": {}, "playlists": playlists})


def _listens(folder: Path) -> None:
    rows = [
        (f"user{user}", f"t{song:03d}", title(song), f"Artist {artist(song)}")
        for user, songs in enumerate(_lists(60))
        for song in songs
    ]
    table(folder / "listens.tsv", [("user", "track", "title", "artist"), *rows], "\t")


def _discogs(folder: Path) -> None:
    releases = []
    for number in sorted({release(song) for song in range(SONGS)}):
        songs = [song for song in range(SONGS) if release(song) == number]
        by = f"<artist><id>{artist(songs[0]) + 1}</id><name>Artist {artist(songs[0])}</name></artist>"
        label = artist(songs[0]) % LABELS
        tracks = "".join(
            f"<track><position>{place}</position><title>{title(song)}</title><duration>0:{SECONDS}</duration></track>"
            for place, song in enumerate(songs, 1)
        )
        releases.append(
            f'<release id="{number + 1}" status="Accepted"><artists>{by}</artists><title>Album {number}</title>'
            f'<labels><label name="Label {label}" catno="{number}" id="{label + 1}"/></labels><genres><genre>Rock'
            f"</genre></genres><styles><style>{WORDS[label]}</style><style>{WORDS[number % 3 + 5]}</style></styles>"
            f"<released>2000</released><tracklist>{tracks}</tracklist></release>"
        )
    (folder / "discogs_20260401_releases.xml").write_text(f"<releases>{''.join(releases)}</releases>\n")


def _music(folder: Path) -> None:
    clips(folder, [f"{song:03d}" for song in range(SONGS)])
    for song in range(SONGS):
        tags: Any = FLAC(folder / f"{song:03d}.flac")  # type: ignore[no-untyped-call]
        tags.update({"title": title(song), "artist": f"Artist {artist(song)}", "album": f"Album {release(song)}"})
        tags.save()


def _melon(folder: Path) -> None:
    songs = [
        {
            **{"id": song, "song_name": title(song), "album_id": release(song), "album_name": f"Album {release(song)}"},
            **{"artist_id_basket": [artist(song)], "artist_name_basket": [f"Artist {artist(song)}"]},
            **{"song_gn_gnr_basket": [f"GN0{1 + song % 3}00"], "song_gn_dtl_gnr_basket": [], "issue_date": "20200101"},
        }
        for song in range(SONGS)
    ]
    lists = [
        {**{"id": number, "plylst_title": "", "tags": [], "songs": songs}, "like_cnt": 0, "updt_date": "2020-01-01"}
        for number, songs in enumerate(_lists(60))
    ]
    document(folder / "song_meta.json", songs)
    document(folder / "train.json", lists[:50])
    document(folder / "val.json", lists[50:55])
    document(folder / "test.json", lists[55:])
    document(folder / "genre_gn_all.json", {f"GN0{number}00": WORDS[number] for number in (1, 2, 3)})
    arrays(folder / "arena_mel", [f"0/{song}" for song in range(SONGS)])
    (folder / "arena_mel" / "key_map.tsv").unlink()  # Melon's arrays go by their names


def _aotm_2011(folder: Path) -> None:
    songs_there = 130  # a playlist's songs are ranked among a hundred others
    lists = [
        {
            **{"mix_id": number, "category": "Rock", "timestamp": "2011-01-01", "user": {"name": "nobody"}},
            "playlist": [[[f"Artist {artist(song)}", f"song {song}"], f"SO{song:03d}"] for song in songs],
            "filtered_lists": [],
        }
        for number, songs in enumerate(_lists(30, songs_there))
    ]
    document(folder / "annotations" / "aotm2011_playlists.json", lists)
    clips(folder / "audio", [f"SO{song:03d}" for song in range(songs_there)], seconds=4)


WRITERS: dict[str, Callable[[Path], None]] = {
    "mpd": _mpd,
    "listens": _listens,
    "discogs": _discogs,
    "music": _music,
    "melon": _melon,
    "aotm-2011": _aotm_2011,
}
