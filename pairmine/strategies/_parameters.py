"""What makes one pair set differ from another."""

from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any

from pairmine.errors import UsageError
from pairmine.kernels.topk import SCORES, TIES
from pairmine.registry import check_name

AT_LEAST = {
    "top_k": 1,
    "min_count": 1,
    "min_group": 1,
    "max_pairs_per_group": 1,
    "max_playlist_length": 2,
    "per_epoch": 1,
    "dimensions": 1,
    "iterations": 1,
    "negatives": 1,
    "sample": 0,
    "top": 1,
    "longest": 1,
    "clusters": 2,
}


@dataclass(frozen=True)
class Parameters:
    """The options of all strategies; each heeds some. 0 and "" stand for its own default, None for no limit."""

    seed: int = 0
    top_k: int = 10
    min_count: int = 1
    max_playlist_length: int | None = None
    score: str = "count"
    ties: str = "rarer"
    min_group: int = 1
    max_pairs_per_group: int | None = None
    per_epoch: int = 1_000_000
    weighted: bool = False
    dimensions: int = 0
    iterations: int = 0
    negatives: int = 5
    sample: float = 0.0
    trainer: str = ""
    tags: str = ""
    top: int = 0
    longest: int = 0
    clusters: int = 0

    def heeded(self, rule: ModuleType, strategy: str) -> dict[str, Any]:
        """Return the parameters a strategy heeds, with its own defaults.

        Raises:
            UsageError: a value is impossible, or one was given that the strategy does not heed.
        """
        values, usual = asdict(self), asdict(Parameters())
        for name, value in values.items():
            if name not in rule.OPTIONS | {"seed"} and value != usual[name]:
                raise UsageError(f"{_option(name)} means nothing to strategy {strategy}: leave it out")
            if name in AT_LEAST and value != usual[name] and value < AT_LEAST[name]:
                raise UsageError(f"{_option(name)} {value}: it starts at {AT_LEAST[name]}")
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"--seed {self.seed}: give a number from 0 to {2**63 - 1}")
        check_name("score", self.score, SCORES)
        check_name("tie rule", self.ties, TIES)
        own = getattr(rule, "DEFAULTS", {})
        chosen = {name: value or own.get(name, value) for name, value in values.items()}
        if trainer := chosen["trainer"]:
            check_name(f"trainer of {strategy}", trainer, rule.TRAINERS)
        return {name: value for name, value in chosen.items() if name in rule.OPTIONS | {"seed"}}


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
