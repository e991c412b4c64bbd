"""One-to-one resolution of scored pairs."""

import numba as nb
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]


@nb.njit(cache=True, nogil=True)
def take_in_order(left: Ids, right: Ids, lefts: int, rights: int) -> npt.NDArray[np.bool_]:
    """Return which pairs (left[i], right[i]) to take: each in turn, unless one of its ends is taken already.

    `lefts` and `rights` are the numbers of ids on each side. If the pairs are in a strict order of preference, the
    result is the one stable matching: no two ids would both rather have each other than what they got.
    """
    taken = np.zeros(left.size, np.bool_)
    left_taken, right_taken = np.zeros(lefts, np.bool_), np.zeros(rights, np.bool_)
    for i in range(left.size):
        if not left_taken[left[i]] and not right_taken[right[i]]:
            taken[i] = left_taken[left[i]] = right_taken[right[i]] = True
    return taken


@nb.njit(cache=True, nogil=True)
def rivals(left: Ids, right: Ids, tied: Ids, taken: npt.NDArray[np.bool_], lefts: int, rights: int) -> Ids:
    """Return for each taken pair how many other pairs at one of its ends share its `tied` class (and are as good)."""
    at_left, at_right = np.zeros(lefts, np.int32), np.zeros(rights, np.int32)
    class_left, class_right = np.full(lefts, -1, np.int32), np.full(rights, -1, np.int32)
    for i in range(left.size):
        if taken[i]:
            class_left[left[i]] = class_right[right[i]] = tied[i]
    for i in range(left.size):
        at_left[left[i]] += class_left[left[i]] == tied[i]
        at_right[right[i]] += class_right[right[i]] == tied[i]
    counts = np.zeros(left.size, np.int32)
    for i in range(left.size):
        if taken[i]:
            counts[i] = at_left[left[i]] + at_right[right[i]] - 2
    return counts
