"""Leave-one-out retrieval: do the nearest neighbours of a track bear its label?

Every query is compared with all candidates but itself. Candidates at the same distance are in no order, so figures are
their expectation over all orders (McSherry and Najork, *Computing information retrieval performance measures
efficiently in the presence of tied scores*, ECIR 2008): vectors that are all equal score as chance does, however the
tracks are sorted. Similarities are compared to 12 digits or so, since equal vectors may differ in the last.
"""

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.registry import check_name

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DISTANCES = ("cosine", "euclidean")
CELLS = 1 << 22  # similarities at once, a thread
DIGITS = float(1 << 40)


@dataclass(frozen=True)
class Retrieved:
    """What each query found.

    Attributes:
        average_precision_Q: mean over its relevant candidates of the precision where they stand.
        hits_QK: relevant candidates among the first k, for each of the cut-offs.
        relevant_Q: its relevant candidates.
    """

    average_precision_Q: Floats
    hits_QK: Floats
    relevant_Q: Ints


def leave_one_out(
    vector_ND: npt.NDArray[np.floating], label_N: Ints, query_Q: Ints, cutoffs: tuple[int, ...], distance: str
) -> Retrieved:
    """Rank all tracks but itself for each query, a block of queries at a time.

    Args:
        vector_ND: vectors of the candidates.
        label_N: their labels.
        query_Q: which of them are queries; each shares its label with another one.
        cutoffs: the k of `hits_QK`.
        distance: "cosine" (a vector of zeros is at a right angle to all), or "euclidean", squared or not.

    Raises:
        UsageError: unknown `distance`.
    """
    check_name("distance", distance, DISTANCES)
    vector_ND, shift_N = _prepared(vector_ND.astype(np.float64), distance)
    size = max(1, CELLS // len(vector_ND))
    blocks = [query_Q[first : first + size] for first in range(0, len(query_Q), size)]
    cutoff_K = np.array(cutoffs, np.int64)

    def found(query_B: Ints) -> tuple[Floats, Floats]:
        similarity_BN = vector_ND[query_B] @ vector_ND.T + shift_N
        np.rint(similarity_BN, out=similarity_BN)
        return _block(similarity_BN, label_N, query_B, cutoff_K)

    precisions, hits = zip(*parallel.in_order(found, blocks), strict=True)
    relevant_Q = np.bincount(label_N)[label_N[query_Q]] - 1
    return Retrieved(np.concatenate(precisions), np.concatenate(hits), relevant_Q)


def chance(candidates: int, relevant_Q: Ints, cutoffs: tuple[int, ...]) -> Retrieved:
    """Return what an order by chance of so many candidates finds, on average, for each query: a closed form."""
    cutoff_K = np.array(cutoffs, np.int64)
    kinds, kind_Q = np.unique(relevant_Q, return_inverse=True)
    precision = np.empty(len(kinds))
    hits = np.zeros((len(kinds), len(cutoffs)))
    for kind, relevant in enumerate(kinds):
        precision[kind] = _tied(0, candidates, 0, relevant, cutoff_K, hits[kind]) / relevant
    return Retrieved(precision[kind_Q], hits[kind_Q], relevant_Q)


def _prepared(vector_ND: Floats, distance: str) -> tuple[Floats, Floats]:
    """Return vectors and an addend by candidate: the product of two of them, and it, order candidates as whole numbers.

    The squared distance |a|² + |b|² − 2ab falls as ab − |b|²/2 rises.
    """
    if distance == "euclidean":
        vector_ND = vector_ND - vector_ND.mean(0)  # as far from each other as before, and fewer digits lost
    norm_N = np.linalg.norm(vector_ND, axis=1)
    if distance == "cosine":
        size_N = np.where(norm_N > 0, norm_N, 1)[:, None]
        return vector_ND * (DIGITS**0.5 / size_N), np.zeros(len(vector_ND))
    scale = DIGITS**0.5 / (norm_N.max() or 1)
    return vector_ND * scale, -np.square(norm_N * scale) / 2


@nb.njit(cache=True, nogil=True)
def _block(similarity_BN: Floats, label_N: Ints, query_B: Ints, cutoff_K: Ints) -> tuple[Floats, Floats]:
    """Return average precision and hits of some queries."""
    precision_B = np.zeros(len(query_B))
    hits_BK = np.zeros((len(query_B), len(cutoff_K)))
    for b in range(len(query_B)):
        itself = query_B[b]
        relevant_N = label_N == label_N[itself]
        relevant_N[itself] = False
        levels, relevant_L = _levels(similarity_BN[b][relevant_N])
        above_L, at_L = _others(similarity_BN[b], relevant_N, itself, levels)
        place, found = 0, 0
        for level in range(len(levels) - 1, -1, -1):
            place += above_L[level]
            tied = at_L[level] + relevant_L[level]
            precision_B[b] += _tied(place, tied, found, relevant_L[level], cutoff_K, hits_BK[b])
            place += tied
            found += relevant_L[level]
        precision_B[b] /= found
    return precision_B, hits_BK


@nb.njit(cache=True, nogil=True)
def _levels(similarity_M: Floats) -> tuple[Floats, Ints]:
    """Return the distinct similarities of relevant candidates, ascending, and how many have each."""
    similarity_M = np.sort(similarity_M)
    levels, counts = np.empty_like(similarity_M), np.zeros(len(similarity_M), np.int64)
    last = -1
    for similarity in similarity_M:
        if last < 0 or similarity != levels[last]:
            last += 1
            levels[last] = similarity
        counts[last] += 1
    return levels[: last + 1], counts[: last + 1]


@nb.njit(cache=True, nogil=True)
def _others(similarity_N: Floats, relevant_N: npt.NDArray[np.bool_], itself: int, levels: Floats) -> tuple[Ints, Ints]:
    """Return how many irrelevant candidates stand above each level but below the next, and how many at it."""
    above, at = np.zeros(len(levels), np.int64), np.zeros(len(levels), np.int64)
    for n in range(len(similarity_N)):
        similarity = similarity_N[n]
        if similarity < levels[0] or relevant_N[n] or n == itself:
            continue
        level, left = 0, len(levels)
        while left > 1:  # a binary search without branches: the last level that is not higher
            half = left >> 1
            level += half * (levels[level + half] <= similarity)
            left -= half
        tied = similarity == levels[level]
        at[level] += tied
        above[level] += not tied
    return above, at


@nb.njit(cache=True, nogil=True)
def _tied(place: int, tied: int, found: int, relevant: int, cutoff_K: Ints, hits_K: Floats) -> float:
    """Return the expected sum of precisions at the relevant ones of some tied candidates; add their hits to `hits_K`.

    The j-th of n tied ones, r of them relevant, is relevant with r / n; then (j − 1)(r − 1)/(n − 1) of those before it
    are (McSherry and Najork, section 2.4).

    Args:
        place: candidates before them.
        tied: n.
        found: relevant ones before them.
        relevant: r.
        cutoff_K: cut-offs of hits.
        hits_K: expected hits among the first k; added to.
    """
    for k in range(len(cutoff_K)):
        hits_K[k] += relevant * min(1.0, max(0.0, (cutoff_K[k] - place) / tied))
    density = (relevant - 1) / (tied - 1) if tied > 1 else 0.0
    total = 0.0
    for j in range(tied):
        total += (found + 1 + j * density) / (place + j + 1)
    return total * relevant / tied
