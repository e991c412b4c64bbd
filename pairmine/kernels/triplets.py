"""Triplets from a graph: an anchor, a neighbour of it, and a neighbour's neighbour that is none of its own."""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.memory import prefetch
from pairmine.kernels.mixing import below, random_bits

TRIES = 8
BLOCK = 64


class Graph(NamedTuple):
    """Track t has the neighbours `neighbours[offsets[t]:offsets[t + 1]]` (T + 1 int64, 2E int32), ascending.

    `weights` are the counts of the edges, added up within each track (2E int64).
    """

    offsets: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int64]


class Triplets(NamedTuple):
    """N triplets: anchor, positive and negative (int32), and the place of the edge to the positive in the graph."""

    anchor: npt.NDArray[np.int32]
    positive: npt.NDArray[np.int32]
    negative: npt.NDArray[np.int32]
    edge: npt.NDArray[np.int64]


def graph(
    track_a: npt.NDArray[np.int32], track_b: npt.NDArray[np.int32], counts: npt.NDArray[np.int64], tracks: int
) -> Graph:
    """Return the graph of these undirected edges, each given once."""
    ends, others = np.concatenate((track_a, track_b)), np.concatenate((track_b, track_a))
    order = np.argsort(ends.astype(np.int64) * tracks + others)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(ends, minlength=tracks))))
    running = np.concatenate(([0], np.cumsum(np.concatenate((counts, counts))[order])))
    weights = running[1:] - np.repeat(running[offsets[:-1]], np.diff(offsets))
    return Graph(offsets, others[order].astype(np.int32), weights)


def anchors(graph: Graph) -> npt.NDArray[np.int32]:
    """Return the tracks that have a triplet; the others with neighbours stand in a clique, or alone with one other."""
    return np.flatnonzero(_has_triplet(graph.offsets, graph.neighbours)).astype(np.int32)


def draw(
    graph: Graph, anchors: npt.NDArray[np.int32], first: int, count: int, stream: int, *, weighted: bool
) -> Triplets:
    """Draw the triplets number `first` … `first + count − 1` of an endless stream; each depends on its number alone.

    colisten-2020, section 3.1: the anchor uniform over `anchors`, the positive uniform over its neighbours (or by
    the edges' counts), the negative uniform over the positive's neighbours that are neither the anchor nor a neighbour
    of it; a positive without such a negative is drawn again. Exact: after a few rejections all that fit are counted.
    """
    anchor, positive, negative = (np.empty(count, np.int32) for _ in range(3))
    out = Triplets(anchor, positive, negative, np.empty(count, np.int64))
    _draw(*graph, anchors, np.uint64(first), np.uint64(stream), weighted, *out)
    return out


@nb.njit(cache=True, nogil=True)
def _has_triplet(offsets, neighbours):  # type: ignore[no-untyped-def]
    found = np.zeros(offsets.size - 1, np.bool_)
    for anchor in range(found.size):
        for i in range(offsets[anchor], offsets[anchor + 1]):
            if _first_negative(offsets, neighbours, anchor, neighbours[i]) >= 0:
                found[anchor] = True
                break
    return found


@nb.njit(cache=True, nogil=True)
def _first_negative(offsets, neighbours, anchor, positive):  # type: ignore[no-untyped-def]
    """Return the place of the first neighbour of `positive` that is a negative for `anchor`, or −1."""
    own, stop = offsets[anchor], offsets[anchor + 1]
    for i in range(offsets[positive], offsets[positive + 1]):
        other = neighbours[i]
        while own < stop and neighbours[own] < other:
            own += 1
        if other != anchor and (own == stop or neighbours[own] != other):
            return i
    return -1


@nb.njit(cache=True, nogil=True)
def _is_neighbour(neighbours, begin, end, track):  # type: ignore[no-untyped-def]
    stop = end
    while begin < end:
        middle = (begin + end) >> 1
        if neighbours[middle] < track:
            begin = middle + 1
        else:
            end = middle
    return begin < stop and neighbours[begin] == track


@nb.njit(cache=True, nogil=True)
def _pick(offsets, weights, anchor, weighted, bits):  # type: ignore[no-untyped-def]
    """Return the place of a random neighbour of a track."""
    begin, end = offsets[anchor], offsets[anchor + 1]
    if not weighted:
        return begin + below(bits, end - begin)
    wanted = np.int64((bits >> np.uint64(1)) % np.uint64(weights[end - 1]))
    while begin < end:
        middle = (begin + end) >> 1
        if weights[middle] <= wanted:
            begin = middle + 1
        else:
            end = middle
    return begin


@nb.njit(cache=True, nogil=True)
def _pick_fitting(offsets, neighbours, weights, anchor, weighted, bits):  # type: ignore[no-untyped-def]
    """Return the place of a random neighbour of a track among those that have a negative for it."""
    begin, end = offsets[anchor], offsets[anchor + 1]
    running = np.zeros(end - begin + 1, np.int64)
    for i in range(begin, end):
        weight = weights[i] - (weights[i - 1] if i > begin else 0) if weighted else 1
        fits = _first_negative(offsets, neighbours, anchor, neighbours[i]) >= 0
        running[i - begin + 1] = running[i - begin] + (weight if fits else 0)
    wanted = np.int64((bits >> np.uint64(1)) % np.uint64(running[-1]))
    return begin + np.searchsorted(running, wanted, side="right") - 1


@nb.njit(cache=True, nogil=True)
def _count_negatives(offsets, neighbours, anchor, positive, wanted):  # type: ignore[no-untyped-def]
    """Return how many negatives there are, and the place of number `wanted` of them (−1 if there are not so many)."""
    own, stop = offsets[anchor], offsets[anchor + 1]
    size, place = 0, -1
    for i in range(offsets[positive], offsets[positive + 1]):
        other = neighbours[i]
        while own < stop and neighbours[own] < other:
            own += 1
        if other != anchor and (own == stop or neighbours[own] != other):
            if size == wanted:
                place = i
            size += 1
    return size, place


@nb.njit(cache=True, nogil=True)
def _negative(offsets, neighbours, anchor, positive, state):  # type: ignore[no-untyped-def]
    """Return the place of a negative drawn uniformly, or −1 if there is none, and the state behind it."""
    begin, end = offsets[positive], offsets[positive + 1]
    for _ in range(TRIES):
        state, bits = random_bits(state)
        place = begin + below(bits, end - begin)
        other = neighbours[place]
        if other != anchor and not _is_neighbour(neighbours, offsets[anchor], offsets[anchor + 1], other):
            return place, state
    size, place = _count_negatives(offsets, neighbours, anchor, positive, -1)
    if size:
        state, bits = random_bits(state)
        place = _count_negatives(offsets, neighbours, anchor, positive, below(bits, size))[1]
    return place, state


@nb.njit(cache=True, nogil=True)
def _draw(offsets, neighbours, weights, anchors, first, stream, weighted, anchor, positive, negative, edge):  # type: ignore[no-untyped-def]
    states = np.empty(BLOCK, np.uint64)
    for begin in range(0, anchor.size, BLOCK):
        size = min(BLOCK, anchor.size - begin)
        for i in range(size):
            _, states[i] = random_bits(stream ^ ((first + np.uint64(begin + i)) * np.uint64(0xD1342543DE82EF95)))
            states[i], bits = random_bits(states[i])
            track = anchors[below(bits, anchors.size)]
            anchor[begin + i] = track
            prefetch(offsets, track)
        for i in range(size):
            prefetch(neighbours, offsets[anchor[begin + i]])
            prefetch(neighbours, offsets[anchor[begin + i] + 1] - 1)
        for i in range(size):
            states[i], bits = random_bits(states[i])
            place = _pick(offsets, weights, anchor[begin + i], weighted, bits)
            edge[begin + i] = place
            prefetch(offsets, neighbours[place])
        for i in range(size):
            prefetch(neighbours, offsets[neighbours[edge[begin + i]]])
        for i in range(size):
            track, place, state = anchor[begin + i], edge[begin + i], states[i]
            found, state = _negative(offsets, neighbours, track, neighbours[place], state)
            tries = 1
            while found < 0:
                state, bits = random_bits(state)
                if tries < TRIES:
                    place = _pick(offsets, weights, track, weighted, bits)
                else:
                    place = _pick_fitting(offsets, neighbours, weights, track, weighted, bits)
                found, state = _negative(offsets, neighbours, track, neighbours[place], state)
                tries += 1
            edge[begin + i] = place
            positive[begin + i], negative[begin + i] = neighbours[place], neighbours[found]
