"""Embeddings in a file: a vector a track, or a patch, by key; ours or anybody's.

Parquet with the columns key and vector (a list of numbers), and for patches start_ms, as `embed` writes them.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from pairmine.errors import InputError, MissingError, shown

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

COLUMNS = ("key", "start_ms", "vector")
LISTS = (
    types.is_list,
    types.is_large_list,
    types.is_fixed_size_list,
    types.is_list_view,
    types.is_large_list_view,
)
TEXTS = (types.is_string, types.is_large_string, types.is_string_view, types.is_binary, types.is_large_binary)


@dataclass(frozen=True)
class Embeddings:
    """Vectors by key, in the file's order; the patches of a track stand together, by start.

    Attributes:
        path: the file.
        keys: the key of each row.
        vector_ND: the vectors.
        start_ms_N: where the patch begins; None where a row is a whole track.
        told: what `embed` says of them: checkpoint, features, recipe, stats, overlap; nothing in other people's files.
    """

    path: Path
    keys: list[str]
    vector_ND: Floats
    start_ms_N: Ints | None
    told: dict[str, Any]


def read(path: Path) -> Embeddings:
    """Read a file of embeddings.

    Lists of any sort and of any numbers will do for vectors; keys are text or whole numbers, starts whole numbers.

    Raises:
        MissingError: there is none.
        InputError: it is no Parquet file, lacks a column or has it twice, or a column holds something else; a row has
            no key, there are two for one track or patch, vectors are of several lengths, or beyond float32.
    """
    if not path.is_file():
        raise MissingError(f"there are no embeddings {shown(path)}: run `pairmine embed` first")
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        _check_columns(path, names)
        table = file.read([name for name in COLUMNS if name in names])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{shown(path)} is no Parquet file ({' '.join(str(error).split())}): make it anew") from error
    key_N, starts = _keys(path, table["key"]), None
    keys: list[str] = key_N.to_pylist()
    vector_ND, told = _vectors(path, table["vector"], keys), _told(file.schema_arrow.metadata)
    if "start_ms" in table.column_names:
        starts = _starts(path, table["start_ms"])
        columns = [("key", "ascending"), ("start_ms", "ascending")]
        order_N = pc.sort_indices(pa.table({"key": key_N, "start_ms": starts}), columns).to_numpy()
        keys, starts, vector_ND = [keys[row] for row in order_N], starts[order_N], vector_ND[order_N]
    _check_unique(path, keys, starts)
    return Embeddings(path, keys, vector_ND, starts, told)


def _check_columns(path: Path, names: Sequence[str]) -> None:
    """Raise InputError if a column is not there, or several times."""
    if missing := [name for name in ("key", "vector") if name not in names]:
        raise InputError(f"{shown(path)} has no column {' and '.join(missing)}: it needs key and vector")
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise InputError(f"{shown(path)} has {names.count(twice[0])} columns {twice[0]}: keep one")


def _told(metadata: dict[bytes, bytes] | None) -> dict[str, Any]:
    """Return what `embed` wrote into the file; what others wrote under that name is not heard."""
    try:
        told = json.loads((metadata or {}).get(b"pairmine", b"{}"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _keys(path: Path, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the keys as text."""
    kind = column.type.value_type if types.is_dictionary(column.type) else column.type
    if not types.is_integer(kind) and not any(is_text(kind) for is_text in TEXTS):
        raise InputError(f"{shown(path)}, column key: holds {kind}: keys are text")
    if column.null_count:
        raise InputError(f"{shown(path)}, column key: {column.null_count:,} rows have none: leave them out")
    try:
        texts = column.cast(kind).cast(pa.large_string())
        texts.validate(full=True)
    except pa.ArrowException as error:
        raise InputError(f"{shown(path)}, column key: not all are UTF-8: write them anew as UTF-8") from error
    return texts


def _starts(path: Path, column: pa.ChunkedArray) -> Ints:
    """Return where patches begin."""
    if not types.is_integer(column.type):
        raise InputError(f"{shown(path)}, column start_ms: holds {column.type}: starts are whole milliseconds")
    if column.null_count:
        raise InputError(
            f"{shown(path)}, column start_ms: {column.null_count:,} rows have none: fill them, or leave the column out "
            "where rows are whole tracks"
        )
    try:
        starts: Ints = column.cast(pa.int64()).to_numpy()
    except pa.ArrowException as error:
        raise InputError(f"{shown(path)}, column start_ms: a start is beyond 64 bits: write them anew") from error
    return starts


def _vectors(path: Path, column: pa.ChunkedArray, keys: Sequence[str]) -> Floats:
    """Return the vectors as an array, (rows, D)."""
    where = f"{shown(path)}, column vector"
    of_numbers = any(is_list(column.type) for is_list in LISTS) and _is_number(column.type.value_type)
    if not of_numbers:
        raise InputError(f"{where}: holds {column.type}: it must hold lists of numbers")
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    widths, counts = np.unique(lengths, return_counts=True)
    if not widths.size or not widths[-1]:
        raise InputError(f"{where}: holds no vectors: run `pairmine embed` again")
    if len(widths) > 1:
        odd = int(np.flatnonzero(lengths != widths[counts.argmax()])[0])
        raise InputError(
            f"{where}: that of {shown(keys[odd])} has {lengths[odd]} numbers, others have {widths[counts.argmax()]}: "
            "all need the same"
        )
    with np.errstate(over="ignore"):
        vector_ND: Floats = pc.list_flatten(column).to_numpy().astype(np.float32).reshape(len(keys), -1)
    wrong = np.flatnonzero(~np.isfinite(vector_ND).all(1))
    if wrong.size:
        more = f" and of {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise InputError(
            f"{where}: that of {shown(keys[int(wrong[0])])}{more} holds what is no number, or one beyond 32-bit "
            "floats: leave those rows out, or embed them anew"
        )
    return vector_ND


def _is_number(kind: pa.DataType) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind))


def _check_unique(path: Path, keys: Sequence[str], starts: Ints | None) -> None:
    """Raise InputError if a track, or a patch of it, has two rows."""
    rows: Sequence[Any] = keys if starts is None else list(zip(keys, starts.tolist(), strict=True))
    twice, count = Counter(rows).most_common(1)[0] if len(keys) else ("", 0)
    if count > 1:
        raise InputError(f"{shown(path)} has {count} rows for {shown(twice if starts is None else twice[0])}: keep one")
