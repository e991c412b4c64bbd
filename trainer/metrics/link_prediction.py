"""How well a similarity ranks linked pairs above others: average precision and area under the ROC curve.

For few positives among millions of pairs: negatives are sorted once, and a resampling costs only the positives.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating]
Counts = npt.NDArray[np.integer]


def link_prediction(positive_E: Numbers, negative_N: Numbers, count_RE: Counts) -> tuple[Floats, Floats]:
    """Return average precision and area under the ROC curve, each (R), under every resampling of the positives.

    Pairs of equal similarity share one threshold: average precision as in `ranking.average_precision`; in the area a
    tie counts half. Perfect is 1; by chance the area is 0.5 and average precision `chance(E, N)`.

    Args:
        positive_E: similarities of linked pairs, at least one.
        negative_N: similarities of all other pairs, at least one.
        count_RE: how often each linked pair is drawn; every row draws at least one.
    """
    order = np.argsort(-positive_E, kind="stable")
    positive_E, count_RE = positive_E[order], count_RE[:, order]
    ascending_N = np.sort(negative_N)
    above_E = len(ascending_N) - np.searchsorted(ascending_N, positive_E, "right")
    level_E = len(ascending_N) - np.searchsorted(ascending_N, positive_E, "left")
    last_E = np.searchsorted(-positive_E, -positive_E, "right") - 1  # of the positives that share the threshold
    found_RE = np.cumsum(count_RE, axis=1)[:, last_E]
    total_R = count_RE.sum(1)
    precision_RE = found_RE / np.maximum(found_RE + level_E, 1)
    precision_R: Floats = (count_RE * precision_RE).sum(1) / total_R
    area_R: Floats = 1 - count_RE @ ((above_E + level_E) / 2) / (total_R * len(ascending_N))
    return precision_R, area_R


def chance(positives: int, negatives: int) -> float:
    """Return the expected average precision of a random order without ties.

    The share of positives, and a little more: ((E − 1)/(T − 1))·(1 − H/T) + H/T, T = E + N pairs, H = 1 + … + 1/T.
    """
    total = positives + negatives
    harmonic = float((1 / np.arange(1, total + 1)).sum())
    return (positives - 1) / (total - 1) * (1 - harmonic / total) + harmonic / total
