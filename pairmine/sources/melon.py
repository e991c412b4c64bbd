"""The Melon Playlist Dataset: 148,826 playlists of 649,091 songs, with genres, styles and playlist tags.

A. Ferraro, Y. Kim, S. Lee, B. Kim, N. Jo, S. Lim, S. Lim, J. Jang, S. Kim, X. Serra, D. Bogdanov: Melon Playlist
Dataset: a public dataset for audio-based playlist generation and music tagging. ICASSP 2021. Licence: non-commercial
research, "Kakao Entertainment, melon (www.melon.com)" to be cited; redistribution is not allowed.
"""

from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from pairmine import catalogue
from pairmine.errors import InputError, shown
from pairmine.progress import bar
from pairmine.sources._blocks import opened
from pairmine.sources._framing import BYTE_ORDER_MARK, LOOK_AHEAD
from pairmine.sources._json_items import items
from pairmine.sources._json_objects import Record, key_of
from pairmine.sources._playlist_rows import PlaylistSpool, finish
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects

KIND = "melon"
PLAYLISTS = ("train", "val", "test")
SONGS = "song_meta"
GENRES = "genre_gn_all"
PACKINGS = ("", ".gz", ".zst")
LAST_YEAR = 2100


def ingest(
    workspace: Path,
    name: str,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of train.json, song_meta.json, …")],
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest melon ~/melon`

    Read the Melon Playlist Dataset into the catalogue.

    Takes those of train.json, val.json and test.json that are there, song_meta.json and genre_gn_all.json; plain, .gz
    or .zst. Keys are Melon's ids. A track's tags are its genres and styles by name (by code where genre_gn_all.json
    has none), and as kind `tag` those of the playlists it stands in, which are also the playlists' descriptions.
    All songs of song_meta.json are tracks, also those in no playlist. Of val.json and test.json the publisher took out
    a part of the songs, tags and titles.
    """
    lists = [path for stem in PLAYLISTS if (path := _find(folder, stem)) is not None]
    if not lists:
        raise InputError(f"{shown(folder)} holds no train.json, val.json or test.json: name the folder of the data")
    songs, genres = _find(folder, SONGS), _find(folder, GENRES)
    there = [path for path in (*lists, songs, genres) if path is not None]
    size = sum(path.stat().st_size for path in there)
    with catalogue.writer(workspace, name, KIND) as writer, bar("reading", size, in_bytes=True) as tick:
        rows, rejects = PlaylistSpool(writer.scratch), Rejects(writer.scratch)
        names = {} if genres is None else _genre_names(genres, partial(rejects.add, genres.name))
        if songs is not None:
            reject = partial(rejects.add, songs.name)
            for offset, text in items(songs, reject, tick):
                _take_song(Record("songs", offset, text, reject), names, rows)
        part = 0
        for path in lists:
            reject = partial(rejects.add, path.name)
            for offset, text in items(path, reject, tick):
                _take_playlist(Record("playlists", offset, text, reject), part, rows)
                part += 1
        return finish(writer, rows, rejects, len(there), {}, threads)


def _find(folder: Path, stem: str) -> Path | None:
    places = (folder / f"{stem}.json{packing}" for packing in PACKINGS)
    return next((place for place in places if place.is_file()), None)


def _genre_names(path: Path, reject: Callable[[Reject], None]) -> dict[str, str]:
    """Return the names of genre codes: an object of code and name, small enough to be read at once."""
    with opened(path) as blocks:
        while not blocks.finished and blocks.end < LOOK_AHEAD:
            blocks.extend()
        record = Record("files", 0, blocks.buffer[: blocks.end].tobytes().removeprefix(BYTE_ORDER_MARK), reject)
    if not record.read():
        return {}
    return {code: name for code in record.values if (name := record.text_of(code))}


def _take_song(record: Record, genres: dict[str, str], rows: PlaylistSpool) -> None:
    if not record.read():
        return
    key = key_of(record.values.get("id", record.values.get("_id")))
    if key is None:
        record.refuse("id: expected a number or text")
        return
    album = record.text_of("album_name") or None
    artists = _artists(record)
    owner = artists[0]["name"] if artists else ""
    release = key_of(record.values.get("album_id")) or (f"name:{owner} / {album}" if album else None)
    tags = [
        {"kind": kind, "tag": genres.get(code, code)}
        for kind, field in (("genre", "song_gn_gnr_basket"), ("style", "song_gn_dtl_gnr_basket"))
        for code in record.texts_of(field)
    ]
    rows.add("songs", (key, record.text_of("song_name") or None, artists, release, album, _year(record), tags))


def _artists(record: Record) -> list[dict[str, str]]:
    """Return key and name of each artist, in order; one without id goes by its name."""
    ids = [key_of(value) for value in record.list_of("artist_id_basket")]
    names = record.list_of("artist_name_basket")
    if len(ids) != len(names) or not all(isinstance(name, str) for name in names):
        record.refuse("artist_id_basket, artist_name_basket: expected as many ids as names", "fields")
    pairs = zip_longest(ids, (name if isinstance(name, str) else None for name in names))
    return [{"key": key or f"name:{name}", "name": name or ""} for key, name in pairs if key or name]


def _year(record: Record) -> int | None:
    """Return the year of a date like 20140512; those not known have zeros."""
    digits = (record.text_of("issue_date") or "")[:4]
    return int(digits) or None if digits.isascii() and digits.isdigit() and int(digits) <= LAST_YEAR else None


def _take_playlist(record: Record, part: int, rows: PlaylistSpool) -> None:
    if not record.read():
        return
    key = key_of(record.values.get("id"))
    if key is None:
        record.refuse("id: expected a number or text")
        return
    if not isinstance(record.values.get("songs"), list):
        record.refuse(f"playlist {key}: songs: expected a list")
        return
    title, likes = record.text_of("plylst_title") or None, record.number_of("like_cnt")
    rows.add("facts", (part, key, title, likes, record.time_of("updt_date"), record.texts_of("tags")))
    for place, song in enumerate(record.values["songs"]):
        song_key = key_of(song)
        if song_key is None:
            record.refuse(f"playlist {key}, song {place}: expected a song id", "entries")
        else:
            rows.add("rows", (part, place, key, song_key, None, None, None, None, None, None))
