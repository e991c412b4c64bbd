"""Made-up data in the forms that grids read, small enough for a CPU: what `reproduce --toy` runs on.

One world of songs by artists on releases of labels, which the playlists, listens and the Discogs dump share with the
audio; and of every annotated data set a few tracks, in the files it is published as.
"""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from mutagen.flac import FLAC

from pairmine import seeding, store

SONGS, ARTISTS, LABELS = 80, 16, 4
RATE, SECONDS = 16_000, 13
WORDS = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "indigo", "juniper"]
SPLITS = {"train": 12, "valid": 4, "test": 8}
JAMENDO = {"genre": "genre", "instrument": "instrument", "moodtheme": "mood/theme", "top50tags": "genre"}
GENRES_GTZAN = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
GENRES_FMA = ["Electronic", "Experimental", "Folk", "Hip-Hop", "Instrumental", "International", "Pop", "Rock"]
INSTRUMENTS = ["cel", "pia", "vio", "cla", "org", "gac", "tru", "flu", "sax", "gel", "voi"]
GENRES_AUDIOSET = [
    "/m/064t9",
    "/m/0glt670",
    "/m/06by7",
    "/m/06j6l",
    "/m/0gywn",
    "/m/06cqb",
    "/m/01lyv",
    "/m/03_d0",
    "/m/0ggq0m",
    "/m/02lkt",
]


def write(folder: Path, names: Iterable[str]) -> None:
    """Write the made-up data of these names that are not there yet, one folder each."""
    for name in names:
        if not (folder / name).exists():
            partial = folder / f"{name}.partial"
            partial.mkdir(parents=True, exist_ok=True)
            store.clear(partial)
            WRITERS[name](partial)
            partial.rename(folder / name)


def title(song: int) -> str:
    """Return a song's title, which no other has."""
    return f"{WORDS[song % 10]} {WORDS[song // 10]}"


def artist(song: int) -> int:
    """Return which artist a song is of."""
    return song % ARTISTS


def release(song: int) -> int:
    """Return which release a song is on; an artist has several."""
    return artist(song) + ARTISTS * (song // ARTISTS // 2)


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
    _json(folder / "mpd.slice.0-999.json", {"info": {}, "playlists": playlists})


def _listens(folder: Path) -> None:
    rows = [
        (f"user{user}", f"t{song:03d}", title(song), f"Artist {artist(song)}")
        for user, songs in enumerate(_lists(60))
        for song in songs
    ]
    _table(folder / "listens.tsv", [("user", "track", "title", "artist"), *rows], "\t")


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
    _clips(folder, [f"{song:03d}" for song in range(SONGS)])
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
    _json(folder / "song_meta.json", songs)
    _json(folder / "train.json", lists[:50])
    _json(folder / "val.json", lists[50:55])
    _json(folder / "test.json", lists[55:])
    _json(folder / "genre_gn_all.json", {f"GN0{number}00": WORDS[number] for number in (1, 2, 3)})
    _arrays(folder / "arena_mel", [f"0/{song}" for song in range(SONGS)])
    (folder / "arena_mel" / "key_map.tsv").unlink()  # Melon's arrays go by their names


def _mtg_jamendo(folder: Path) -> None:
    header = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
    keys = [f"{number % 100:02d}/{number}" for number in range(101, 101 + sum(SPLITS.values()))]
    for task, category in JAMENDO.items():
        for split, places in _places().items():
            rows = [
                [
                    *(f"track_{place:07d}", f"artist_{place:06d}", f"album_{place:06d}", f"{keys[place]}.mp3", "13.0"),
                    *(f"{category}---{WORDS[word]}" for word in (place % 2, 2 + place % 3)),
                ]
                for place in places
            ]
            part = "validation" if split == "valid" else split
            _table(folder / "annotations" / f"autotagging_{task}-{part}.tsv", [header, *rows], "\t", "\r\n")
    _clips(folder / "audio", keys)
    _arrays(folder / "melon", keys)


def _magnatagatune(folder: Path) -> None:
    paths = [f"{split[0]}/clip-{place}" for split, places in _places().items() for place in places]
    splits = [split for split, places in _places().items() for _ in places]
    clips = {
        f"{place:05d}": {
            **{"split": split, "y": [["guitar", "piano"][place % 2], ["rock", "techno", "slow"][place % 3]]},
            "extra": {"mp3_path": f"{path}.mp3", "artist": f"A {place}", "title": f"T {place}"},
        }
        for place, (path, split) in enumerate(zip(paths, splits, strict=True))
    }
    _json(folder / "annotations" / "magnatagatune.json", clips)
    _clips(folder / "audio", paths)


def _fma_small(folder: Path) -> None:
    numbers = {split: [place + 2 for place in places] for split, places in _places(3).items()}
    paths = [f"000/{number:06d}" for part in numbers.values() for number in part]
    genres = [(f"{path}.mp3", GENRES_FMA[place % 8]) for place, path in enumerate(paths)]
    _table(folder / "annotations" / "fma_small.csv", [("filename", "genre"), *genres])
    for split, part in numbers.items():
        name = f"FMA_small_{split}_tr_id_list.txt"
        (folder / "annotations" / name).write_text("".join(f"{number}\n" for number in part))
    _clips(folder / "audio", paths)


def _gtzan(folder: Path) -> None:
    (folder / "annotations").mkdir()
    keys = []
    for split, places in _places(3).items():
        part = [f"{GENRES_GTZAN[place % 10]}/{GENRES_GTZAN[place % 10]}.{place:05d}" for place in places]
        (folder / "annotations" / f"{split}_filtered.txt").write_text("".join(f"{key}.wav\n" for key in part))
        keys += part
    _arrays(folder / "melon", keys)


def _irmas(folder: Path) -> None:
    places = range(66)
    names = [f"[{INSTRUMENTS[place % 11]}][pop_roc]{place:04d}__1" for place in places]
    rows = [(f"{name}.wav", str(place % 11)) for place, name in enumerate(names)]
    _table(folder / "annotations" / "irmas_train_meta.csv", rows)
    _clips(folder / "audio", [f"{INSTRUMENTS[place % 11]}/{names[place]}" for place in places])


def _msd(folder: Path) -> None:
    ids = [f"TR{place:016d}" for place in range(sum(SPLITS.values()))]
    paths = [f"A/B/{name}" for name in ids]
    notes = folder / "annotations"
    for split, places in _places().items():
        part = {"valid": "val"}.get(split, split)
        rows = [(ids[p], str([1 - p % 2, p % 2, int(p % 3 == 0)])) for p in places]
        _table(notes / f"{part}_gt_msd.tsv", rows, "\t")
    _table(notes / "index_msd.tsv", [(name, f"{path}.mp3") for name, path in zip(ids, paths, strict=True)], "\t")
    (notes / "output_labels_msd.txt").write_text("labels = ['a', 'b', 'c']\n")
    (folder / "train.txt").write_text("".join(f"{paths[place]}.flac\n" for place in _places()["train"]))
    _clips(folder / "audio", paths)


def _aotm_2011(folder: Path) -> None:
    lists = [
        {
            **{"mix_id": number, "category": "Rock", "timestamp": "2011-01-01", "user": {"name": "nobody"}},
            "playlist": [[[f"Artist {artist(song)}", title(song)], f"SO{song:03d}"] for song in songs],
            "filtered_lists": [],
        }
        for number, songs in enumerate(_lists(30))
    ]
    _json(folder / "annotations" / "aotm2011_playlists.json", lists)
    _clips(folder / "audio", [f"SO{song:03d}" for song in range(SONGS)])


def _dim_sim(folder: Path) -> None:
    ids = [f"TR{place:016d}" for place in range(9)]
    header = [f"{who}_{what}" for who in ("anchor", "song1", "song2") for what in ("id", "start_seconds")]
    rows = [
        (ids[place], 0.0, ids[(place + 1) % 9], 3.0, ids[(place + 4) % 9], 6.0, place % 2) for place in range(len(ids))
    ]
    _table(folder / "annotations" / "clean-dim-sim.csv", [[*header, "song1_vote"], *rows])
    _clips(folder / "audio", ids)


def _audioset(folder: Path) -> None:
    ids = [f"yt_{place:08d}" for place in range(sum(SPLITS.values()))]
    places = _places()
    for part, some in (("balanced_train", [*places["train"], *places["valid"]]), ("eval", places["test"])):
        head = f"# num_ytids={len(some)}, num_segs={len(some)}, num_unique_labels=3, num_positive_labels=3\n"
        lines = [f'{ids[place]}, 0.000, 10.000, "{GENRES_AUDIOSET[place % 8]},/m/04rlf"\n' for place in some]
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"{part}_segments.csv").write_text(head + "".join(lines))
    _clips(folder / "audio", ids)


def _vggish(folder: Path) -> None:
    (folder / "vggish-10086976.pth").touch()  # toy runs take another network, which has no weights


WRITERS: dict[str, Callable[[Path], None]] = {
    "mpd": _mpd,
    "listens": _listens,
    "discogs": _discogs,
    "music": _music,
    "melon": _melon,
    "mtg-jamendo": _mtg_jamendo,
    "magnatagatune": _magnatagatune,
    "fma-small": _fma_small,
    "gtzan": _gtzan,
    "irmas": _irmas,
    "msd": _msd,
    "aotm-2011": _aotm_2011,
    "dim-sim": _dim_sim,
    "audioset": _audioset,
    "vggish": _vggish,
}


def _lists(count: int) -> list[list[int]]:
    """Return lists of songs, mostly of neighbouring artists."""
    rng = seeding.rng(0, "toy")
    starts = rng.integers(0, SONGS, count)
    return [sorted({int(s) for s in (start + rng.integers(0, 24, 14)) % SONGS}) for start in starts]


def _places(times: int = 1) -> dict[str, list[int]]:
    """Return the numbers of the tracks of each split."""
    first, found = 0, {}
    for split, count in SPLITS.items():
        found[split] = list(range(first, first + times * count))
        first += times * count
    return found


def _clips(folder: Path, keys: Sequence[str]) -> None:
    """Write a tone and some noise for each key."""
    time_S = np.arange(RATE * SECONDS) / RATE
    for number, key in enumerate(keys):
        path = folder / f"{key}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise_S = seeding.rng(number, "toy").normal(scale=0.02, size=time_S.size)
        tone_S = 0.2 * np.sin(2 * np.pi * (220 + 55 * (number % 12)) * time_S)
        soundfile.write(path, (tone_S + noise_S).astype(np.float32), RATE)


def _arrays(folder: Path, keys: Sequence[str]) -> None:
    """Write an array of 48 bands, in decibels, for each key, and which is which."""
    for number, key in enumerate(keys):
        path = folder / f"{key}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, seeding.rng(number, "toy").normal(-40, 10, (48, 600)).astype(np.float32))
    _table(folder / "key_map.tsv", [("file", "key"), *((f"{key}.npy", key) for key in keys)], "\t")


def _table(file: Path, rows: Iterable[Sequence[object]], separator: str = ",", end: str = "\n") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        csv.writer(opened, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_MINIMAL).writerows(rows)


def _json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
