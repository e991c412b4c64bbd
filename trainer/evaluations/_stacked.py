"""Several systems as one: their vectors side by side (discogs-2022, section 4.5)."""

from collections.abc import Collection, Sequence
from itertools import combinations as choices

import numpy as np

from pairmine.errors import UsageError
from trainer.systems._system import Floats, Patches, System


class Stacked(System):
    """The concatenation of the vectors of several systems."""

    def __init__(self, parts: Sequence[System]):
        self.parts, self.name = tuple(parts), " + ".join(part.name for part in parts)

    def origin(self) -> dict[str, str]:
        """Return the digests that each part comes from, by "part: checkpoint"."""
        return {f"{part.name}: {what}": digest for part in self.parts for what, digest in part.origin().items()}

    def remarks(self) -> list[str]:
        """Return what is to be known of each part."""
        return [f"{part.name}: {line}" for part in self.parts for line in part.remarks()]

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the vectors of all parts side by side, each of its own statistics."""
        return np.concatenate([part.tracks(keys, stats) for part in self.parts], axis=1)

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the vectors of patches that all parts have.

        Raises:
            UsageError: their patches do not begin at the same times.
        """
        first, *others = found = [part.patches(keys, overlap) for part in self.parts]
        for part, other in zip(self.parts[1:], others, strict=True):
            same = np.array_equal(first.of_P, other.of_P) and np.array_equal(first.start_ms_P, other.start_ms_P)
            if not same:
                raise UsageError(
                    f"patches of {self.parts[0].name} and {part.name} begin at different times: embed both with "
                    "patches of one length, or take a protocol on whole tracks"
                )
        return Patches(first.of_P, first.start_ms_P, np.concatenate([each.vector_PD for each in found], axis=1))


def combinations(systems: Sequence[System]) -> list[System]:
    """Return the baselines, and every combination of two or more of the other systems.

    Raises:
        UsageError: there are fewer than two others.
    """
    given = [system for system in systems if not system.baseline]
    if len(given) < 2:
        raise UsageError("a stack needs two systems or more: name several --embeddings FILE or --checkpoint RUN")
    sizes = range(2, len(given) + 1)
    stacks = [Stacked(parts) for size in sizes for parts in choices(given, size)]
    return [*stacks, *(system for system in systems if system.baseline)]
