"""Tables in text (CSV, TSV, …), read block by block: every row is taken or a reject with its number.

The rows themselves are read by Arrow. Text is UTF-8; fields may be quoted (RFC 4180) unless tabs separate them.
"""

import codecs
import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from pairmine import parallel
from pairmine.errors import InputError, shown
from pairmine.sources._blocks import Blocks
from pairmine.sources._column_roles import Columns
from pairmine.sources._records import Reject
from pairmine.sources._rows import NO_TEXT, Rows, clean, excerpt, first_of

LONGEST_LINE = 16 << 20
_SAMPLE_BYTES, _SAMPLE_LINES = 1 << 16, 100
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"\xff\xfe", "text in UTF-16: convert it to UTF-8 first"),
    (b"\xfe\xff", "text in UTF-16: convert it to UTF-8 first"),
)
_QUOTED = ",;|"
_MOST_BLANK_COLUMNS = 3
_NO_SEPARATOR = "\x01"
codecs.register_error("nul", lambda error: ("\0", getattr(error, "end", 0)))


@dataclass(frozen=True)
class Dialect:
    """How a table is written: what separates fields, how many there are, and its first rows."""

    separator: str
    fields: int
    rows: list[list[str]]
    ragged: bool

    @property
    def quoted(self) -> bool:
        """Whether fields may stand in quotes."""
        return self.separator in _QUOTED

    @property
    def is_adjacency(self) -> bool:
        """Whether a line looks like one end and all it is linked to, separated by blanks, instead of columns."""
        return self.separator == " " and (self.ragged or self.fields > _MOST_BLANK_COLUMNS)


def head(blocks: Blocks) -> bytes:
    """Read on, and return how the file begins, in whole lines if it can; a byte order mark is left behind.

    Raises:
        InputError: it is an archive or no UTF-8.
    """
    blocks.extend()
    begin = blocks.buffer[blocks.start : min(blocks.end, blocks.start + _SAMPLE_BYTES)].tobytes()
    for magic, what in _FOREIGN:
        if begin.startswith(magic):
            raise InputError(f"{shown(blocks.path)}: {what}")
    if begin.startswith(_BYTE_ORDER_MARK):
        blocks.start += len(_BYTE_ORDER_MARK)
    begin = begin.removeprefix(_BYTE_ORDER_MARK)
    return begin if blocks.finished and len(begin) < _SAMPLE_BYTES else begin[: begin.rfind(b"\n") + 1] or begin


def dialect(begin: bytes) -> Dialect | None:
    """Return how a table is written that begins like this; None if it is empty."""
    lines = [line for line in begin.decode(errors="replace").splitlines()[:_SAMPLE_LINES] if line.strip()]
    if not lines:
        return None
    common = [mark for mark in "\t,;|" if sum(mark in line for line in lines) > len(lines) // 2]
    separator = common[0] if common else " "
    rows = [_cells(line.replace("\0", ""), separator) for line in lines]
    sizes = Counter(len(row) for row in rows).most_common()
    fields = sizes[0][0]
    return Dialect(separator, fields, [row for row in rows if len(row) == fields], len(sizes) > 2)


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator)) if separator in _QUOTED else line.split(separator)


def bodies(blocks: Blocks, quoted: bool, tick: Callable[[], None]) -> Iterator[bytes]:
    """Yield what is left of a file in runs of whole lines; a line longer than LONGEST_LINE becomes one of a NUL."""
    while True:
        data = blocks.buffer[blocks.start : blocks.end].tobytes()
        cut = len(data) if blocks.finished else _end_of_lines(data, quoted)
        if not cut and len(data) > LONGEST_LINE:
            yield b"\0\n"
            _skip_line(blocks)
            continue
        blocks.start += cut
        if cut:
            yield data[:cut]
        tick()
        if blocks.finished:
            return
        blocks.extend()


def _skip_line(blocks: Blocks) -> None:
    """Leave the rest of a line behind."""
    while (end := blocks.buffer[blocks.start : blocks.end].tobytes().find(b"\n")) < 0:
        blocks.start = blocks.end
        if blocks.finished:
            return
        blocks.extend()
    blocks.start += end + 1


def _end_of_lines(data: bytes, quoted: bool) -> int:
    """Return the place behind the last line break that does not seem to stand within quotes, 0 if there is none."""
    last = cut = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, cut) if quoted else 0
    while cut and quotes % 2:
        previous = data.rfind(b"\n", 0, cut - 1) + 1
        quotes -= data.count(b'"', previous, cut)
        cut = previous
    return cut or last


def read(
    blocks: Blocks,
    written: Dialect,
    columns: Columns | None,
    unit: str,
    tick: Callable[[], None],
    threads: int | None,
) -> Iterator[Rows]:
    """Yield the rows of a table whose beginning `head` has read, the header left out.

    Args:
        blocks: the file.
        written: its dialect.
        columns: what its columns are; None for lines of a user and all their tracks.
        unit: what a row is: the unit of the rejects.
        tick: called after every block.
        threads: blocks read at a time.
    """

    def rows_of(body: bytes) -> Rows:
        text = _as_text(body)
        return _table(text, written, columns, unit) if columns else _adjacency(text, unit)

    before = 0
    for rows in parallel.in_order(rows_of, bodies(blocks, written.quoted, tick), threads):
        if before == 0 and columns and columns.header:
            rows = _without_first(rows)
        yield rows.shifted(before)
        before += rows.size


def _without_first(rows: Rows) -> Rows:
    """Return rows without the header, wherever it went."""
    kept = rows.positions > 1
    columns = {role: column.filter(pa.array(kept)) for role, column in rows.columns.items()}
    rejects = [reject for reject in rows.rejects if reject.position > 1]
    return Rows(columns, rows.positions[kept], rows.size, rejects, rows.skipped)


def _as_text(body: bytes) -> bytes:
    """Return bytes that are UTF-8 for certain: what was not has become NUL."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(errors="nul").encode()
    return body


def _table(body: bytes, written: Dialect, columns: Columns, unit: str) -> Rows:
    names = [f"f{place}" for place in range(written.fields)]
    wanted = sorted({names[place] for places in columns.places.values() for place in places})
    table, bad = _read_csv(body, names, wanted, written.separator, '"' if written.quoted else False)
    size = table.num_rows + len(bad)
    numbers = np.setdiff1d(np.arange(1, size + 1), [number for number, _, _ in bad])
    rejects = [
        Reject(unit, number, NO_TEXT if "\0" in text else f"{fields} fields instead of {written.fields}", excerpt(text))
        for number, fields, text in bad
    ]
    cells = {name: clean(table.column(name).combine_chunks()) for name in wanted}
    found = {role: first_of([cells[names[place]] for place in places]) for role, places in columns.places.items()}
    rows = Rows(found, numbers, size, rejects)
    if not (bad and bad[-1][0] == size and "\n" in bad[-1][2]):
        return rows
    # The last row is a quote that never ends: only its first line is at fault, and no quote is behind it.
    rest = _table(bad[-1][2].split("\n", 1)[1].encode(), written, columns, unit)
    return _joined(rows, rest.shifted(size))


def _joined(first: Rows, second: Rows) -> Rows:
    columns = {role: pa.concat_arrays([column, second.columns[role]]) for role, column in first.columns.items()}
    positions = np.concatenate((first.positions, second.positions))
    return Rows(columns, positions, first.size + second.size, first.rejects + second.rejects, first.skipped)


def _read_csv(
    body: bytes, names: list[str], wanted: list[str], separator: str, quote: str | bool
) -> tuple[pa.Table, list[tuple[int, int, str]]]:
    """Return the rows with the right number of fields, and (number from 1, fields, text) of the others."""
    bad: list[tuple[int, int, str]] = []

    def skip(row: Any) -> str:
        bad.append((row.number, row.actual_columns, row.text))
        return "skip"

    if not body:
        return pa.table({name: pa.array([], pa.string()) for name in wanted}), bad
    table = pa_csv.read_csv(
        pa.BufferReader(body),
        pa_csv.ReadOptions(column_names=names, block_size=len(body) + 1, use_threads=False),
        pa_csv.ParseOptions(
            delimiter=separator,
            quote_char=quote,
            newlines_in_values=bool(quote),
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        pa_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            include_columns=wanted,
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )
    return table, bad


def _adjacency(body: bytes, unit: str) -> Rows:
    table, _ = _read_csv(body, ["line"], ["line"], _NO_SEPARATOR, False)
    lines = pc.ascii_split_whitespace(clean(table.column("line").combine_chunks()))
    lengths = np.maximum(pc.list_value_length(lines).to_numpy(), 1)
    words = pc.list_flatten(lines)
    is_user = np.zeros(int(lengths.sum()), np.bool_)
    is_user[np.cumsum(lengths) - lengths] = True
    users = words.filter(pa.array(is_user))
    line = np.arange(lengths.size)
    line_of_track = np.repeat(line, lengths - 1)
    lonely = np.flatnonzero(lengths == 1)
    rejects = [
        Reject(unit, number + 1, "a user without tracks", excerpt(str(users[number])))
        for number in lonely.tolist()
        if str(users[number])
    ]
    found = {"user": users.take(pa.array(line_of_track)), "track": words.filter(pa.array(~is_user))}
    skipped = Counter({"empty": lonely.size - len(rejects)})
    return Rows(found, line_of_track + 1, lengths.size, rejects, skipped)
