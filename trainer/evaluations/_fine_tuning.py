"""Tagging by fine-tuning the whole encoder: playlists-2023, section 4.2."""

from dataclasses import dataclass
from typing import Any

from pairmine.errors import InputError, UsageError
from trainer.evaluations._classification import Classification, Classifier, Floats
from trainer.evaluations._hearing import Hearing
from trainer.features.store import FeatureStore
from trainer.fine_tune import fine_tune
from trainer.systems import System
from trainer.systems.from_encoder import FromEncoder

FINE_TUNING = Classifier("fine-tuning", Hearing(), runs=3)


@dataclass(frozen=True, kw_only=True)
class FineTuning(Classification):
    """Encoders trained on with a new MLP, rather than probes on their vectors."""

    def combine(self, systems: list[System]) -> list[System]:
        """Return the systems that have an encoder; MFCC cannot be fine-tuned.

        Raises:
            UsageError: one that is no baseline has none.
        """
        for system in systems:
            if not isinstance(system, FromEncoder) and not system.baseline:
                raise UsageError(f"playlists-2023 trains the encoder: name {system.name} by --checkpoint RUN")
        return [system for system in systems if isinstance(system, FromEncoder)]

    def _heard_once(self, system: System) -> System:
        return system

    def _activations(self, system: System, classifier: Classifier) -> tuple[Floats, dict[str, Any]]:
        if not isinstance(system, FromEncoder):
            raise UsageError(f"playlists-2023 trains the encoder: name {system.name} by --checkpoint RUN")
        if not isinstance(system.features, FeatureStore):
            raise UsageError(
                f"{system.features.folder} holds waveforms: fine-tuning needs log-mels, `pairmine features`"
            )
        [(train, valid, test)] = self._folds
        if not len(valid):
            raise InputError(f"{self.annotations.name} has no validation tracks, by which fine-tuning stops")
        rows_of = {"train": train, "valid": valid, "test": test}
        tuned = fine_tune(
            system.model,
            system.features,
            {split: system.rows(self._keys(rows)) for split, rows in rows_of.items()},
            {split: self.annotations.truth_NC[rows] for split, rows in rows_of.items()},
            runs=classifier.runs,
            seed=self.seed,
            device=str(system.device),
        )
        return tuned.activation_RNC.astype(float), tuned.facts
