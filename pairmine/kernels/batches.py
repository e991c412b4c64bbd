"""Compose batches in which no two pairs share a mark (an artist, a release): none is a false negative of another."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.groups import Groups

OPEN = 64
ROUNDS = 16


class Composed(NamedTuple):
    """The pairs in the order of their batches, and how many of these are in another batch than the one next in turn."""

    order: npt.NDArray[np.int64]
    moved: int


def compose(
    anchor: npt.NDArray[np.int32], positive: npt.NDArray[np.int32], marks: Groups, count: int, batch: int
) -> Composed:
    """Put pairs into batches of `batch`, in which no two pairs have a mark in common.

    Each pair, in the order given, goes to the oldest of up to 64 open batches that it fits into, or waits for the next
    round. All batches are full but the last; pairs that fit into none are left out, so the order may be shorter.

    Args:
        anchor: (P) track of each pair.
        positive: (P) its other track.
        marks: the marks of every track, as groups by track.
        count: number of different marks.
        batch: pairs a batch.
    """
    slots = max(1, min(OPEN, anchor.size // batch + 1))
    order = np.empty(anchor.size, np.int64)
    moved = np.zeros(anchor.size, np.bool_)
    placed = _compose(anchor, positive, *marks, np.zeros(count, np.uint64), slots, batch, order, moved)
    return Composed(order[:placed], int(np.count_nonzero(moved[order[:placed]])))


@nb.njit(cache=True, nogil=True)
def _compose(anchor, positive, offsets, marks, holders, slots, batch, order, moved):  # type: ignore[no-untyped-def]
    held = np.empty((slots, batch), np.int64)
    fill, ages = np.zeros(slots, np.int64), np.arange(slots)
    waiting = np.arange(anchor.size)
    done = 0
    for _ in range(ROUNDS):
        left = 0
        for pair in waiting:
            taken = _taken(offsets, marks, holders, anchor[pair], positive[pair])
            slot = _oldest(taken, ages, fill, -1)
            moved[pair] |= slot != _oldest(np.uint64(0), ages, fill, -1)
            if slot < 0:
                waiting[left] = pair
                left += 1
                continue
            held[slot, fill[slot]] = pair
            fill[slot] += 1
            _set(offsets, marks, holders, anchor[pair], positive[pair], slot, True)
            if fill[slot] == batch:
                done = _emit(anchor, positive, offsets, marks, holders, held, fill, slot, order, done)
                ages[slot] = ages.max() + 1
        if left in (0, waiting.size):
            break
        waiting = waiting[:left]
    return _close(anchor, positive, offsets, marks, holders, held, fill, ages, order, done, moved)


@nb.njit(cache=True, nogil=True)
def _close(anchor, positive, offsets, marks, holders, held, fill, ages, order, done, moved):  # type: ignore[no-untyped-def]
    """Spread the emptiest open batches over the others until one is left; return the pairs in the order."""
    batch = held.shape[1]
    for _ in range(fill.size):
        last = -1
        for slot in range(fill.size):
            if fill[slot] > 0 and (last < 0 or fill[slot] < fill[last]):
                last = slot
        if last < 0:
            break
        if np.sum(fill > 0) == 1:
            return _emit(anchor, positive, offsets, marks, holders, held, fill, last, order, done)
        spread = held[last, : fill[last]].copy()
        for pair in spread:
            _set(offsets, marks, holders, anchor[pair], positive[pair], last, False)
        fill[last] = 0
        for pair in spread:
            slot = _oldest(_taken(offsets, marks, holders, anchor[pair], positive[pair]), ages, fill, 0)
            if slot < 0:
                continue
            moved[pair] = True
            held[slot, fill[slot]] = pair
            fill[slot] += 1
            _set(offsets, marks, holders, anchor[pair], positive[pair], slot, True)
            if fill[slot] == batch:
                done = _emit(anchor, positive, offsets, marks, holders, held, fill, slot, order, done)
    return done


@nb.njit(cache=True, nogil=True)
def _taken(offsets, marks, holders, anchor, positive):  # type: ignore[no-untyped-def]
    """Return, as bits, the open batches that hold a mark of a pair."""
    taken = np.uint64(0)
    for track in (anchor, positive):
        for i in range(offsets[track], offsets[track + 1]):
            taken |= holders[marks[i]]
    return taken


@nb.njit(cache=True, nogil=True)
def _set(offsets, marks, holders, anchor, positive, slot, holds):  # type: ignore[no-untyped-def]
    bit = np.uint64(1) << np.uint64(slot)
    for track in (anchor, positive):
        for i in range(offsets[track], offsets[track + 1]):
            holders[marks[i]] = holders[marks[i]] | bit if holds else holders[marks[i]] & ~bit


@nb.njit(cache=True, nogil=True)
def _oldest(taken, ages, fill, above):  # type: ignore[no-untyped-def]
    """Return the oldest batch that holds more than `above` pairs and is not taken, or −1."""
    best = -1
    for slot in range(ages.size):
        fits = fill[slot] > above and not (taken >> np.uint64(slot)) & np.uint64(1)
        if fits and (best < 0 or ages[slot] < ages[best]):
            best = slot
    return best


@nb.njit(cache=True, nogil=True)
def _emit(anchor, positive, offsets, marks, holders, held, fill, slot, order, done):  # type: ignore[no-untyped-def]
    """Append a batch to the order and empty it; return the pairs in the order."""
    for pair in held[slot, : fill[slot]]:
        order[done] = pair
        done += 1
        _set(offsets, marks, holders, anchor[pair], positive[pair], slot, False)
    fill[slot] = 0
    return done
