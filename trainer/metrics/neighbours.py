"""The nearest candidates of many queries, by cosine; and the lists of recommendations that are made of them."""

from collections.abc import Iterator
from heapq import heappush, heapreplace
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

COSINES = 1 << 25  # at once, in each thread


class Nearest(NamedTuple):
    """The K nearest candidates of each query, nearest first; ties go to the first candidate.

    Attributes:
        candidate_QK: int32 (Q, K).
        cosine_QK: float32 (Q, K).
    """

    candidate_QK: Numbers
    cosine_QK: Floats


def unit(vector_ND: npt.NDArray[np.floating]) -> Floats:
    """Return vectors of length 1; zero vectors stay."""
    norm_N = np.linalg.norm(vector_ND, axis=1, keepdims=True)
    scaled: Floats = (vector_ND / np.where(norm_N > 0, norm_N, 1)).astype(np.float32)
    return scaled


def nearest(unit_ND: Floats, k: int) -> Nearest:
    """Return the `k` nearest others of every candidate; all others, where there are fewer.

    By blocks of queries: never all cosines at once. A cosine that is no number counts as the farthest.

    Args:
        unit_ND: vectors of length 1; at least two.
        k: how many.
    """
    size = len(unit_ND)
    k, step = min(k, size - 1), max(1, COSINES // size)

    def block(first: int) -> tuple[Numbers, Floats]:
        cosine_BN = unit_ND[first : first + step] @ unit_ND.T
        found: tuple[Numbers, Floats] = _select(cosine_BN, first, k)
        return found

    parts: Iterator[tuple[Numbers, Floats]] = parallel.in_order(block, range(0, size, step))
    candidates, cosines = zip(*parts, strict=True)
    return Nearest(np.concatenate(candidates), np.concatenate(cosines))


def most_repeated(near: Nearest, offset_P1: Ints, track_M: Ints, length: int) -> Numbers:
    """Return for each playlist the candidates that most of its tracks have among their nearest, (P, length).

    Ties by the sum of cosines, then to the first candidate; −1 behind the end of a shorter list.

    Args:
        near: of all candidates.
        offset_P1: playlist p holds the candidates of places offset[p] to offset[p + 1] …
        track_M: … of this array.
        length: of a list.
    """
    listed: Numbers = _most_repeated(near.candidate_QK, near.cosine_QK, offset_P1, track_M, length)
    return listed


def hits(listed_PK: Numbers, offset_P1: Ints, track_M: Ints, tracks: int) -> npt.NDArray[np.bool_]:
    """Return whether the candidate at each place of a list is one of the playlist's own."""
    found: npt.NDArray[np.bool_] = _hits(listed_PK, offset_P1, track_M, tracks)
    return found


@nb.njit(cache=True, nogil=True)
def _select(cosine_BN, first, k):  # type: ignore[no-untyped-def]
    """Return the k largest of each row but the one at `first` + row, by a heap of the best so far."""
    (rows, size), worst = cosine_BN.shape, np.float32(-np.inf)
    candidates, cosines = np.empty((rows, k), np.int32), np.empty((rows, k), np.float32)
    for row in range(rows):
        heap, itself = [(np.float32(0), 0)][:0], first + row
        for candidate in range(size):
            cosine = cosine_BN[row, candidate]
            if candidate == itself:
                continue
            if len(heap) < k:
                heappush(heap, (cosine if cosine > worst else worst, -candidate))
            elif cosine > heap[0][0]:
                heapreplace(heap, (cosine, -candidate))
        heap.sort()
        for place in range(k):
            cosines[row, place], candidates[row, place] = heap[k - 1 - place][0], -heap[k - 1 - place][1]
    return candidates, cosines


@nb.njit(cache=True, nogil=True)
def _most_repeated(candidate_QK, cosine_QK, offset_P1, track_M, length):  # type: ignore[no-untyped-def]
    listed = np.full((offset_P1.size - 1, length), -1, np.int32)
    counts, totals = np.zeros(len(candidate_QK), np.int32), np.zeros(len(candidate_QK), np.float64)
    for playlist in range(offset_P1.size - 1):
        met = [(0, 0.0, 0)][:0]
        queries = track_M[offset_P1[playlist] : offset_P1[playlist + 1]]
        for query in queries:
            for place in range(candidate_QK.shape[1]):
                candidate = candidate_QK[query, place]
                counts[candidate] += 1
                totals[candidate] += cosine_QK[query, place]
        for query in queries:
            for candidate in candidate_QK[query]:
                if counts[candidate]:
                    met.append((-counts[candidate], -totals[candidate], candidate))
                    counts[candidate], totals[candidate] = 0, 0.0
        met.sort()
        for place in range(min(length, len(met))):
            listed[playlist, place] = met[place][2]
    return listed


@nb.njit(cache=True, nogil=True)
def _hits(listed_PK, offset_P1, track_M, tracks):  # type: ignore[no-untyped-def]
    found, own = np.zeros(listed_PK.shape, np.bool_), np.full(tracks, -1, np.int64)
    for playlist in range(len(listed_PK)):
        own[track_M[offset_P1[playlist] : offset_P1[playlist + 1]]] = playlist
        for place in range(listed_PK.shape[1]):
            candidate = listed_PK[playlist, place]
            found[playlist, place] = candidate >= 0 and own[candidate] == playlist
    return found
