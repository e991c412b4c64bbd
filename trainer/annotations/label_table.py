"""Anybody's labels: a table with a column of keys and one or more of labels, CSV, TSV or Parquet.

A tab-separated table is taken as it stands, without quotes; in a comma-separated one cells may be quoted. Empty cells
are unknown labels.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine.errors import InputError, UsageError, shown
from pairmine.registry import check_name
from trainer.annotations import _files
from trainer.keys import annotation_key

KEYS = ("key", "file", "path", "filename", "track", "track_id", "id")
LABELS = ("label", "class", "genre", "artist")

Columns = dict[str, list[str]]


@dataclass(frozen=True, eq=False)
class LabelTable:
    """Labels of tracks, N tracks in the byte order of their keys.

    Attributes:
        keys: what the tracks go by (`annotation_key`); each once.
        labels: by column, a label a track; "" where it is unknown.
        names: (title, artist) by key, where columns of these names know them.
        file: what was read.
        key_column: the column of keys.
        guessed: what was not named, but taken by its name: "key column", "label column".
    """

    keys: tuple[str, ...]
    labels: dict[str, npt.NDArray[np.str_]]
    names: dict[str, tuple[str, str]]
    file: Path
    key_column: str
    guessed: list[str] = field(default_factory=list)


def read(
    file: Path,
    *,
    key_column: str | None = None,
    label_columns: Sequence[str] = (),
    split_column: str = "split",
    split: str | None = None,
) -> LabelTable:
    """Read a table of labels.

    Without `key_column` it is the first of the columns of a usual name (`KEYS`), else the first column; without
    `label_columns` it is one of a usual name (`LABELS`), or the only other column. Where neither is given, one of the
    columns must have a usual name: else the first row may be no header.

    Args:
        file: .csv, .tsv or .txt, also .gz; or .parquet.
        key_column: which column has keys or paths.
        label_columns: which have labels.
        split_column: which says the split of a track.
        split: take the tracks of this split only.

    Raises:
        UsageError: there is no such column or split, or no column has a usual name, or which one has labels cannot be
            guessed.
        InputError: the file cannot be read, a row is longer or shorter than the header, a key is empty or comes twice.
    """
    columns = _parquet(file) if file.suffix == ".parquet" else _delimited(file)
    guessed = [what for what, given in (("key column", key_column), ("label column", label_columns)) if not given]
    if len(guessed) == 2 and not any(name.lower() in (*KEYS, *LABELS) for name in columns):
        raise UsageError(
            f"{shown(file)}: its first row, {', '.join(map(shown, columns))}, has none of the names {', '.join(KEYS)}, "
            f"{', '.join(LABELS)}: is it a header? Add one, or name its columns by --key-column and --label-column"
        )
    key = _named(columns, "key column", key_column) if key_column else _guessed_key(columns)
    labels = [_named(columns, "label column", column) for column in label_columns] or [_guessed_label(columns, key)]
    rows = _ordered(file, columns, key, _in_split(columns, split_column, split))
    keys = tuple(annotation_key(columns[key][row]) for row in rows)
    by_column = {label: np.array([columns[label][row] for row in rows], np.str_) for label in labels}
    return LabelTable(keys, by_column, _names(columns, rows, keys), file, key, guessed)


def _parquet(file: Path) -> Columns:
    try:
        table = pq.ParquetFile(file).read()
        return {name: ["" if cell is None else cell for cell in _texts(table[name])] for name in table.column_names}
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{shown(file)}: no Parquet table ({' '.join(str(error).split())}): check --data") from error


def _texts(column: pa.ChunkedArray) -> list[str | None]:
    """Return a column as texts; one of lists or the like, that has none, as empty cells."""
    try:
        texts: list[str | None] = column.cast(pa.string()).to_pylist()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return [None] * len(column)
    return texts


def _delimited(file: Path) -> Columns:
    """Return the cells of a delimited table by column."""
    rows = _rows(file)
    _, header = next(rows, (0, []))
    if len(header) < 2 or len(set(header)) < len(header):
        raise InputError(f"{shown(file)}: no header with two different columns or more, separated by tabs or commas")
    cells: list[list[str]] = []
    for number, row in rows:
        if len(row) != len(header):
            raise InputError(
                f"{shown(file)}, line {number}: {len(row)} cells under {len(header)} columns: mend the row"
            )
        cells.append(row)
    return {name: [row[place] for row in cells] for place, name in enumerate(header)}


def _rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield rows that are not empty, with the number of the line they end on; tabs separate if the first has one."""
    with _files.text(file) as stream:
        first = stream.readline(_files.LONGEST_LINE)
        stream.seek(0)
        tabs = "\t" in first
        reader = csv.reader(
            stream, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
        )
        for row in reader:
            if row:
                yield reader.line_num, row


def _named(columns: Columns, what: str, name: str) -> str:
    check_name(what, name, columns)
    return name


def _guessed_key(columns: Columns) -> str:
    return next((name for usual in KEYS for name in columns if name.lower() == usual), next(iter(columns)))


def _guessed_label(columns: Columns, key: str) -> str:
    others = [name for name in columns if name != key]
    usual = [name for name in others if name.lower() in LABELS]
    for candidates in (usual, others):
        if len(candidates) == 1:
            return candidates[0]
    raise UsageError(f"which column has the labels? Name it by --label-column: {', '.join(map(shown, others))}")


def _in_split(columns: Columns, column: str, split: str | None) -> list[int]:
    """Return the rows of a split; all rows without one."""
    if split is None:
        return list(range(len(next(iter(columns.values())))))
    cells = columns[_named(columns, "split column", column)]
    check_name("split", split, dict.fromkeys(cells))
    return [row for row, cell in enumerate(cells) if cell == split]


def _ordered(file: Path, columns: Columns, key: str, rows: list[int]) -> list[int]:
    """Return rows in the byte order of their keys."""
    row_of: dict[str, int] = {}
    for row in rows:
        found = annotation_key(columns[key][row])
        if not found:
            raise InputError(f"{shown(file)}, row {row + 1}: no key in column {shown(key)}: fill it, or drop the row")
        if row_of.setdefault(found, row) != row:
            raise InputError(
                f"{shown(file)}, row {row + 1}: {shown(found)} comes twice in column {shown(key)}: keep one"
            )
    if not row_of:
        raise InputError(f"{shown(file)}: no rows below the header: check --data")
    return [row for _, row in sorted(row_of.items(), key=lambda item: item[0].encode(errors="surrogatepass"))]


def _names(columns: Columns, rows: list[int], keys: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    empty = [""] * (max(rows) + 1)
    titles, artists = columns.get("title", empty), columns.get("artist", empty)
    named = ((key, (titles[row], artists[row])) for key, row in zip(keys, rows, strict=True))
    return {key: name for key, name in named if any(name)}
