"""Average precision and area under the ROC curve, alone and as the mean over classes, with bootstrap replicates.

Conventions: a higher score means more likely positive. Tracks with equal scores share one threshold, so their order
does not matter: the area counts a tie of a positive and a negative as half, average precision is the sum over distinct
scores of (recall gained) · (precision there), without interpolation, as scikit-learn has both. Weights are whole
numbers: how often a track was drawn.

A class without positives, or without negatives, has no figure (NaN): means are over the others, and `Score.detail`
names those left out. In a bootstrap replicate the same holds for the tracks drawn.
"""

from collections.abc import Sequence
from dataclasses import replace

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.errors import InputError
from trainer.metrics.score import Score, resample

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.floating]
Truth = npt.NDArray[np.bool_] | npt.NDArray[np.integer]
Counts = npt.NDArray[np.integer]

BLOCK = 512  # replicates at once: their sums stay in the cache


def average_precision(truth_N: Truth, score_N: Numbers, weight_N: Counts | None = None) -> float:
    """Return the average precision of a ranking; NaN without positives or without negatives."""
    return float(_one(truth_N, score_N, weight_N)[0])


def roc_auc(truth_N: Truth, score_N: Numbers, weight_N: Counts | None = None) -> float:
    """Return the share of pairs (positive, negative) ranked rightly, ties half; NaN where there is no such pair."""
    return float(_one(truth_N, score_N, weight_N)[1])


def by_class(truth_NC: Truth, score_NC: Numbers, count_RN: Counts) -> tuple[Floats, Floats]:
    """Return average precision and area under the ROC curve of every class under every resampling, each (R, C).

    Args:
        truth_NC: 1 where a track has a class.
        score_NC: finite scores.
        count_RN: how often each resampling draws each track.
    """
    count_NR = _narrowed(count_RN.T)

    def figures(c: int) -> tuple[Floats, Floats]:
        return _figures(truth_NC[:, c], score_NC[:, c], count_NR)

    found = list(parallel.in_order(figures, range(truth_NC.shape[1])))
    precision_CR, area_CR = (np.stack(part) for part in zip(*found, strict=True))
    return precision_CR.T, area_CR.T


def macro(
    truth_NC: Truth, score_NC: Numbers, classes: Sequence[str], *, seed: int = 0, unit: str = "tracks"
) -> list[Score]:
    """Return macro ROC-AUC and macro average precision: unweighted means over classes.

    `Score.detail` has "classes", the figure of each class that has one, and "left_out", the other classes.

    Raises:
        InputError: a score is no finite number, or no class has both positives and negatives.
    """
    if not np.isfinite(score_NC).all():
        row, column = np.argwhere(~np.isfinite(score_NC))[0]
        raise InputError(f"the score of {classes[column]!r} for track {row} is no finite number: check the embeddings")
    if not _scorable(truth_NC).any():
        raise InputError("no class has both positives and negatives among the tracks scored: nothing can be ranked")
    drawn_RN = resample(len(truth_NC), seed)
    itself_RN = np.ones((1, len(truth_NC)), drawn_RN.dtype)
    precision_RC, area_RC = by_class(truth_NC, score_NC, np.concatenate([itself_RN, drawn_RN]))
    area, precision = over_classes("ROC-AUC", area_RC, classes, unit), over_classes("AP", precision_RC, classes, unit)
    return [area, replace(precision, replicates=_centred(precision))]


def over_classes(metric: str, value_RC: Floats, classes: Sequence[str], unit: str = "tracks") -> Score:
    """Return the mean over classes; row 0 is the figure itself, the other rows are its replicates."""
    known_RC = np.isfinite(value_RC)
    sums = np.where(known_RC, value_RC, 0).sum(1)
    counts = known_RC.sum(1)
    mean_R = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    own = zip(classes, value_RC[0], known_RC[0], strict=True)
    figures = {name: float(value) for name, value, known in own if known}
    left_out = [name for name, known in zip(classes, known_RC[0], strict=True) if not known]
    return Score(metric, float(mean_R[0]), mean_R[1:], unit, detail={"classes": figures, "left_out": left_out})


def _centred(precision: Score) -> Floats:
    """Return the replicates of average precision, moved so that their mean is the figure; none leaves 0 … 1.

    A positive that is drawn twice is tied with itself, so average precision is higher in replicates by about as much
    for every system, more than an interval is wide where classes are rare; their spread is that of new samples. The
    area under the ROC curve compares positives with negatives alone and needs no such move.
    """
    moved_R = precision.replicates - np.nanmean(precision.replicates) + precision.value
    centred_R: Floats = np.clip(moved_R, 0, 1)
    return centred_R


def _scorable(truth_NC: Truth) -> npt.NDArray[np.bool_]:
    positives_C = truth_NC.astype(bool).sum(0)
    scorable_C: npt.NDArray[np.bool_] = (positives_C > 0) & (positives_C < len(truth_NC))
    return scorable_C


def _narrowed(count_NR: Counts) -> npt.NDArray[np.uint16]:
    """Return counts in a quarter of the bytes: the kernel waits for memory."""
    if count_NR.size and not 0 <= count_NR.min() <= count_NR.max() < 1 << 16:
        raise ValueError("weights are whole numbers from 0 to 65,535")
    return np.ascontiguousarray(count_NR, np.uint16)


def _one(truth_N: Truth, score_N: Numbers, weight_N: Counts | None) -> tuple[np.float64, np.float64]:
    count_NR = _narrowed(np.ones((len(truth_N), 1), int) if weight_N is None else weight_N[:, None])
    precision_R, area_R = _figures(truth_N, score_N, count_NR)
    return precision_R[0], area_R[0]


def _figures(truth_N: Truth, score_N: Numbers, count_NR: npt.NDArray[np.uint16]) -> tuple[Floats, Floats]:
    """Return average precision and area of one class under every resampling."""
    order = np.argsort(-score_N, kind="stable")
    score_N = score_N[order]
    begin = np.append(np.flatnonzero(np.diff(score_N, prepend=np.nan) != 0), len(score_N))
    return _walk(order, begin, truth_N[order].astype(np.bool_), count_NR)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    order: npt.NDArray[np.int64],
    begin: npt.NDArray[np.int64],
    truth_N: npt.NDArray[np.bool_],
    count_NR: npt.NDArray[np.uint16],
) -> tuple[Floats, Floats]:
    """Walk down the ranking once for each block of resamplings.

    `begin` are the places where a new score begins, and their end; `truth_N` is in the order of the ranking.
    """
    replicates = count_NR.shape[1]
    precision_R, area_R = np.empty(replicates), np.empty(replicates)
    for first in range(0, replicates, BLOCK):
        block = slice(first, min(replicates, first + BLOCK))
        precision_R[block], area_R[block] = _block(order, begin, truth_N, count_NR, first, block.stop)
    return precision_R, area_R


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _block(
    order: npt.NDArray[np.int64],
    begin: npt.NDArray[np.int64],
    truth_N: npt.NDArray[np.bool_],
    count_NR: npt.NDArray[np.uint16],
    first: int,
    stop: int,
) -> tuple[Floats, Floats]:
    size = stop - first
    seen, true = np.zeros(size, np.int64), np.zeros(size, np.int64)
    group_true, false_before = np.zeros(size, np.int64), np.zeros(size, np.int64)
    precision, overtaken_twice = np.zeros(size), np.zeros(size, np.int64)
    for group in range(len(begin) - 1):
        places = range(begin[group], begin[group + 1])
        positive = truth_N[begin[group] : begin[group + 1]].any()
        if positive:
            false_before[:] = seen - true
            group_true[:] = 0
        for place in places:
            row = count_NR[order[place], first:stop]
            for r in range(size):
                seen[r] += row[r]
            if truth_N[place]:
                for r in range(size):
                    group_true[r] += row[r]
        if positive:
            for r in range(size):
                if group_true[r]:
                    true[r] += group_true[r]
                    precision[r] += group_true[r] * (true[r] / seen[r])
                    overtaken_twice[r] += group_true[r] * (false_before[r] + seen[r] - true[r])
    return _closed(precision, overtaken_twice, seen, true)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _closed(
    precision: Floats, overtaken_twice: npt.NDArray[np.int64], seen: npt.NDArray[np.int64], true: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Turn sums into figures; `overtaken_twice` is twice the number of negatives above a positive, ties half."""
    area = np.empty_like(precision)
    for r in range(len(precision)):
        if true[r] in (0, seen[r]):
            precision[r] = area[r] = np.nan
        else:
            pairs = true[r] * (seen[r] - true[r])
            precision[r] /= true[r]
            area[r] = (2 * pairs - overtaken_twice[r]) / (2 * pairs)
    return precision, area
