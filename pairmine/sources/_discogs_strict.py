"""The strict reader: expat decides about one record at a time, whatever stands in it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from pairmine.kernels.xml_records import Kind
from pairmine.kernels.xml_scan import IGNORED, MAX_DEPTH, NO_TEXT, SKIP, UNKNOWN
from pairmine.sources._discogs_format import FORMAT, Node
from pairmine.sources._excerpts import EXCERPT_CHARACTERS

XML_BLANKS = " \t\r\n"
_MAX_INT32 = 2**31 - 1
_START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")


class RefusedError(Exception):
    """A record cannot be taken; the message says why."""


@dataclass
class _Open:
    """An open element: its node, its row and that of the enclosing track, its text so far."""

    node: Node
    row: int
    track: int
    text: list[str] = field(default_factory=list)


@dataclass
class Record:
    """One record: rows as (table, row of the enclosing track or −1, kind), cells as (code, row, text)."""

    id: int = -1
    end: int = -1
    rows: list[tuple[int, int, int]] = field(default_factory=list)
    cells: list[tuple[int, int, str]] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)


class _Reader:
    """Expat's handlers; `table_rows` grows by the record's rows."""

    def __init__(self, data: bytes, kind: Kind, table_rows: list[int]) -> None:
        self.record = Record()
        self._data, self._kind, self._table_rows = data, kind, table_rows
        self._open: list[_Open] = []
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) == MAX_DEPTH:
            raise RefusedError(f"nested deeper than {MAX_DEPTH} levels")
        node, row, track = FORMAT.nodes[self._kind.root], 0, -1
        if self._open:
            parent = self._open[-1]
            node, row, track = self._child(parent.node, name), parent.row, parent.track
        if node.table >= 0:
            self.record.rows.append((node.table, track, node.kind))
            row = self._table_rows[node.table]
            self._table_rows[node.table] += 1
            track = row if node.table == self._kind.track_table else track
        self._open.append(_Open(node, row, track))
        for attribute, value in attributes.items():
            self._attribute(node, row, attribute, value)

    def _child(self, parent: Node, name: str) -> Node:
        number = SKIP if parent.number == SKIP else parent.children.get(name, UNKNOWN)
        if number == UNKNOWN:
            self.record.oddities[f"{parent.path}/{name[:EXCERPT_CHARACTERS]}"] += 1
            number = SKIP
        return FORMAT.nodes[number]

    def _attribute(self, node: Node, row: int, name: str, value: str) -> None:
        code = IGNORED if node.number == SKIP else node.attributes.get(name, UNKNOWN)
        if code == UNKNOWN:
            self.record.oddities[f"{node.path}/@{name[:EXCERPT_CHARACTERS]}"] += 1
        elif code != IGNORED:
            self._cell(code, row, value)

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        text = "".join(element.text).strip(XML_BLANKS)
        if text and element.node.text == NO_TEXT:
            self.record.oddities[f"text in {element.node.path}"] += 1
        elif element.node.text >= 0:
            self._cell(element.node.text, element.row, text)
        if not self._open:
            self._finish()

    def _cell(self, code: int, row: int, value: str) -> None:
        value = value.strip(XML_BLANKS)
        if not value:
            return
        self.record.cells.append((code, row, value))
        if code == self._kind.id_code and self.record.id < 0:
            digits = value.lstrip("0")
            if not (value.isascii() and value.isdigit() and 0 < len(digits) < 11 and int(digits) <= _MAX_INT32):
                raise RefusedError(f"its id is no number from 1 to {_MAX_INT32}")
            self.record.id = int(digits)

    def _finish(self) -> None:
        tag = _START_TAG.match(self._data)
        if tag is not None and tag[0].endswith(b"/>"):  # of empty elements expat does not tell the place
            self.record.end = tag.end()
        else:
            self.record.end = self._data.index(b">", self.parser.CurrentByteIndex) + 1


def read_record(data: bytes, kind: Kind, table_rows: list[int]) -> Record:
    """Read the record that `data` begins with; `table_rows` grows by its rows.

    Values of unknown elements and attributes, and texts between elements, are counted as oddities.

    Raises:
        RefusedError: it is not well-formed, nested too deep, or has no id.
    """
    reader = _Reader(data, kind, table_rows)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        if reader.record.end < 0:
            reason = expat.ErrorString(error.code)
            raise RefusedError(f"{reason}, {reader.parser.ErrorByteIndex} bytes into the record") from None
    if reader.record.id < 0:
        raise RefusedError("it has no id")
    return reader.record
