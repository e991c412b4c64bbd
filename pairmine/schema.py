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
                _text("format", 'formats, joined by ", " (Vinyl, CD, File)'),
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
            "held_out_edges",
            "one row per edge that no pair set is drawn from",
            (
                _id("track_a", "one end, the smaller id"),
                _id("track_b", "the other end"),
                Column("split", pa.string(), "valid or test", nullable=False),
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
                Column("position", pa.int64(), "byte in the (decompressed) file; in tables the row", nullable=False),
                Column("reason", pa.string(), "why", nullable=False),
                Column("excerpt", pa.string(), "how it begins", nullable=False),
            ),
        ),
        Table(
            "audio_files",
            "one row per audio file of a folder",
            (
                _id("track_id", "the track it holds"),
                Column("path", pa.string(), "path below the folder, with /", nullable=False),
                Column("duration_ms", pa.int64(), "length in milliseconds, as the container says", nullable=False),
                _int("sample_rate_hz", "samples a second"),
                _int("channels", "channels"),
                Column("bytes", pa.int64(), "size of the file", nullable=False),
                Column("codec", pa.string(), "mp3, flac, vorbis, opus, aac, …", nullable=False),
            ),
            ("track_id",),
            {"track_id": "tracks"},
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


def _dump(name: str, row: str, *columns: Column) -> Table:
    """Return a table of a Discogs dump as it stands there: ids are the dump's own."""
    return Table(f"dump_{name}", row, columns)


_RELEASE = _id("release", "Discogs id of the release")
_PLACE = _id("place", "place in the record, from 0")
_MASTER = _id("master", "Discogs id of the master")
_NAMED = (
    _int("artist", "Discogs id of the artist"),
    _text("name", "its name"),
    _text("anv", "name variation printed here"),
)
_JOINED = (*_NAMED, _text("join", "what stands between this name and the next"))
_TAG = (_text("kind", "genre or style"), _text("tag", "the tag"))
_QUALITY = _text("data_quality", "how well the entry is checked")

DUMP = (
    _dump(
        "releases",
        "one row per release of a Discogs dump",
        _RELEASE,
        _text("title", "title"),
        _text("status", "Accepted, Draft, …"),
        _text("country", "country of release"),
        _text("released", "date as written: 1999, 1999-03-00, …"),
        _text("notes", "free text"),
        _QUALITY,
        _int("master", "Discogs id of the master release; null for none"),
        Column("main_release", pa.bool_(), "whether it is its master's main release"),
    ),
    _dump("release_artists", "one row per artist of a release", _RELEASE, _PLACE, *_JOINED),
    _dump(
        "release_labels",
        "one row per label and catalogue number of a release",
        _RELEASE,
        _PLACE,
        _int("label", "Discogs id of the label"),
        _text("name", "its name"),
        _text("catno", "catalogue number"),
    ),
    _dump(
        "release_formats",
        "one row per format of a release",
        _RELEASE,
        _PLACE,
        _text("name", "Vinyl, CD, …"),
        _text("qty", "how many, as written"),
        _text("text", "free text"),
        Column("descriptions", pa.list_(pa.string()), "LP, Album, Reissue, …"),
    ),
    _dump("release_tags", "one row per genre or style of a release", _RELEASE, _PLACE, *_TAG),
    _dump(
        "tracks",
        "one row per entry of a tracklist, headings and sub-tracks among them",
        _RELEASE,
        _PLACE,
        _int("parent", "place of the index track this is a part of"),
        Column("index", pa.bool_(), "whether it has sub-tracks", nullable=False),
        _text("position", "position as printed: A1, 1-01, …"),
        _text("title", "title"),
        _text("duration", "duration as written: 3:45, 1:02:03"),
    ),
    _dump(
        "track_artists",
        "one row per artist of a tracklist entry that names its own",
        _RELEASE,
        _id("track", "place of the entry in dump_tracks"),
        _PLACE,
        *_JOINED,
    ),
    _dump(
        "credits",
        "one row per credit (extraartist) of a release or tracklist entry",
        _RELEASE,
        _int("track", "place of the entry in dump_tracks; null for the whole release"),
        _PLACE,
        *_NAMED,
        _text("role", "role, with what stands in brackets"),
        _text("tracks", "range of tracks, free text"),
    ),
    _dump(
        "identifiers",
        "one row per barcode, matrix number, … of a release",
        _RELEASE,
        _PLACE,
        _text("type", "Barcode, Matrix / Runout, …"),
        _text("value", "as printed"),
        _text("description", "which one"),
    ),
    _dump(
        "companies",
        "one row per company of a release",
        _RELEASE,
        _PLACE,
        _int("company", "Discogs id of the company"),
        _text("name", "its name"),
        _text("catno", "its number"),
        _text("role", "Pressed By, Published By, …"),
    ),
    _dump(
        "series",
        "one row per series a release belongs to",
        _RELEASE,
        _PLACE,
        _int("series", "Discogs id of the series"),
        _text("name", "its name"),
        _text("number", "number in the series, as written"),
    ),
    _dump(
        "videos",
        "one row per video of a release",
        _RELEASE,
        _PLACE,
        _text("url", "address"),
        _int("duration_s", "length in seconds"),
        _text("title", "title"),
        _text("description", "free text"),
    ),
    _dump(
        "masters",
        "one row per master release of a Discogs dump",
        _MASTER,
        _text("title", "title"),
        _int("main_release", "Discogs id of its main release"),
        _int("year", "year; null where the dump has 0"),
        _text("notes", "free text"),
        _QUALITY,
    ),
    _dump("master_artists", "one row per artist of a master", _MASTER, _PLACE, *_JOINED),
    _dump("master_tags", "one row per genre or style of a master", _MASTER, _PLACE, *_TAG),
    _dump(
        "artists",
        "one row per artist of a Discogs dump",
        _id("artist", "Discogs id of the artist"),
        _text("name", "name, with (2), (3), … where several share it"),
        _text("realname", "real name"),
        _text("profile", "free text"),
        _QUALITY,
    ),
    _dump(
        "artist_relations",
        "one row per alias, group, member, name variation or address of an artist",
        _id("artist", "Discogs id of the artist"),
        _PLACE,
        _text("kind", "alias, group, member, namevariation or url"),
        _int("other", "Discogs id of the other artist"),
        _text("name", "its name, the variation or the address"),
    ),
    _dump(
        "labels",
        "one row per label of a Discogs dump",
        _id("label", "Discogs id of the label"),
        _text("name", "name"),
        _int("parent", "Discogs id of the parent label"),
        _text("contactinfo", "free text"),
        _text("profile", "free text"),
        _QUALITY,
    ),
    _dump(
        "label_relations",
        "one row per sublabel or address of a label",
        _id("label", "Discogs id of the label"),
        _PLACE,
        _text("kind", "sublabel or url"),
        _int("other", "Discogs id of the sublabel"),
        _text("name", "its name, or the address"),
    ),
)
CATALOGUE |= {table.name: table for table in DUMP}

_ARTISTS = Column("artists", pa.list_(pa.int32()), "Discogs ids of the artists; none for Various", nullable=False)
DUMP_TRUTH = {
    table.name: table
    for table in (
        Table(
            "truth_releases",
            "one row per release of a synthetic Discogs dump: what it was made from",
            (
                _RELEASE,
                Column("kind", pa.string(), "edition, single, best-of or compilation", nullable=False),
                _int("master", "Discogs id of the master release; null for none"),
                _ARTISTS,
                Column("labels", pa.list_(pa.int32()), "distinct Discogs ids of its labels", nullable=False),
                _id("genre", "coarse taste of the first artist"),
                _id("style", "fine taste of the first artist"),
                Column("oddities", pa.list_(pa.string()), "what is odd about it", nullable=False),
            ),
            ("release",),
        ),
        Table(
            "truth_entries",
            "one row per tracklist entry of a synthetic Discogs dump: which recording it is",
            (
                _RELEASE,
                _PLACE,
                _text("key", "the recording's key in the playlists of the same seed; null for no recording of these"),
                _ARTISTS,
                Column("guests", pa.list_(pa.int32()), "Discogs ids of who is featured", nullable=False),
                _text("oddity", "heading, index, sub-track, repeated title, no title; null for a plain track"),
            ),
            ("release", "place"),
        ),
    )
}

_ANCHOR = _id("anchor", "track_id of the anchor")
_POSITIVE = _id("positive", "track_id of the positive")
_VIA = _int("via", "what links the pair: an id in vias.parquet, or null")
_SCORE = Column("score", pa.float32(), "the evidence for the pair", nullable=False)

PAIRS = Table("pairs", "one row per pair of an epoch", (_ANCHOR, _POSITIVE, _VIA, _SCORE))
TRIPLETS = Table(
    "triplets",
    "one row per triplet of an epoch",
    (_ANCHOR, _POSITIVE, _VIA, _SCORE, _id("negative", "track_id of the negative")),
)
EPOCH_PART_ROWS = 1_000_000
EPOCHS = {"pairs": PAIRS, "triplets": TRIPLETS, "vectors": PAIRS, "labels": PAIRS}
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

EXCLUDED = Table(
    "excluded",
    "one row per track of the source that was left out",
    (_id("track_id", "the track"),),
    ("track_id",),
)

LABEL_TARGETS = Table(
    "targets",
    "one row per track: the labels it is to be known by",
    (
        _id("track_id", "the track"),
        Column("label_ids", pa.list_(pa.int32()), "its labels", nullable=False),
        Column("weights", pa.list_(pa.float32()), "their weights, which sum to 1", nullable=False),
    ),
    ("track_id",),
)


def vector_targets(dimensions: int) -> Table:
    """Return the table of a set of kind `vectors`."""
    vector = Column("vector", pa.list_(pa.float32(), dimensions), "the vector it is to come near", nullable=False)
    return Table("targets", "one row per track: its vector", (_id("track_id", "the track"), vector), ("track_id",))


def vocabulary(dimensions: int | None = None) -> Table:
    """Return the table of the labels of a set of kind `labels`, with a vector each or without."""
    columns = (
        _id("label_id", "dense from 0, by the byte order of label"),
        Column("label", pa.string(), "the label", nullable=False),
        Column("count", pa.int64(), "tracks that have it", nullable=False),
    )
    vector = (Column("vector", pa.list_(pa.float32(), dimensions), "its vector", nullable=False),) if dimensions else ()
    return Table("vocabulary", "one row per label", columns + vector, ("label_id",))


def pair_table(name: str, kind: str, columns: pa.Schema) -> Table | None:
    """Return what a file beside the epochs of a set of this kind must be, given the columns it has."""
    vector = columns.field("vector").type if "vector" in columns.names else None
    dimensions = vector.list_size if vector is not None and pa.types.is_fixed_size_list(vector) else None
    if name == "targets":
        return vector_targets(dimensions or 1) if kind == "vectors" else LABEL_TARGETS
    return vocabulary(dimensions) if name == "vocabulary" else PAIR_TABLES.get(name)


PAIR_TABLES = {"tracks": PAIR_TRACKS, "excluded": EXCLUDED, "vias": VIAS}

LINKS = Table(
    "links",
    "one row per link: a track of the left source and the same recording in the right one",
    (
        _id("left_id", "track_id in the left source"),
        _id("right_id", "track_id in the right source"),
        Column("left_key", pa.string(), "its key in the left source", nullable=False),
        Column("right_key", pa.string(), "its key in the right source", nullable=False),
        Column("score", pa.float32(), "how sure: 0 to 1", nullable=False),
        Column("reason", pa.string(), "what agrees and what does not", nullable=False),
        Column("title", pa.float32(), "how alike the titles are: 0 to 1", nullable=False),
        Column("artist", pa.float32(), "how alike the artists are: 0 to 1", nullable=False),
        _int("gap_ms", "difference of the durations in milliseconds; null where one is unknown"),
        Column("same_album", pa.bool_(), "whether the albums' names are equal", nullable=False),
        _id("rivals", "other candidates of one of the two that are just as good"),
    ),
    ("left_id",),
)
