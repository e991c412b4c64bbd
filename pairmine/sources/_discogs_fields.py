"""What a Discogs dump holds: for every element that opens a row, its table and where the columns stand.

Paths are relative to the element; `@name` is an attribute, `.` the element's own text. What is listed with no column
(None) is known and left out, with all that is in it; what is not listed is counted and named.
"""

from dataclasses import dataclass

Columns = dict[str, str | None]

KINDS = ("release", "master", "artist", "label")
"""The kinds of dump, by the element of a record; the root element is its plural."""


@dataclass(frozen=True)
class Row:
    """An element that opens a row of a table; `kind` is what the row's column `kind` says."""

    path: str
    table: str
    columns: Columns
    kind: str | None = None


_ARTIST: Columns = {"id": "artist", "name": "name", "anv": "anv"}
_JOINED: Columns = {**_ARTIST, "join": "join", "role": None, "tracks": None}
_CREDIT: Columns = {**_ARTIST, "join": None, "role": "role", "tracks": "tracks"}
_OTHER: Columns = {".": "name", "@id": "other"}
_NAME: Columns = {".": "name"}
_TAG: Columns = {".": "tag"}

ROWS = (
    Row(
        "release",
        "dump_releases",
        {
            "@id": "release",
            "@status": "status",
            "title": "title",
            "country": "country",
            "released": "released",
            "notes": "notes",
            "data_quality": "data_quality",
            "master_id": "master",
            "master_id/@is_main_release": "main_release",
            "images": None,
        },
    ),
    Row("release/artists/artist", "dump_release_artists", _JOINED),
    Row("release/labels/label", "dump_release_labels", {"@id": "label", "@name": "name", "@catno": "catno"}),
    Row("release/extraartists/artist", "dump_credits", _CREDIT),
    Row(
        "release/formats/format",
        "dump_release_formats",
        {"@name": "name", "@qty": "qty", "@text": "text", "descriptions/description": "descriptions"},
    ),
    Row("release/genres/genre", "dump_release_tags", _TAG, "genre"),
    Row("release/styles/style", "dump_release_tags", _TAG, "style"),
    Row(
        "release/tracklist/track",
        "dump_tracks",
        {"position": "position", "title": "title", "duration": "duration"},
    ),
    Row("release/tracklist/track/artists/artist", "dump_track_artists", _JOINED),
    Row("release/tracklist/track/extraartists/artist", "dump_credits", _CREDIT),
    Row(
        "release/identifiers/identifier",
        "dump_identifiers",
        {"@type": "type", "@value": "value", "@description": "description"},
    ),
    Row(
        "release/companies/company",
        "dump_companies",
        {
            "id": "company",
            "name": "name",
            "catno": "catno",
            "entity_type_name": "role",
            "entity_type": None,
            "resource_url": None,
        },
    ),
    Row("release/series/series", "dump_series", {"@id": "series", "@name": "name", "@catno": "number"}),
    Row(
        "release/videos/video",
        "dump_videos",
        {"@src": "url", "@duration": "duration_s", "title": "title", "description": "description", "@embed": None},
    ),
    Row(
        "master",
        "dump_masters",
        {
            "@id": "master",
            "title": "title",
            "main_release": "main_release",
            "year": "year",
            "notes": "notes",
            "data_quality": "data_quality",
            "images": None,
            "videos": None,
        },
    ),
    Row("master/artists/artist", "dump_master_artists", _JOINED),
    Row("master/genres/genre", "dump_master_tags", _TAG, "genre"),
    Row("master/styles/style", "dump_master_tags", _TAG, "style"),
    Row(
        "artist",
        "dump_artists",
        {
            "id": "artist",
            "name": "name",
            "realname": "realname",
            "profile": "profile",
            "data_quality": "data_quality",
            "images": None,
            "members/id": None,
        },
    ),
    Row("artist/aliases/name", "dump_artist_relations", _OTHER, "alias"),
    Row("artist/groups/name", "dump_artist_relations", _OTHER, "group"),
    Row("artist/members/name", "dump_artist_relations", _OTHER, "member"),
    Row("artist/namevariations/name", "dump_artist_relations", _NAME, "namevariation"),
    Row("artist/urls/url", "dump_artist_relations", _NAME, "url"),
    Row(
        "label",
        "dump_labels",
        {
            "id": "label",
            "name": "name",
            "parentLabel/.": None,
            "parentLabel/@id": "parent",
            "contactinfo": "contactinfo",
            "profile": "profile",
            "data_quality": "data_quality",
            "images": None,
        },
    ),
    Row("label/sublabels/label", "dump_label_relations", _OTHER, "sublabel"),
    Row("label/urls/url", "dump_label_relations", _NAME, "url"),
)
LOOPS = {"release/tracklist/track/sub_tracks/track": "release/tracklist/track"}
"""Elements that are what another one is."""

TABLES = tuple(dict.fromkeys(row.table for row in ROWS))
ROW_KINDS = tuple(dict.fromkeys(row.kind for row in ROWS if row.kind is not None))
ZERO_IS_NULL = {("dump_releases", "master"), ("dump_masters", "year")}
