"""Figures of classifiers, as means over their runs, with the replicates of those means."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.metrics import ranking
from trainer.metrics.score import Score, totals

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def accuracy(column: str, right_RN: Floats, group_N: Ints | None = None, facts: dict[str, Any] | None = None) -> Score:
    """Return the accuracy.

    Args:
        column: of the table, where there are several.
        right_RN: for every run and track 1 where it was right, or how likely it is to be.
        group_N: what is resampled as one: 0, 1 …; None: tracks by themselves.
        facts: for `Score.detail`.
    """
    right_N = right_RN.mean(0)
    groups_N = np.arange(len(right_N)) if group_N is None else group_N
    size_G = np.bincount(groups_N)
    replicates = totals(np.bincount(groups_N, right_N)) / totals(size_G)
    detail = (facts or {}) | _runs(right_RN.mean(1))
    unit = "tracks" if group_N is None else "groups"
    return Score(_name("accuracy", column), float(right_N.mean()), replicates, unit, detail=detail)


def ranked(
    column: str,
    truth_NC: npt.NDArray[np.uint8],
    activation_RNC: Floats,
    classes: Sequence[str],
    facts: dict[str, Any],
) -> list[Score]:
    """Return macro ROC-AUC and macro average precision."""
    by_run = [ranking.macro(truth_NC, activation_NC, classes) for activation_NC in activation_RNC]
    return [_mean(column, scores, facts) for scores in zip(*by_run, strict=True)]


def _mean(column: str, scores: Sequence[Score], facts: dict[str, Any]) -> Score:
    """Return the mean of one figure over runs."""
    first, values = scores[0], np.array([score.value for score in scores])
    by_class = {
        name: float(np.mean([score.detail["classes"][name] for score in scores])) for name in first.detail["classes"]
    }
    detail = facts | {"classes": by_class, "left_out": first.detail["left_out"]} | _runs(values)
    replicates = np.mean([score.replicates for score in scores], axis=0)
    return Score(_name(first.metric, column), float(values.mean()), replicates, first.unit, detail=detail)


def _runs(value_R: Floats) -> dict[str, Any]:
    """Return the figures of several runs, and their standard deviation."""
    if len(value_R) == 1:
        return {}
    return {"runs": value_R.tolist(), "std_over_runs": float(value_R.std(ddof=1))}


def _name(metric: str, column: str) -> str:
    return f"{metric}, {column}" if column else metric
