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

from pairmine.errors import InputError, MissingError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Embeddings:
    """Vectors by key, in the file's order; the patches of a track stand together, by start.

    Attributes:
        path: the file.
        keys: the key of each row.
        vector_ND: the vectors.
        start_ms_N: where the patch begins; None where a row is a whole track.
        told: what `embed` says of them: checkpoint, features, recipe, stats; nothing in other people's files.
    """

    path: Path
    keys: list[str]
    vector_ND: Floats
    start_ms_N: Ints | None
    told: dict[str, Any]


def read(path: Path) -> Embeddings:
    """Read a file of embeddings.

    Raises:
        MissingError: there is none.
        InputError: it is no Parquet file, lacks a column, or has a row without key, vectors of several lengths or
            that are no numbers, or two rows for one track or patch.
    """
    if not path.is_file():
        raise MissingError(f"there are no embeddings {path}: run `pairmine embed` first")
    try:
        file = pq.ParquetFile(path)
        told = json.loads((file.schema_arrow.metadata or {}).get(b"pairmine", b"{}"))
        table = file.read([name for name in ("key", "start_ms", "vector") if name in file.schema_arrow.names])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path} is no Parquet file ({' '.join(str(error).split())}): make it anew") from error
    if missing := {"key", "vector"} - set(table.column_names):
        raise InputError(f"{path} has no column {' and '.join(sorted(missing))}: it needs key and vector")
    order = [(name, "ascending") for name in ("key", "start_ms") if name in table.column_names]
    if "start_ms" in table.column_names:
        table = table.sort_by(order)
    if table.column("key").null_count:
        raise InputError(f"{path} has {table.column('key').null_count:,} rows without key: leave them out")
    keys: list[str] = table.column("key").cast(pa.string()).to_pylist()
    starts = table.column("start_ms").to_numpy().astype(np.int64) if len(order) == 2 else None
    _check_unique(path, keys, starts)
    return Embeddings(path, keys, _vectors(path, table.column("vector"), keys), starts, told)


def _vectors(path: Path, column: pa.ChunkedArray, keys: Sequence[str]) -> Floats:
    """Return the vectors as an array, (rows, D)."""
    if not pa.types.is_list(column.type) and not pa.types.is_fixed_size_list(column.type):
        raise InputError(f"{path}: the column vector holds {column.type}: it must hold lists of numbers")
    lengths = pc.list_value_length(column).fill_null(0).to_numpy()
    widths, counts = np.unique(lengths, return_counts=True)
    if not widths.size or not widths[-1]:
        raise InputError(f"{path} holds no vectors: run `pairmine embed` again")
    if len(widths) > 1:
        odd = int(np.flatnonzero(lengths != widths[counts.argmax()])[0])
        raise InputError(
            f"{path}: the vector of {keys[odd]} has {lengths[odd]} numbers, others have {widths[counts.argmax()]}: "
            "all need the same"
        )
    vector_ND: Floats = pc.list_flatten(column).to_numpy().astype(np.float32).reshape(len(keys), -1)
    wrong = np.flatnonzero(~np.isfinite(vector_ND).all(1))
    if wrong.size:
        raise InputError(
            f"{path}: the vector of {keys[int(wrong[0])]} and {len(wrong) - 1:,} more hold what is no number: "
            "leave those rows out, or embed them anew"
        )
    return vector_ND


def _check_unique(path: Path, keys: Sequence[str], starts: Ints | None) -> None:
    """Raise InputError if a track, or a patch of it, has two rows."""
    rows = keys if starts is None else list(zip(keys, starts.tolist(), strict=True))
    twice, count = Counter(rows).most_common(1)[0] if len(keys) else ("", 0)
    if count > 1:
        raise InputError(f"{path} has {count} rows for {twice if starts is None else twice[0]}: keep one")
