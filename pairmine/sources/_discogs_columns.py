"""Tables of a dump from the scanner's rows and cells."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.kernels import xml_columns as columns
from pairmine.kernels.xml_scan import UNKNOWN_ATTRIBUTE, UNKNOWN_ELEMENT
from pairmine.schema import CATALOGUE
from pairmine.sources._discogs_fields import ROW_KINDS, TABLES, ZERO_IS_NULL
from pairmine.sources._discogs_format import FORMAT, Target
from pairmine.sources._excerpts import EXCERPT_CHARACTERS

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Oddities = Counter[str]

_TRACKS = "dump_tracks"
_KINDS = pa.array(ROW_KINDS)


@dataclass
class Cells:
    """Cells by code, (row, start, size) each, and the bytes they point into."""

    data: Bytes
    ordered: Int32s
    starts: Int64s

    def of(self, code: int) -> Int32s:
        """Return the cells of one column."""
        return self.ordered[self.starts[code] : self.starts[code + 1]]


@dataclass
class _Rows:
    """The rows of one table: the record of each, its place there, the row of its track, its kind."""

    record: Int32s
    place: Int32s
    track: Int32s
    kind: Int32s


def build_tables(
    cells: Cells, ordered: Int32s, starts: Int64s, ids: Int32s
) -> tuple[dict[str, pa.Table], dict[str, Int32s], Oddities]:
    """Return the tables that have rows, the record of each of their rows, and what was odd about cells.

    Args:
        cells: all cells.
        ordered: (n, 3) int32: record, row of the enclosing track or −1, kind; by table.
        starts: where each table begins in `ordered`.
        ids: id of each record.
    """
    rows = {name: _rows(ordered[starts[number] : starts[number + 1]]) for number, name in enumerate(TABLES)}
    oddities = _unknown(cells)
    tables = {
        name: _table(name, table_rows, rows[_TRACKS].place, cells, ids, oddities)
        for name, table_rows in rows.items()
        if table_rows.record.size
    }
    return tables, {name: rows[name].record for name in tables}, oddities


def _rows(ordered: Int32s) -> _Rows:
    record, track, kind = (np.ascontiguousarray(ordered[:, column]) for column in range(3))
    return _Rows(record, columns.places(record), track, kind)


def _table(name: str, rows: _Rows, track_place: Int32s, cells: Cells, ids: Int32s, oddities: Oddities) -> pa.Table:
    schema = CATALOGUE[name].arrow
    arrays = [_column(name, field, rows, track_place, cells, ids, oddities) for field in schema]
    return pa.table(arrays, schema=schema)


def _column(
    name: str, field: pa.Field, rows: _Rows, track_place: Int32s, cells: Cells, ids: Int32s, oddities: Oddities
) -> pa.Array:
    if field.name == CATALOGUE[name].columns[0].name:
        return pa.array(ids[rows.record])
    if field.name == "place":
        return pa.array(rows.place)
    if field.name == "kind":
        return _KINDS.take(pa.array(rows.kind))
    if (name, field.name) == (_TRACKS, "parent") or field.name == "track":
        return _track_column(rows.track, track_place)
    if field.name == "index":
        return pa.array(_is_parent(rows.track))
    code = FORMAT.codes[name, field.name]
    return _read(FORMAT.target(code), cells.of(code), rows.record.size, cells.data, oddities)


def _track_column(tracks: Int32s, place: Int32s) -> pa.Array:
    """Return the places of tracks given by their rows, null for −1."""
    there = tracks >= 0
    values = np.full(tracks.size, -1, np.int32)
    values[there] = place[tracks[there]]
    return _nullable(values)


def _is_parent(parent: Int32s) -> Bools:
    marks = np.zeros(parent.size, np.bool_)
    marks[parent[parent >= 0]] = True
    return marks


def _nullable(values: Int32s) -> pa.Array:
    """Return numbers as a column, −1 as null."""
    return pa.array(values, mask=values < 0)


def _read(target: Target, cells: Int32s, rows: int, data: Bytes, oddities: Oddities) -> pa.Array:
    if pa.types.is_list(target.type):
        return _lists(data, cells, rows)
    first, repeats = columns.cell_of_row(data, cells, rows)
    malformed: int | np.int64 = 0
    if pa.types.is_string(target.type):
        array = _texts(data, cells, first, target.is_attribute)
    elif pa.types.is_boolean(target.type):
        values, malformed = columns.truths(data, cells, first)
        array = _nullable(values).cast(pa.bool_())
    else:
        values, malformed = columns.numbers(data, cells, first)
        if (target.table, target.column) in ZERO_IS_NULL:
            values[values == 0] = -1
        array = _nullable(values)
    if repeats or malformed:
        oddities.update({f"a second value of {target}": repeats, f"a malformed value of {target}": malformed})
    return array


def _texts(data: Bytes, cells: Int32s, first: Int32s, is_attribute: bool) -> pa.Array:
    offsets, texts, valid, nulls = columns.texts(data, cells, first, is_attribute)
    buffers = [pa.py_buffer(valid) if nulls else None, pa.py_buffer(offsets), pa.py_buffer(texts)]
    return pa.Array.from_buffers(pa.string(), first.size, buffers, nulls)


def _lists(data: Bytes, cells: Int32s, rows: int) -> pa.Array:
    of_rows, of_texts, texts = columns.lists(data, cells, rows)
    values = pa.Array.from_buffers(
        pa.string(), of_texts.size - 1, [None, pa.py_buffer(of_texts), pa.py_buffer(texts)], 0
    )
    return pa.ListArray.from_arrays(pa.array(of_rows), values)


def _unknown(cells: Cells) -> Oddities:
    """Count unknown elements and attributes by their path, names by how they begin."""
    oddities: Oddities = Counter()
    for code, mark in ((UNKNOWN_ELEMENT, ""), (UNKNOWN_ATTRIBUTE, "@")):
        found = cells.of(code)
        np.minimum(found[:, 2], EXCERPT_CHARACTERS, out=found[:, 2])
        names = _texts(cells.data, found, np.arange(len(found), dtype=np.int32), False)
        by_name = (
            pa.table({"node": found[:, 0], "name": names}).group_by(["node", "name"]).aggregate([([], "count_all")])
        )
        for node, name, count in zip(*by_name.to_pydict().values(), strict=True):
            oddities[f"{FORMAT.nodes[node].path}/{mark}{name}"] += count
    return oddities
