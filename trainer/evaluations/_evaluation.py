"""What an evaluation is, and what it may ask of a system."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from trainer.metrics.score import Score
from trainer.trained_encoder import TrainedEncoder

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Patches:
    """Vectors of patches.

    Attributes:
        of_P: which of the keys asked for each belongs to; ascending.
        start_ms_P: where it begins; ascending within a track.
        vector_PD: the vectors.
    """

    of_P: Ints
    start_ms_P: Ints
    vector_PD: Floats


class System(ABC):
    """What is evaluated: an encoder over features, a file of embeddings, or a baseline.

    Attributes:
        name: as tables print it.
        baseline: True for MFCC and random weights.
        model: the encoder, where there is one to be fine-tuned.
    """

    name: str
    baseline: bool = False
    model: TrainedEncoder | None = None

    @abstractmethod
    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return a vector a track, (tracks, D), in the order of keys: "mean", or "mean-std", over side-by-side patches.

        Raises:
            UsageError: a file of whole tracks' means cannot give the standard deviation.
        """

    @abstractmethod
    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the vectors of patches that overlap by that share of their length.

        Raises:
            UsageError: the file holds no patches, or others than asked for.
        """


@dataclass(frozen=True)
class Evaluation(ABC):
    """A protocol with its annotations read.

    Attributes:
        protocol: whose protocol, and on what, as tables print it: "discogs-2022, MTG-Jamendo genre".
        keys: tracks whose vectors it needs, as the annotations name them (`annotation_key`), in byte order.
        tested: those of them that figures are reported of: what no encoder may have been trained on.
        names: (title, artist) of tracks where the annotations know them; leakage is looked for by these too.
        facts: counts read and choices made, for the result.
        files: annotation files read, for the result's fingerprint.
    """

    protocol: str
    keys: tuple[str, ...]
    tested: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

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
