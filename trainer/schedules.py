"""Learning rates, and when something has levelled off."""

import math
from dataclasses import asdict, dataclass

from trainer.recipe import Optimiser, Schedule


@dataclass
class Plateau:
    """Counts how long a figure has not fallen.

    Attributes:
        gain: share of the best figure by which one must be lower to count.
        best, waited: the lowest figure, and how many have come since that were not lower.
    """

    gain: float = 0.0
    best: float = math.inf
    waited: int = 0

    def add(self, figure: float) -> bool:
        """Take the figure of an epoch; return whether it is the best so far."""
        better = figure < self.best - self.gain * abs(self.best) if math.isfinite(self.best) else figure < self.best
        self.best, self.waited = (figure, 0) if better else (self.best, self.waited + 1)
        return better

    def state(self) -> dict[str, float]:
        """Return all it knows, for JSON; infinity as null."""
        return {name: value for name, value in asdict(self).items() if math.isfinite(value)}


def learning_rate(optimiser: Optimiser, schedule: Schedule, step: int, steps: int, drops: int = 0) -> float:
    """Return the rate for a step.

    Args:
        optimiser: whose `lr` is the highest rate.
        schedule: how it goes.
        step: counted from 0.
        steps: of the whole run.
        drops: how often the loss has levelled off ("plateau").
    """
    if step < schedule.warmup:
        return optimiser.lr * (step + 1) / schedule.warmup
    if schedule.name == "plateau":
        return optimiser.lr * schedule.factor**drops
    if schedule.name == "cosine":
        share = min((step - schedule.warmup) / max(steps - schedule.warmup, 1), 1)
        return optimiser.lr * (1 + math.cos(math.pi * share)) / 2
    return optimiser.lr


def triangular(step: int, half_cycle: int, lowest: float, highest: float) -> float:
    """Return the rate of the cyclical triangular schedule (L. N. Smith, 2017): up and down again in straight lines.

    Args:
        step: counted from 0, where the rate is the lowest.
        half_cycle: steps from the lowest rate to the highest.
        lowest: rate.
        highest: rate.
    """
    return lowest + (highest - lowest) * (1 - abs(step / half_cycle % 2 - 1))
