"""Dense numbers of ids that may be any: a search in ascending ids, begun in the right bucket."""

import numba as nb
import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]
Ids = npt.NDArray[np.int32] | npt.NDArray[np.int64]


class Numbers:
    """The dense numbers of distinct ids from 0 up."""

    def __init__(self, ids: Ids) -> None:
        """Take the ids in the order of their numbers."""
        self.ids = ids
        order = np.argsort(ids, kind="stable").astype(np.int32)
        self._sorted, self._order = ids[order], np.append(order, np.int32(-1))
        highest = int(self._sorted[-1]) if ids.size else 0
        self._shift = max(highest // max(ids.size, 1), 1).bit_length()  # about as many buckets as ids
        self._starts = _bucket_starts(self._sorted, self._shift)

    def of(self, values: Ids) -> Int32s:
        """Return the number of each id, −1 for those not known."""
        numbers: Int32s = self._order[_find(self._sorted, self._starts, self._shift, values)]
        return numbers


@nb.njit(cache=True, nogil=True)
def _find(ids, starts, shift, values):  # type: ignore[no-untyped-def]
    """Return the place of each value in ascending distinct ids (int32), −1 where it is not there.

    Args:
        ids: (ids,) int32 or int64, from 0 up.
        starts: of `_bucket_starts(ids, shift)`.
        shift: bits of an id that do not tell its bucket.
        values: (values,) int32 or int64.
    """
    places = np.full(values.size, -1, np.int32)
    for row in range(values.size):
        value = values[row]
        bucket = value >> shift
        if value < 0 or bucket >= starts.size - 1:
            continue
        low, high = starts[bucket], starts[bucket + 1]
        while low < high:
            middle = (low + high) // 2
            if ids[middle] < value:
                low = middle + 1
            else:
                high = middle
        if low < ids.size and ids[low] == value:
            places[row] = low
    return places


@nb.njit(cache=True, nogil=True)
def _bucket_starts(ids, shift):  # type: ignore[no-untyped-def]
    """Return where the ids of each bucket (id >> shift) begin in ascending ids, and where the last ends (int64)."""
    buckets = (ids[-1] >> shift) + 1 if ids.size else 0
    starts = np.zeros(buckets + 1, np.int64)
    for value in ids:
        starts[(value >> shift) + 1] += 1
    for bucket in range(buckets):
        starts[bucket + 1] += starts[bucket]
    return starts
