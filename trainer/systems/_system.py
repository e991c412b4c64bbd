"""What a system is: what is evaluated, and what an evaluation may ask of it."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
    """

    name: str
    baseline: bool = False

    def origin(self) -> dict[str, str]:
        """Return digests of what its vectors come from: checkpoint, features, embeddings."""
        return {}

    def remarks(self) -> list[str]:
        """Return a line for everything that a reader of its figures has to know, once it was asked for vectors."""
        return []

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
