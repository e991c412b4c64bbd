"""The form of github.com/jordipons/musicnn-training: tables of (id, path) and of (id, list of 0 and 1), and tags."""

import ast
from collections.abc import Iterator
from pathlib import Path

import orjson

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.annotations._annotations import Row

PARTS = {"train": "train", "valid": "val", "test": "test"}


def files(data: Path, name: str) -> tuple[Path, Path, dict[Path, str]]:
    """Return the tags, the index, and the tables with the split of each, of the data set `mtt` or `msd`.

    Raises:
        InputError: one of them is missing.
    """
    tables = {_files.find(data, f"{part}_gt_{name}.tsv"): split for split, part in PARTS.items()}
    return _files.find(data, f"output_labels_{name}.txt"), _files.find(data, f"index_{name}.tsv"), tables


def tags(file: Path) -> list[str]:
    """Return the tags of a file that holds `NAME = ['tag', …]`.

    Raises:
        InputError: it holds anything else.
    """
    text = "\n".join(line for _, line in _files.lines(file))
    try:
        found = ast.literal_eval(text.partition("=")[2].strip())
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise InputError(f"{shown(file)}: no list of tags: take the published file") from error
    if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
        raise InputError(f"{shown(file)}: no list of tags: take the published file")
    return found


def index(file: Path) -> dict[str, str]:
    """Return paths by id.

    Raises:
        InputError: a line has not two cells.
    """
    found = {}
    for number, line in _files.lines(file):
        name, tab, path = line.partition("\t")
        if not (name and tab and path):
            raise _files.malformed(file, number, "expected an id, a tab and a path")
        found[name] = path
    return found


def rows(file: Path, split: str, paths: dict[str, str], columns: list[str]) -> Iterator[Row]:
    """Yield the tracks of a table with their tags.

    Raises:
        InputError: a line has not an id of the index and a 0 or 1 for each tag.
    """
    for number, line in _files.lines(file):
        name, _, cells = line.partition("\t")
        if name not in paths:
            raise _files.malformed(file, number, f"id {shown(name)!r} is not in the index")
        try:
            truth = orjson.loads(cells)
        except orjson.JSONDecodeError as error:
            raise _files.malformed(file, number, f"expected an id, a tab and {len(columns)} of 0 or 1") from error
        if not isinstance(truth, list) or len(truth) != len(columns) or any(value not in (0, 1) for value in truth):
            raise _files.malformed(file, number, f"expected an id, a tab and {len(columns)} of 0 or 1")
        yield Row(paths[name], [tag for tag, value in zip(columns, truth, strict=True) if value], split)
