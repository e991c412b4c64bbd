"""JSON lines (one object a line) as rows of strings."""

from collections import Counter
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from pairmine.sources._column_roles import Columns
from pairmine.sources._json_objects import key_of
from pairmine.sources._records import Reject
from pairmine.sources._rows import EMPTY, Rows, clean, excerpt


def header(lines: list[bytes]) -> list[str]:
    """Return the keys of the objects among some lines, in the order they are met."""
    values = [_loaded(line) for line in lines if line.strip()]
    return list(dict.fromkeys(key for value in values if isinstance(value, dict) for key in value))


def rows(lines: list[bytes], columns: Columns, unit: str) -> Rows:
    """Return the rows of some lines; what is no object, or holds lists or objects for a column, is a reject."""
    assert columns.header is not None
    names = {role: [columns.header[place] for place in places] for role, places in columns.places.items()}
    taken: list[list[str]] = []
    positions: list[int] = []
    rejects: list[Reject] = []
    skipped: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            skipped[EMPTY] += 1
            continue
        found = _texts(_loaded(line), names)
        if isinstance(found, str):
            rejects.append(Reject(unit, number, found, excerpt(line.decode(errors="replace"))))
        else:
            taken.append(found)
            positions.append(number)
    texts = list(zip(*taken, strict=True)) or [()] * len(names)
    found_columns = {role: clean(pa.array(column, pa.string())) for role, column in zip(names, texts, strict=True)}
    return Rows(found_columns, np.array(positions, np.int64), len(lines), rejects, skipped)


def _loaded(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return error


def _texts(value: Any, names: dict[str, list[str]]) -> list[str] | str:
    """Return the text of each role, or why there is no row."""
    if isinstance(value, orjson.JSONDecodeError):
        return f"no JSON: {value.msg}"
    if not isinstance(value, dict):
        return "expected an object"
    texts = []
    for role, keys in names.items():
        cell = next((value[key] for key in keys if value.get(key) is not None), "")
        text = _text(cell)
        if text is None:
            return f"{role}: expected a text or number"
        texts.append(text)
    return texts


def _text(cell: Any) -> str | None:
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return "" if cell == "" else key_of(cell)
