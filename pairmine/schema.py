"""The contract: every table's rows, columns, units and keys. Other programs rely on these names."""

from dataclasses import dataclass, field

import pyarrow as pa

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type and what it holds, with units."""

    name: str
    type: pa.DataType
    doc: str
    nullable: bool = True


@dataclass(frozen=True)
class Table:
    """One table of a catalogue or pair set: what a row is, its columns, and the columns that identify a row."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    references: dict[str, str] = field(default_factory=dict)

    @property
    def arrow(self) -> pa.Schema:
        """The table as an Arrow schema."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])


def _id(name: str, doc: str) -> Column:
    return Column(name, pa.int32(), doc, nullable=False)


def _text(name: str, doc: str) -> Column:
    return Column(name, pa.string(), doc)


def _int(name: str, doc: str) -> Column:
    return Column(name, pa.int32(), doc)


def _relation(name: str, of: str) -> Table:
    """Return the table of a track's artists, releases or labels."""
    return Table(
        name,
        f"one row per track and {of}",
        (_id("track_id", "the track"), _id(f"{of}_id", f"the {of}")),
        ("track_id", f"{of}_id"),
        {"track_id": "tracks", f"{of}_id": f"{of}s"},
    )


KEY = Column("key", pa.string(), "the source's own id, unique", nullable=False)
_TASTE = Column("taste", pa.list_(pa.float32(), 8), "point in the space of tastes and timbres", nullable=False)
DURATION = Column("duration_ms", pa.int64(), "length in milliseconds")

CATALOGUE: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "tracks",
            "one row per recording",
            (
                _id("track_id", "dense from 0, by the byte order of key"),
                KEY,
                _text("title", "title"),
                _text("artist", 'artist names, joined by ", "'),
                _text("album", "album title"),
                DURATION,
            ),
            ("track_id",),
        ),
        Table(
            "playlists",
            "one row per playlist",
            (
                _id("playlist_id", "dense from 0, by the byte order of key"),
                KEY,
                _text("title", "title, as written"),
                _text("description", "description, as written (the MPD's is HTML-escaped)"),
                _int("num_tracks", "entries the source says it has"),
                _int("num_albums", "distinct albums the source says it has"),
                _int("num_artists", "distinct artists the source says it has"),
                _int("num_followers", "followers"),
                _int("num_edits", "editing sessions"),
                Column("duration_ms", pa.int64(), "total length in milliseconds"),
                Column("modified_at", pa.timestamp("ms"), "last change, UTC"),
                Column("collaborative", pa.bool_(), "whether several people may edit it"),
            ),
            ("playlist_id",),
        ),
        Table(
            "playlist_tracks",
            "one row per place in a playlist",
            (
                _id("playlist_id", "the playlist"),
                _id("position", "place in the playlist, from 0"),
                _id("track_id", "the track that stands there"),
            ),
            ("playlist_id", "position"),
            {"playlist_id": "playlists", "track_id": "tracks"},
        ),
        Table(
            "artists",
            "one row per artist",
            (_id("artist_id", "dense from 0, by the byte order of key"), KEY, _text("name", "name")),
            ("artist_id",),
        ),
        Table(
            "releases",
            "one row per release (album)",
            (
                _id("release_id", "dense from 0, by the byte order of key"),
                KEY,
                _text("title", "title"),
                _int("year", "year of release"),
                _text("country", "country of release"),
                _text("master", "key of the master release"),
            ),
            ("release_id",),
        ),
        Table(
            "labels",
            "one row per record label",
            (_id("label_id", "dense from 0, by the byte order of key"), KEY, _text("name", "name")),
            ("label_id",),
        ),
        _relation("track_artists", "artist"),
        _relation("track_releases", "release"),
        _relation("track_labels", "label"),
        Table(
            "track_tags",
            "one row per tag of a track",
            (
                _id("track_id", "the track"),
                Column("kind", pa.string(), "genre, style, tag or text", nullable=False),
                Column("tag", pa.string(), "the tag", nullable=False),
            ),
            ("track_id", "kind", "tag"),
            {"track_id": "tracks"},
        ),
        Table(
            "edges",
            "one row per co-listen edge",
            (
                _id("track_a", "one end, the smaller id"),
                _id("track_b", "the other end"),
                Column("count", pa.int64(), "listeners of both", nullable=False),
            ),
            ("track_a", "track_b"),
            {"track_a": "tracks", "track_b": "tracks"},
        ),
        Table(
            "splits",
            "one row per track",
            (
                _id("track_id", "the track"),
                Column("split", pa.string(), "train, valid or test", nullable=False),
            ),
            ("track_id",),
            {"track_id": "tracks"},
        ),
        Table(
            "rejects",
            "one row per record, or part of one, that was not taken",
            (
                Column("file", pa.string(), "name of the input file", nullable=False),
                Column("position", pa.int64(), "byte offset in the (decompressed) file", nullable=False),
                Column("reason", pa.string(), "why", nullable=False),
                Column("excerpt", pa.string(), "how it begins", nullable=False),
            ),
        ),
        Table(
            "truth_tracks",
            "one row per track of a synthetic world: what it was made from",
            (
                _id("track_id", "the track"),
                KEY,
                _id("genre", "its coarse taste"),
                _id("style", "its fine taste; each style belongs to one genre"),
                Column("weight", pa.float32(), "how often it is wanted in a million playlists", nullable=False),
                _TASTE,
                Column("tempo", pa.float32(), "beats per minute", nullable=False),
                _id("tonic", "keynote in semitones above C, 0 to 11"),
                Column("minor", pa.bool_(), "whether it is in a minor key", nullable=False),
                Column("register", pa.float32(), "mean pitch as a MIDI note (60 is middle C)", nullable=False),
            ),
            ("track_id",),
            {"track_id": "tracks"},
        ),
        Table(
            "truth_playlists",
            "one row per playlist of a synthetic world: what it was made from",
            (
                _id("playlist_id", "the playlist"),
                KEY,
                _id("genre", "its coarse taste"),
                _id("style", "the fine taste most of it was drawn from"),
                _id("second_style", "the fine taste the rest was drawn from; the same where there is one only"),
                Column("second_share", pa.float32(), "share of the second style, at most a half", nullable=False),
                _TASTE,
            ),
            ("playlist_id",),
            {"playlist_id": "playlists"},
        ),
    )
}

_ANCHOR = _id("anchor", "track_id of the anchor")
_POSITIVE = _id("positive", "track_id of the positive")
_VIA = _int("via", "what links the pair: an id in vias.parquet, or null")
_SCORE = Column("score", pa.float32(), "the evidence for the pair", nullable=False)

PAIRS = Table("pairs", "one row per pair of an epoch", (_ANCHOR, _POSITIVE, _VIA, _SCORE))
PAIR_TRACKS = Table(
    "tracks",
    "one row per track that stands in the set",
    (
        _id("track_id", "the id used by anchor and positive"),
        KEY,
        _text("title", "title"),
        _text("artist", "artist names"),
    ),
    ("track_id",),
)
VIAS = Table(
    "vias",
    "one row per playlist, artist, … that links a pair of the set",
    (_id("via", "the id used by via"), KEY, _text("name", "its title or name")),
    ("via",),
)

PAIR_TABLES = {"tracks": PAIR_TRACKS, "excluded": PAIR_TRACKS, "vias": VIAS}
