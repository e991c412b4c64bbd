"""Where a run stands, and what the end of an epoch decides."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from trainer.recipe import Recipe
from trainer.schedules import Plateau


@dataclass
class Position:
    """All that a checkpoint holds besides tensors.

    Attributes:
        epoch, batch: the batch that comes next.
        step: optimiser steps done.
        phase, phase_step: of the curriculum, from 1, and the steps done in it.
        drops: how often the learning rate was lowered.
        averaged: epochs in the averaged weights.
        epoch_loss: sum of the losses of the epoch's batches so far.
        best: the lowest loss of an epoch so far (validation loss, where there is a validation).
        plateau, level: how long it has not fallen, for the learning rate and for the curriculum.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    phase: int = 1
    phase_step: int = 0
    drops: int = 0
    averaged: int = 0
    epoch_loss: float = 0.0
    best: Plateau = field(default_factory=Plateau)
    plateau: Plateau = field(default_factory=Plateau)
    level: Plateau = field(default_factory=Plateau)

    @classmethod
    def of(cls, state: dict[str, Any]) -> "Position":
        """Return what `state` gave."""
        plateaus = {name: Plateau(**state[name]) for name in ("best", "plateau", "level")}
        return cls(**{**state, **plateaus})

    def state(self) -> dict[str, Any]:
        """Return it for JSON, which has no infinity."""
        plain = asdict(self)
        for name in ("best", "plateau", "level"):
            plain[name] = {key: value for key, value in plain[name].items() if math.isfinite(value)}
        return plain

    def finished(self, recipe: Recipe) -> bool:
        """Tell whether the run is at its end."""
        return bool((recipe.steps and self.step >= recipe.steps) or (recipe.epochs and self.epoch >= recipe.epochs))

    def averages(self, recipe: Recipe) -> bool:
        """Tell whether the weights at the end of this epoch go into the average."""
        return self.epoch >= recipe.epochs - recipe.schedule.average_last > 0

    def end_epoch(self, recipe: Recipe, loss: float) -> None:
        """Go on to the next epoch after one with this loss; lower the rate or end the phase where due."""
        self.plateau.add(loss)
        if recipe.schedule.name == "plateau" and self.plateau.waited >= recipe.schedule.patience:
            self.drops, self.plateau.waited = self.drops + 1, 0
        self.epoch, self.batch, self.epoch_loss = self.epoch + 1, 0, 0.0
        self._end_phase(recipe, loss)

    def _end_phase(self, recipe: Recipe, loss: float) -> None:
        if self.phase >= len(recipe.phases):
            return
        phase = recipe.phases[self.phase - 1]
        self.level.gain = phase.gain
        self.level.add(loss)
        if self.phase_step >= phase.steps or self.level.waited >= phase.patience:
            self.phase, self.phase_step, self.drops = self.phase + 1, 0, 0
            self.best, self.plateau, self.level = Plateau(), Plateau(), Plateau()
