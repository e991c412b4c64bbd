"""Parquet tables as rows of strings."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pairmine.errors import InputError, shown
from pairmine.sources._column_roles import Columns
from pairmine.sources._rows import Rows, clean, first_of

MAGIC = b"PAR1"
_BATCH_ROWS = 1 << 16


def opened_parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file.

    Raises:
        InputError: it is damaged.
    """
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def read(path: Path, file: pq.ParquetFile, columns: Columns) -> Iterator[Rows]:
    """Yield the rows of a Parquet file.

    Raises:
        InputError: it is damaged.
    """
    names = file.schema_arrow.names
    wanted = sorted({names[place] for places in columns.places.values() for place in places})
    before = 0
    try:
        for batch in file.iter_batches(_BATCH_ROWS, columns=wanted):
            cells = {name: clean(_as_text(batch.column(batch.schema.get_field_index(name)))) for name in wanted}
            found = {role: first_of([cells[names[place]] for place in all_]) for role, all_ in columns.places.items()}
            yield Rows(found, np.arange(before + 1, before + len(batch) + 1), len(batch))
            before += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())
    return InputError(f"{shown(path)}: damaged Parquet ({reason}): get the file anew, or leave it out")


def _as_text(column: pa.Array) -> pa.Array:
    """Return any column as strings: whole floats as whole numbers, lists joined by commas, bytes if they are UTF-8."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        texts = column.cast(pa.list_(pa.string()))
        return pc.binary_join(texts, ",")
    if pa.types.is_floating(column.type) and pc.all(pc.equal(column, pc.floor(column)), min_count=0).as_py():
        column = pc.if_else(pc.is_finite(column), column, None).cast(pa.int64(), safe=False)
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        values = [value and value.decode(errors="nul") for value in column.to_pylist()]
        return pa.array(values, pa.string())
    return column.cast(pa.string())
