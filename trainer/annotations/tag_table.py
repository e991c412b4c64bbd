"""Anybody's tags: a table of keys, their tags, and what else is known of them."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.annotations._annotations import Annotations, Row, gather

OTHERS = ("split", "group", "artist", "title")
LISTS = pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list


def read(file: Path) -> Annotations:
    """Read a table with the columns key, tags and any of split, group, artist, title.

    In text (.csv, .csv.gz; else separated by tabs) tags is the last column, and every further cell of a row is one more
    tag; in Parquet (.parquet) it is a list of texts, or one text. A split is train, valid or test. Keys are paths below
    a folder of audio, or what the embeddings go by.

    Raises:
        InputError: the file cannot be read, lacks a column, a split is unknown, or a key comes twice.
    """
    rows = _parquet(file) if file.suffix == ".parquet" else _delimited(file)
    return gather(shown(file.name), rows, [file])


def _delimited(file: Path) -> Iterator[Row]:
    comma = ".csv" in file.suffixes
    table = _files.table(file, ",") if comma else _split_by_tabs(file)
    _, header = next(table, (1, [""]))
    if "key" not in header or header[-1] != "tags":
        raise InputError(f"{shown(file)}: expected a header with a column key and, as the last, tags: add it")
    place = {column: header.index(column) for column in ("key", *OTHERS) if column in header}
    for number, cells in table:
        if len(cells) < len(header) - 1:
            wrong = f"{len(cells)} cells under {len(header)} columns: mend the row"
            raise InputError(f"{shown(file)}, line {number}: {wrong}")
        row = {column: cells[at] for column, at in place.items()}
        yield Row(row.pop("key"), [tag for tag in cells[len(header) - 1 :] if tag], **row)


def _split_by_tabs(file: Path) -> Iterator[tuple[int, list[str]]]:
    return ((number, line.split("\t")) for number, line in _files.lines(file))


def _parquet(file: Path) -> Iterator[Row]:
    try:
        table = pq.ParquetFile(file).read()
        columns = {
            name: table[name].cast(pa.string()).to_pylist() for name in ("key", *OTHERS) if name in table.column_names
        }
        is_list = any(test(table.schema.field("tags").type) for test in LISTS)
        tags = table["tags"].to_pylist() if is_list else [[tag] for tag in table["tags"].cast(pa.string()).to_pylist()]
        keys = columns.pop("key")
    except (OSError, pa.ArrowException, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{shown(file)}: no table with the columns key and tags: {reason}: mend it") from error
    for number, (key, labels) in enumerate(zip(keys, tags, strict=True)):
        others = {name: column[number] or "" for name, column in columns.items()}
        yield Row(key or "", [str(tag) for tag in labels or [] if tag is not None], **others)
