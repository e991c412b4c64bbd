"""Systems with their figures, and how far two of them lie apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Self

import numpy as np

from trainer.metrics.score import Score, interval

DIGITS = 6  # significant ones that replicates keep


@dataclass(frozen=True)
class Scored:
    """One system with its figures.

    Attributes:
        name: as tables print it.
        baseline: True for chance, MFCC, random weights.
        scores: its figures.
        what: digests of what it is made of: checkpoint, features, embeddings.
        remarks: a line for everything that a reader of its figures has to know.
    """

    name: str
    baseline: bool
    scores: Sequence[Score]
    what: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    def score(self, metric: str) -> Score | None:
        """Return its figure by a metric; None if it has none."""
        return next((score for score in self.scores if score.metric == metric), None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can have it, with six significant digits of the replicates."""
        scores = [_score_as_dict(score) for score in self.scores]
        told = {"what": plain(self.what), "remarks": list(self.remarks)}
        return {"name": self.name, "baseline": self.baseline, **told, "scores": scores}

    @classmethod
    def of_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what `as_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write that.
        """
        scores = [_score_of_dict(each) for each in content["scores"]]
        remarks = tuple(str(line) for line in content["remarks"])
        return cls(str(content["name"]), bool(content["baseline"]), scores, dict(content["what"]), remarks)

    def rounded(self) -> Self:
        """Return it as it reads once written, so that figures do not change on their way through a file."""
        return self.of_dict(self.as_dict())


@dataclass(frozen=True)
class Difference:
    """One figure of `system` less that of `other`, resampled in pairs."""

    system: str
    other: str
    metric: str
    value: float
    interval: tuple[float, float] | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON can have it."""
        return {name: plain(value) for name, value in vars(self).items()}


def metrics(systems: Sequence[Scored]) -> list[str]:
    """Return the names of all metrics, in the order of the systems' figures."""
    return list(dict.fromkeys(score.metric for each in systems for score in each.scores))


def baselines_last(systems: Sequence[Scored]) -> list[Scored]:
    """Return systems in their order, those that are baselines behind the others."""
    return sorted(systems, key=lambda each: each.baseline)


def differences(systems: Sequence[Scored]) -> list[Difference]:
    """Return the paired differences of every given system to those behind it, baselines among them."""
    return [
        Difference(first.name, second.name, score.metric, score.value - other.value, paired_interval(score, other))
        for first, second in combinations(baselines_last(systems), 2)
        for score in (() if first.baseline else first.scores)
        if (other := second.score(score.metric)) is not None
    ]


def paired_interval(first: Score, second: Score) -> tuple[float, float] | None:
    """Return the interval of the difference of two figures whose replicates resample the same units.

    A figure without replicates (chance in closed form) is a constant. None if neither has any, or if they resampled
    different things.
    """
    resampled = {(score.unit, score.replicates.size) for score in (first, second) if score.replicates.size}
    if len(resampled) != 1:
        return None
    a, b = (score.replicates if score.replicates.size else score.value for score in (first, second))
    return interval(np.asarray(a - b))


def plain(value: Any) -> Any:
    """Return a value as JSON can have it: arrays as lists, what is no number as null, anything else as text."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        value = sorted(value)
    return [plain(each) for each in value] if isinstance(value, list | tuple) else str(value)


def _score_as_dict(score: Score) -> dict[str, Any]:
    return {
        "metric": score.metric,
        "value": plain(float(score.value)),
        "interval": plain(score.interval),
        "unit": score.unit,
        "higher_is_better": score.higher_is_better,
        "detail": plain(score.detail),
        "replicates": [plain(float(f"{value:.{DIGITS}g}")) for value in score.replicates],
    }


def _score_of_dict(content: Mapping[str, Any]) -> Score:
    wanted = {name: content[name] for name in ("metric", "unit", "higher_is_better", "detail")}
    replicates_R = np.array([_number(each) for each in content["replicates"]], np.float64)
    return Score(**wanted, value=_number(content["value"]), replicates=replicates_R)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
