"""How good lists of recommended tracks are: nDCG@k, MAP@k, HR@k and the mean percentile rank, one value a query.

Relevance is yes or no. The means over queries, with their replicates, are `score.mean` of what is returned here.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]
Bools = npt.NDArray[np.bool_]


def ndcg_at_k(hit_QK: Bools, relevant_Q: Ints) -> Floats:
    """Return nDCG@k of every query: Σ hit_i / log2(i + 1) over the places i = 1 … k, over that of the best list.

    Järvelin and Kekäläinen, *Cumulated gain-based evaluation of IR techniques*, TOIS 2002, with gains of 0 and 1. The
    best list has min(k, relevant) hits and then none.

    Args:
        hit_QK: whether the track at each place of the list is relevant; False behind the end of a shorter list.
        relevant_Q: how many tracks are relevant to each query, listed or not; at least 1.

    Raises:
        ValueError: a query has fewer relevant tracks than hits, or none.
    """
    _check(hit_QK, relevant_Q)
    gain_K = 1 / np.log2(np.arange(2, hit_QK.shape[1] + 2))
    best = np.append(0, np.cumsum(gain_K))
    ndcg_Q: Floats = hit_QK @ gain_K / best[np.minimum(relevant_Q, hit_QK.shape[1])]
    return ndcg_Q


def average_precision_at_k(hit_QK: Bools, relevant_Q: Ints) -> Floats:
    """Return AP@k of every query: the precision at each hit, summed, over min(k, relevant).

    Its mean over queries is MAP@k, by the definition of the Million Song Dataset Challenge (McFee et al., AdMIRe
    2012) and most libraries since.

    Args:
        hit_QK: whether the track at each place of the list is relevant; False behind the end of a shorter list.
        relevant_Q: how many tracks are relevant to each query, listed or not; at least 1.

    Raises:
        ValueError: a query has fewer relevant tracks than hits, or none.
    """
    _check(hit_QK, relevant_Q)
    places = hit_QK.shape[1]
    precision_QK = np.cumsum(hit_QK, axis=1) / np.arange(1, places + 1)
    precision_Q: Floats = (precision_QK * hit_QK).sum(1) / np.minimum(relevant_Q, places)
    return precision_Q


def hit_rate(score_I: npt.NDArray[np.floating], others_IN: npt.NDArray[np.floating], k: int) -> Floats:
    """Return HR@k of each item: 1 if it is among the first k of itself and its N others; strategies-2022, section 4.4.

    Tied with others across the k-th place it is the chance that a random order puts it there.
    """
    above_I, tied_I = _place(score_I, others_IN)
    rate_I: Floats = np.clip((k - above_I) / (tied_I + 1), 0, 1)
    return rate_I


def percentile_rank(score_I: npt.NDArray[np.floating], others_IN: npt.NDArray[np.floating]) -> Floats:
    """Return the percentile rank of each item among its N others: (rank − 1) / N, 0 = first, 1 = last; ties half.

    Hu, Koren and Volinsky, *Collaborative filtering for implicit feedback datasets*, ICDM 2008, section 6. Its mean is
    0.5 by chance and lower when better, as in Table 3 of strategies-2022 (whose text weights places by 1/i, which its
    figures cannot be).
    """
    above_I, tied_I = _place(score_I, others_IN)
    rank_I: Floats = (above_I + tied_I / 2) / others_IN.shape[1]
    return rank_I


def _place(
    score_I: npt.NDArray[np.floating], others_IN: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return how many others have a higher score than each item, and how many the same."""
    return (others_IN > score_I[:, None]).sum(1), (others_IN == score_I[:, None]).sum(1)


def _check(hit_QK: Bools, relevant_Q: Ints) -> None:
    if (relevant_Q < np.maximum(1, hit_QK.sum(1))).any():
        raise ValueError("every query has a relevant track, and no more hits than relevant tracks")
