"""What sources of playlists must make of sound playlists: dicts, sorting and the contract's words."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import polars as pl
from mpd_checks import table

from pairmine.catalogue import Ingested
from pairmine.schema import CATALOGUE
from pairmine.store import damages, read_manifest


class Entry(NamedTuple):
    position: int | None
    track: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_ms: int | None = None


@dataclass
class Playlist:
    """A playlist as it is met; `base` is what its source's positions count from."""

    key: str
    entries: list[Entry]
    title: str | None = None
    num_followers: int | None = None
    modified_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    base: int = 0

    def placed(self) -> list[tuple[int, Entry]]:
        stated = [entry.position for entry in self.entries]
        if None in stated or len(set(stated)) < len(stated):
            return list(enumerate(self.entries))
        return sorted((entry.position - self.base, entry) for entry in self.entries)  # type: ignore[operator]

    def digest(self) -> str:
        entries = "".join(md5([str(place), *texts(entry[1:])]) for place, entry in self.placed())
        content = hashlib.md5(entries.encode()).hexdigest() if entries else None
        stamp = self.modified_at and str(round(self.modified_at.replace(tzinfo=UTC).timestamp() * 1000))
        return md5([self.title, *texts([self.num_followers]), stamp, content, *self.tags])


def texts(values: Any) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def md5(values: list[str | None]) -> str:
    parts = ["-" if value is None else f"{len(value.encode())}:{value}" for value in values]
    return hashlib.md5("".join(parts).encode()).hexdigest()


class Song(NamedTuple):
    title: str | None
    artists: list[tuple[str, str]]
    release: str | None
    album: str | None
    year: int | None
    tags: set[tuple[str, str]]


class Oracle:
    """The tables of some playlists."""

    def __init__(self, met: list[Playlist], songs: dict[str, Song] | None = None) -> None:
        by_key: dict[str, dict[str, Playlist]] = {}
        for playlist in met:
            by_key.setdefault(playlist.key, {}).setdefault(playlist.digest(), playlist)
        self.playlists = {
            key if len(alike) == 1 else f"{key}#{digest[:8]}": playlist
            for key, alike in by_key.items()
            for digest, playlist in alike.items()
        }
        self.keys = sorted(self.playlists, key=str.encode)
        self.colliding = sum(len(alike) > 1 for alike in by_key.values())
        self.repeated = len(met) - len(self.playlists)
        self.entries = [(key, place, entry) for key in self.keys for place, entry in self.playlists[key].placed()]
        self.repeated_entries = sum(len(playlist.entries) for playlist in met) - len(self.entries)
        self.songs = songs or {}
        self.tracks = sorted({entry.track for _, _, entry in self.entries} | self.songs.keys(), key=str.encode)

    def said(self, track: str, column: str) -> list[Any]:
        values = [(getattr(entry, column), entry) for _, _, entry in self.entries if entry.track == track]
        return [(value, entry) for value, entry in values if value is not None]

    def disagreeing(self) -> int:
        columns = ("title", "artist", "album", "duration_ms")
        return sum(any(len({v for v, _ in self.said(t, c)}) > 1 for c in columns) for t in self.tracks)

    def song(self, track: str) -> tuple[Song, int | None]:
        first = {c: next(iter(self.said(track, c)), (None, None)) for c in ("title", "artist", "album", "duration_ms")}
        if track in self.songs:
            song = self.songs[track]
            title, album = song.title or first["title"][0], song.album or first["album"][0]
            return song._replace(title=title, album=album), first["duration_ms"][0]
        artist, (album, owned) = first["artist"][0], first["album"]
        release = None if album is None else f"name:{owned.artist or ''} / {album}"
        artists = [] if artist is None else [(f"name:{artist}", artist)]
        return Song(first["title"][0], artists, release, album, None, set()), first["duration_ms"][0]

    def track_tags(self) -> list[tuple[str, str, str]]:
        own = {(track, *tag) for track, song in self.songs.items() for tag in song.tags}
        of_playlists = {(entry.track, "tag", tag) for key, _, entry in self.entries for tag in self.playlists[key].tags}
        return sorted(own | of_playlists)

    def track_rows(self) -> list[tuple[Any, ...]]:
        rows = []
        for track in self.tracks:
            song, duration = self.song(track)
            artist = ", ".join(name for _, name in song.artists) or None
            rows.append((track, song.title, artist, song.album, duration))
        return rows

    def playlist_rows(self) -> list[tuple[Any, ...]]:
        rows = []
        for key in self.keys:
            playlist = self.playlists[key]
            description = ", ".join(playlist.tags) or None
            facts = playlist.title, description, len(playlist.entries), playlist.num_followers, playlist.modified_at
            rows.append((key, *facts))
        return rows


def keyed(ingested: Ingested, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return table(ingested, name).select(columns).rows()


def related(ingested: Ingested, name: str, other: str) -> set[tuple[str, str]]:
    """Return the pairs of keys of a relation between tracks and others."""
    tracks, others = table(ingested, "tracks")["key"], table(ingested, f"{other}s")["key"]
    return {(tracks[track], others[number]) for track, number in keyed(ingested, name, "track_id", f"{other}_id")}


def check_against(oracle: Oracle, ingested: Ingested) -> None:
    """Compare every table with the oracle's."""
    check(ingested)
    columns = ("key", "title", "description", "num_tracks", "num_followers", "modified_at")
    assert keyed(ingested, "playlists", *columns) == oracle.playlist_rows()
    assert keyed(ingested, "tracks", "key", "title", "artist", "album", "duration_ms") == oracle.track_rows()
    tracks = table(ingested, "tracks")["key"]
    entries = [(oracle.keys[p], place, tracks[t]) for p, place, t in table(ingested, "playlist_tracks").rows()]
    assert entries == [(key, place, entry.track) for key, place, entry in oracle.entries]
    songs = {track: oracle.song(track)[0] for track in oracle.tracks}
    assert related(ingested, "track_artists", "artist") == {(t, key) for t, s in songs.items() for key, _ in s.artists}
    assert related(ingested, "track_releases", "release") == {(t, s.release) for t, s in songs.items() if s.release}
    tags = sorted((tracks[t], kind, tag) for t, kind, tag in table(ingested, "track_tags").rows())
    assert tags == oracle.track_tags()
    tallies = {tally.unit: tally for tally in ingested.tallies}
    assert tallies["playlists"].skipped == {"repeated": oracle.repeated}
    assert tallies["entries"].skipped["in repeated playlists"] == oracle.repeated_entries
    assert ingested.conflicts == {"playlists": oracle.colliding, "tracks": oracle.disagreeing()}


def check(ingested: Ingested) -> None:
    """What holds of every ingest: it reconciles, and its tables refer to each other."""
    assert list(damages(ingested.folder, read_manifest(ingested.folder))) == []
    assert sum(tally.rejected for tally in ingested.tallies) == ingested.rejects == table(ingested, "rejects").height
    tallies = {tally.unit: tally for tally in ingested.tallies}
    assert tallies["playlists"].taken == ingested.tables["playlists"]
    assert tallies["entries"].taken == ingested.tables["playlist_tracks"]
    for name in ("tracks", "artists", "releases", "playlists"):
        frame = table(ingested, name)
        assert frame.to_series(0).to_list() == list(range(frame.height))
        keys = [key.encode() for key in frame["key"]]
        assert keys == sorted(set(keys))
    for name in ("playlist_tracks", "track_artists", "track_releases", "track_tags"):
        frame = table(ingested, name)
        assert frame.select(CATALOGUE[name].key).is_duplicated().sum() == 0
        assert frame.equals(
            frame.sort(pl.all()) if name != "playlist_tracks" else frame.sort("playlist_id", "position")
        )
