"""What an evaluation is."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from trainer.metrics.score import Score
from trainer.systems import System


@dataclass(frozen=True)
class Evaluation(ABC):
    """A protocol with its annotations read.

    Attributes:
        protocol: whose protocol, and on what, as tables print it: "discogs-2022, MTG-Jamendo genre".
        keys: tracks whose vectors it needs, as the annotations name them (`annotation_key`), in byte order.
        tested: those of them that figures are reported of: what no encoder may have been trained on.
        names: (title, artist) of tracks where the annotations know them; leakage is looked for by these too.
        facts: counts read and choices made, for the result.
        device: where networks learn from vectors: "cpu", "cuda" or "cuda:N"; None: the GPU if there is one.
        files: annotation files read, for the result's fingerprint.
    """

    protocol: str
    keys: tuple[str, ...]
    tested: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    device: str | None = None

    @abstractmethod
    def scores(self, system: System) -> list[Score]:
        """Return the figures of a system."""

    @abstractmethod
    def chance(self) -> list[Score]:
        """Return the figures of chance, by closed form or by random vectors; the same metrics as `scores`."""

    @abstractmethod
    def only(self, known: frozenset[str]) -> Self:
        """Return it without the tracks that are not known, for `--allow-missing`.

        Raises:
            InputError: too little is left.
        """

    def combine(self, systems: list[System]) -> list[System]:
        """Return the systems to be scored; `stack` returns combinations of those given."""
        return systems
