"""Made-up evaluations and results, for tests of what is done with figures."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trainer.metrics.score import Score, mean
from trainer.reporting.results import Result
from trainer.reporting.scored import Scored


@dataclass(frozen=True)
class Asked:
    """What results and leakage ask of an evaluation."""

    protocol: str = "discogs-2022, FMA-small, official split"
    keys: tuple[str, ...] = ("a", "b", "c")
    tested: tuple[str, ...] = ("a", "b")
    facts: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    labels: Any = None
    seed: int = 0


def scored(name: str, hit_N: np.ndarray, metric: str = "accuracy", *, baseline: bool = False) -> Scored:
    return Scored(name, baseline, [mean(metric, hit_N.astype(float), "tracks")], {"embeddings": "00"})


def hits(share: float, count: int = 200, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(count) < share


def result(name: str = "mine", *, evaluation: str = "genre", seed: int = 0, asked: Asked | None = None) -> Result:
    systems = [
        scored(name, hits(0.7, seed=seed)),
        scored("MFCC", hits(0.5, seed=99), baseline=True),
        Scored("chance", True, [Score("accuracy", 0.125)]),
    ]
    return Result.of(evaluation, asked or Asked(), systems, leakage={"lines": ["leakage: none"]}, missing={})
