"""Anybody's tags: a table of keys, their tags, and what else is known of them."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.annotations._annotations import Annotations, Row, gather

NAME = "own table"  # results of one content merge, whatever its file is called
OTHERS = ("split", "group", "artist", "title")
LISTS = pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list


def read(file: Path) -> Annotations:
    """Read a table with the columns key, tags and any of split, group, artist, title, in any order.

    In text (.csv, .csv.gz; else separated by tabs) a cell of tags holds one tag, several with bars between them
    (`calm|piano`), or a list as JSON or Python writes it (`["calm", "piano"]`); where tags is the last column, every
    further cell of a row is one more such cell. In Parquet (.parquet) tags are lists of texts, or such cells. A split
    is train, valid or test. Keys are paths below a folder of audio, or what the embeddings go by.

    Raises:
        InputError: the file cannot be read, lacks a column, a row has too few or too many cells or a list that is
            none, a split is unknown, or a key comes twice.
    """
    rows = _parquet(file) if file.suffix == ".parquet" else _delimited(file)
    return replace(gather(shown(file.name), rows, [file]), name=NAME)


def _delimited(file: Path) -> Iterator[Row]:
    comma = ".csv" in file.suffixes
    table = _files.table(file, ",") if comma else _split_by_tabs(file)
    _, header = next(table, (1, [""]))
    if "key" not in header or "tags" not in header or len(set(header)) < len(header):
        raise InputError(f"{shown(file)}: expected a header with the columns key and tags, each name once: add it")
    place = {column: header.index(column) for column in ("key", *OTHERS) if column in header}
    first = header.index("tags")
    open_end = first == len(header) - 1
    for number, cells in table:
        if len(cells) < len(header) - open_end or (len(cells) > len(header) and not open_end):
            wrong = f"{len(cells)} cells under {len(header)} columns: mend the row"
            raise InputError(f"{shown(file)}, line {number}: {wrong}")
        row = {column: cells[at] for column, at in place.items()}
        tags = [tag for cell in cells[first : None if open_end else first + 1] for tag in _tags(file, number, cell)]
        yield Row(row.pop("key"), tags, **row)


def _tags(file: Path, number: int, cell: str) -> list[str]:
    """Return the tags of a cell."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return [tag.strip() for tag in cell.split("|") if tag.strip()]
    try:
        tags = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        tags = None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InputError(f'{shown(file)}, line {number}: tags {shown(cell[:50])} are no list such as ["calm", "piano"]')
    return tags


def _split_by_tabs(file: Path) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in _files.lines(file))


def _parquet(file: Path) -> Iterator[Row]:
    try:
        table = pq.ParquetFile(file).read()
        columns = {
            name: table[name].cast(pa.string()).to_pylist() for name in ("key", *OTHERS) if name in table.column_names
        }
        is_list = any(test(table.schema.field("tags").type) for test in LISTS)
        cells = table["tags"].to_pylist() if is_list else table["tags"].cast(pa.string()).to_pylist()
        keys = columns.pop("key")
    except (OSError, pa.ArrowException, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{shown(file)}: no table with the columns key and tags: {reason}: mend it") from error
    for number, (key, cell) in enumerate(zip(keys, cells, strict=True)):
        others = {name: column[number] or "" for name, column in columns.items()}
        tags = _tags(file, number + 1, cell) if isinstance(cell, str) else cell or []
        yield Row(key or "", [str(tag) for tag in tags if tag is not None], **others)
