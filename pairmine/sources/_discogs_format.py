"""The map of a dump's elements, compiled: as nodes for the strict reader, as arrays for the scanner."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pairmine.kernels.xml_names import name_table
from pairmine.kernels.xml_records import Kind
from pairmine.kernels.xml_scan import FIRST_COLUMN, FIRST_NAME, IGNORED, NO_TEXT, SKIP, UNKNOWN, Maps
from pairmine.schema import CATALOGUE
from pairmine.sources._discogs_fields import KINDS, LOOPS, ROW_KINDS, ROWS, TABLES, Row


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
