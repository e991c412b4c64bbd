"""One figure of one system, with the bootstrap replicates that tell how sure it is.

The r-th replicate of every system resamples the same units, so the difference of two systems' replicates is the
paired bootstrap of their difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pairmine import seeding

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.number]
Counts = npt.NDArray[np.int32]

REPLICATES = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Score:
    """One figure of one system.

    Attributes:
        metric: its name as tables print it, e.g. "ROC-AUC".
        value: the figure.
        replicates: (R,) the figure under R resamplings; empty where nothing can be resampled.
        unit: what was resampled: "tracks", "queries", "playlists", "triplets", "edges", "songs" …
        higher_is_better: False for e.g. the mean percentile rank.
        detail: what else belongs to it: figures by class, by run, classes left out.
    """

    metric: str
    value: float
    replicates: Floats = field(default_factory=lambda: np.empty(0))
    unit: str = "tracks"
    higher_is_better: bool = True
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % percentile interval; None without replicates."""
        return interval(self.replicates)


def interval(replicates_R: Floats) -> tuple[float, float] | None:
    """Return the percentile interval of bootstrap replicates that are numbers; None if there are none."""
    known = replicates_R[np.isfinite(replicates_R)]
    if not known.size:
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def resample(units: int, seed: int = 0, replicates: int = REPLICATES) -> Counts:
    """Return how often each unit is drawn in each bootstrap replicate, (R, units); the same for equal arguments."""
    count_RU = np.empty((replicates, units), np.int32)
    for count_U, drawn_U in zip(count_RU, _resamplings(units, seed, replicates), strict=True):
        count_U[:] = drawn_U
    return count_RU


def totals(value_U: Numbers, seed: int = 0) -> Floats:
    """Return the sum of a figure over the units drawn in each bootstrap replicate, (R,).

    It is `resample(units, seed) @ value_U`, without holding more than one replicate at a time.
    """
    value_U = value_U.astype(np.float64)
    return np.array([count_U @ value_U for count_U in _resamplings(len(value_U), seed, REPLICATES)])


def _resamplings(units: int, seed: int, replicates: int) -> Iterator[npt.NDArray[np.int64]]:
    rng = seeding.rng(seed, "bootstrap", units)
    for _ in range(replicates):
        yield np.bincount(rng.integers(units, size=units), minlength=units)


def mean(metric: str, value_U: Floats, unit: str, *, seed: int = 0, higher_is_better: bool = True) -> Score:
    """Return the mean of a figure over units (queries, triplets …) with its replicates."""
    return Score(metric, float(value_U.mean()), totals(value_U, seed) / len(value_U), unit, higher_is_better)
