"""Systems, as evaluations know them: encoders over features, files of embeddings, baselines, upper bounds."""

from trainer.systems._system import Patches, System

__all__ = ["Patches", "System"]
