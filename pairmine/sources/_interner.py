"""The distinct texts of a whole source (users, tracks), numbered as they come, in memory once."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.kernels import text_interning
from pairmine.kernels.byte_runs import PADDING

_FIRST_SLOTS = 1 << 16
_FULLEST = 0.6


class Interner:
    """Numbers texts from 0; the same text, the same number."""

    def __init__(self) -> None:
        self.count = 0
        self._table = np.zeros(2 * _FIRST_SLOTS, np.uint64)
        self._arena = np.zeros(0, np.uint8)
        self._ends = np.zeros(1, np.int64)

    def numbers(self, texts: pa.Array) -> npt.NDArray[np.int32]:
        """Return the number of each text (strings or bytes, none null)."""
        large = texts.cast(pa.large_binary())
        offsets = np.frombuffer(large.buffers()[1], np.int64)[large.offset : large.offset + len(large) + 1]
        size = int(offsets[-1] - offsets[0]) if len(large) else 0
        buffer = np.zeros(size + PADDING, np.uint8)
        if size:
            buffer[:size] = np.frombuffer(large.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
        self._make_room(len(large), size)
        numbers = np.empty(len(large), np.int32)
        places = offsets - offsets[:1]
        known = text_interning.intern_texts(buffer, places, numbers, self._table, self._arena, self._ends, self.count)
        self.count = int(known)
        return numbers

    def texts(self) -> pa.Array:
        """Return the texts by number, as strings that share the interner's memory."""
        buffers = [None, pa.py_buffer(self._ends[: self.count + 1]), pa.py_buffer(self._arena)]
        return pa.Array.from_buffers(pa.large_string(), self.count, buffers)

    def _make_room(self, texts: int, size: int) -> None:
        """Let the arrays grow in place (the system moves pages, not bytes)."""
        used = int(self._ends[self.count])
        for array, needed in ((self._arena, used + size), (self._ends, self.count + texts + 1)):
            if array.size < needed:
                array.resize(needed + needed // 8, refcheck=False)
        slots = self._table.size // 2
        while self.count + texts > _FULLEST * slots:
            slots *= 2
        if 2 * slots > self._table.size:
            table = np.zeros(2 * slots, np.uint64)
            text_interning.grow(self._table, table)
            self._table = table
