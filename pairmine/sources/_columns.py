"""Arrow columns from places and lengths, and the parts in which tables with texts are written."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pairmine.kernels import gathering

PART_ROWS = 1_000_000
PART_BYTES = 1 << 30  # below what one Arrow array of strings can hold

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_NO_PREFIX = np.zeros(0, np.uint8)


class Texts:
    """Texts that lie in one array of bytes: places and lengths (−1: none)."""

    def __init__(self, source: Bytes, places: Int64s, lengths: Int32s) -> None:
        self.source, self.places, self.lengths = source, places, lengths

    def take(self, rows: Int32s) -> "Texts":
        """Return the texts of some rows, none for row −1."""
        if not self.places.size:
            return Texts(self.source, np.zeros(rows.size, np.int64), np.full(rows.size, -1, np.int32))
        return Texts(self.source, self.places[rows], np.where(rows < 0, np.int32(-1), self.lengths[rows]))

    def array(self, prefix: Bytes = _NO_PREFIX, prefixed: Bools | None = None) -> pa.LargeStringArray:
        """Return them as an Arrow array, those that are `prefixed` behind the prefix."""
        behind = np.zeros(self.places.size, np.bool_) if prefixed is None else prefixed
        offsets, data = gathering.gather_texts(self.source, self.places, self.lengths, prefix, behind)
        absent = self.lengths < 0
        valid = pa.py_buffer(np.packbits(~absent, bitorder="little")) if absent.any() else None
        buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.large_string(), self.places.size, buffers)


def numbers_of(texts: pa.LargeStringArray) -> tuple[Int32s, int]:
    """Number texts densely from 0 by their byte order; returns (number of each, how many there are)."""
    order = pl.Series(pl.from_arrow(texts)).arg_sort().to_numpy()
    _, offsets, data = texts.buffers()
    groups, count = gathering.group_sorted(
        np.frombuffer(offsets, np.int64),
        np.frombuffer(data or b"", np.uint8),
        order.astype(np.uint32, copy=False),
    )
    return groups, int(count)


def number_column(values: Int64s, type_: pa.DataType) -> pa.Array:
    """Return whole numbers as a column, −1 as null."""
    return pa.array(values, pa.int64(), mask=values < 0).cast(type_)


def parts(*lengths: Int32s) -> Iterator[slice]:
    """Cut rows with texts of these lengths into parts, by rows and by bytes; no rows are one empty part."""
    sizes = np.sum([np.maximum(column, 0) for column in lengths], axis=0, dtype=np.int64)
    ends = np.cumsum(sizes)
    start = 0
    while start == 0 or start < sizes.size:
        before = ends[start - 1] if start else 0
        stop = min(start + PART_ROWS, int(np.searchsorted(ends, before + PART_BYTES, "right")))
        yield slice(start, max(stop, start + 1))
        start = max(stop, start + 1)
