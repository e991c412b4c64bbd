"""Songs of a folder as catalogue tables."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from pairmine.schema import CATALOGUE
from pairmine.sources._audio_tags import Song


class Album(NamedTuple):
    """A release as one of its songs tells of it."""

    key: str
    title: str
    year: int | None


def album_of(song: Song) -> Album | None:
    """Return the release of a song: known by its MusicBrainz id, else by album artist (or first artist) and title."""
    if not song.album:
        return None
    owner = [song.album_artist] if song.album_artist else song.artists[:1]
    name = "name:" + " / ".join([*owner, song.album])
    return Album(f"mbid:{song.album_id}" if song.album_id else name, song.album, song.year)


def tables(songs: Sequence[Song]) -> Iterator[tuple[str, pa.Table]]:
    """Yield every table of songs that lie in the byte order of their keys."""
    albums = [album_of(song) for song in songs]
    yield "tracks", _table("tracks", [_track(number, song) for number, song in enumerate(songs)])
    yield "audio_files", _table("audio_files", [_file(number, song) for number, song in enumerate(songs)])
    for what in ("artist", "label"):
        yield from _named(what, [getattr(song, f"{what}s") for song in songs])
    yield from _releases(albums)
    tags = [(number, "genre", tag) for number, song in enumerate(songs) for tag in sorted(song.genres, key=str.encode)]
    yield "track_tags", _table("track_tags", tags)


def year_conflicts(songs: Sequence[Song]) -> int:
    """Return how many releases have titles or years that disagree."""
    variants: dict[str, set[tuple[str, int | None]]] = {}
    for album in filter(None, map(album_of, songs)):
        variants.setdefault(album.key, set()).add((album.title, album.year))
    return sum(
        len({title for title, _ in seen}) > 1 or len({year for _, year in seen if year}) > 1
        for seen in variants.values()
    )


def _table(name: str, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Return rows as a table; columns of the schema beyond the row's are null."""
    schema = CATALOGUE[name].arrow
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    columns += [(None,) * len(rows)] * (len(schema) - len(columns))
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema)


def _track(number: int, song: Song) -> tuple[object, ...]:
    return number, song.key, song.title, ", ".join(song.artists) or None, song.album, song.duration_ms


def _file(number: int, song: Song) -> tuple[object, ...]:
    return number, song.key, song.duration_ms, song.sample_rate_hz, song.channels, song.bytes, song.codec


def _named(what: str, names_of_songs: list[tuple[str, ...]]) -> Iterator[tuple[str, pa.Table]]:
    """Yield artists or labels, known by their name, and the relation to tracks."""
    names = sorted({name for names in names_of_songs for name in names}, key=str.encode)
    ids = {name: number for number, name in enumerate(names)}
    yield f"{what}s", _table(f"{what}s", [(number, f"name:{name}", name) for name, number in ids.items()])
    relation = [(track, each) for track, names in enumerate(names_of_songs) for each in sorted(ids[n] for n in names)]
    yield f"track_{what}s", _table(f"track_{what}s", relation)


def _releases(albums: Sequence[Album | None]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the releases, title and year by the first track that has them, and the relation to tracks."""
    first: dict[str, Album] = {}
    for album in filter(None, albums):
        known = first.setdefault(album.key, album)
        if known.year is None and album.year is not None:
            first[album.key] = known._replace(year=album.year)
    ids = {key: number for number, key in enumerate(sorted(first, key=str.encode))}
    rows = [(number, key, first[key].title, first[key].year) for key, number in ids.items()]
    yield "releases", _table("releases", rows)
    yield "track_releases", _table("track_releases", [(n, ids[album.key]) for n, album in enumerate(albums) if album])
