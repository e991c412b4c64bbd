"""Arrow columns as arrays, and arrays as Arrow columns."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


def array(table: pa.Table, name: str) -> pa.Array:
    """Return a column of a table in one piece."""
    column = table.column(name).combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def text_arrays(texts: pa.Array) -> tuple[Int64s, Bytes]:
    """Return Arrow texts as offsets and bytes; a null is an empty text."""
    large = texts.cast(pa.large_string())
    _, offsets, data = large.buffers()
    places = np.frombuffer(offsets, np.int64, len(large) + 1, 8 * large.offset)
    return places, np.frombuffer(data or b"", np.uint8)


def texts_of(offsets: Int64s, data: Bytes) -> pa.LargeStringArray:
    """Return offsets and bytes as Arrow texts."""
    return pa.LargeStringArray.from_buffers(offsets.size - 1, pa.py_buffer(offsets), pa.py_buffer(data))
