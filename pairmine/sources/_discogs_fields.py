"""What a Discogs dump holds: for every element that opens a row, its table and where the columns stand.

Paths are relative to the element; `@name` is an attribute. What is listed with no column (None) is known and left
out, with all that is in it; what is not listed is counted and named.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pairmine.kernels.xml_names import name_table
from pairmine.kernels.xml_scan import FIRST_COLUMN, FIRST_NAME, IGNORED, NO_TEXT, SKIP, UNKNOWN, Kind, Maps
from pairmine.schema import CATALOGUE

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


@dataclass(frozen=True)
class Target:
    """A column that is read from the XML; `is_attribute` says by which rules its text is normalised."""

    table: str
    column: str
    type: pa.DataType
    is_attribute: bool

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass
class Node:
    """A known element: its children and attributes, the table it opens, the number of its text's column."""

    path: str
    number: int
    children: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    table: int = -1
    kind: int = -1
    text: int = NO_TEXT


class Format:
    """The element map as nodes (for the strict reader) and as arrays (for the scanner)."""

    def __init__(self) -> None:
        images = dict.fromkeys(("type", "uri", "uri150", "width", "height"), IGNORED)
        self.nodes = [Node("", SKIP, attributes=images, text=IGNORED)]
        self.targets: list[Target] = []
        self._paths: dict[str, Node] = {}
        self.codes: dict[tuple[str, str], int] = {}
        for row in ROWS:
            self._add(row)
        for path, other in LOOPS.items():
            parent, _, name = path.rpartition("/")
            self._node(parent).children[name] = self._node(other).number
        self.maps, known = self._arrays()
        self.kinds = {kind: self._kind(kind, known) for kind in KINDS}

    def target(self, code: int) -> Target:
        """Return the column of a code."""
        return self.targets[code - FIRST_COLUMN]

    def _add(self, row: Row) -> None:
        node = self._node(row.path)
        node.table = TABLES.index(row.table)
        node.kind = ROW_KINDS.index(row.kind) if row.kind is not None else -1
        for path, column in row.columns.items():
            element, is_attribute, name = path.rpartition("@")
            code = IGNORED if column is None else self._code(row.table, column, bool(is_attribute))
            place = f"{row.path}/{element}".rstrip("/.")
            if is_attribute:
                self._node(place).attributes[name] = code
            elif column is None and not path.endswith("."):
                parent, _, last = f"{place}/{name}".rpartition("/")
                self._node(parent).children[last] = SKIP
            else:
                self._node(f"{place}/{name}".rstrip("/.")).text = code

    def _node(self, path: str) -> Node:
        if path not in self._paths:
            node = self._paths[path] = Node(path, len(self.nodes))
            self.nodes.append(node)
            parent, _, name = path.rpartition("/")
            if parent:
                self._node(parent).children[name] = node.number
        return self._paths[path]

    def _code(self, table: str, column: str, is_attribute: bool) -> int:
        key = table, column
        if key not in self.codes:
            self.codes[key] = FIRST_COLUMN + len(self.targets)
            self.targets.append(Target(table, column, CATALOGUE[table].arrow.field(column).type, is_attribute))
        return self.codes[key]

    def _kind(self, kind: str, known: list[str]) -> Kind:
        """Return a kind of record; what identifies it is the first column of its table."""
        root = self._node(kind)
        table = CATALOGUE[TABLES[root.table]]
        code = self.codes[table.name, table.columns[0].name]
        word = np.uint64(int.from_bytes(kind.encode(), "little"))
        tracks = TABLES.index("dump_tracks")
        name = known.index(kind)
        return Kind(word, len(kind), root.number, name, code, tracks, int(kind == "label"))

    def _arrays(self) -> tuple[Maps, list[str]]:
        """Return the map as arrays, and the names; those of attributes come first, as the scanner has bits for 64."""
        attributes_known = {name for node in self.nodes for name in node.attributes}
        elements_known = {name for node in self.nodes for name in node.children}.union(KINDS)
        known = [*sorted(attributes_known), *sorted(elements_known - attributes_known)]
        names = name_table(known)
        nodes = np.full((len(self.nodes), FIRST_NAME + 2 * len(known)), UNKNOWN, np.int16)
        nodes[SKIP, FIRST_NAME + len(known) :] = IGNORED
        for node in self.nodes:
            nodes[node.number, :FIRST_NAME] = node.table, node.kind, node.text
            for name, child in node.children.items():
                nodes[node.number, FIRST_NAME + known.index(name)] = child
            for name, code in node.attributes.items():
                nodes[node.number, FIRST_NAME + len(known) + known.index(name)] = code
        return Maps(names, nodes), known


FORMAT = Format()
