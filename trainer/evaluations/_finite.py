"""Vectors of systems, all of them numbers: what is none would rank somewhere, and look like a figure."""

from collections.abc import Sequence

import numpy as np

from pairmine.errors import InputError, shown
from trainer.systems._system import Floats, Ints, Patches, System


def tracks(system: System, keys: Sequence[str], stats: str = "mean") -> Floats:
    """Return `system.tracks`.

    Raises:
        InputError: one is no number.
    """
    vector_ND = system.tracks(keys, stats)
    check(vector_ND, np.arange(len(keys)), keys, system.name)
    return vector_ND


def patches(system: System, keys: Sequence[str], overlap: float = 0.0) -> Patches:
    """Return `system.patches`.

    Raises:
        InputError: one is no number.
    """
    found = system.patches(keys, overlap)
    check(found.vector_PD, found.of_P, keys, system.name)
    return found


def check(vector_ND: Floats, of_N: Ints, keys: Sequence[str], name: str) -> None:
    """Raise InputError if a vector of a system is no number; `of_N` says whose each is."""
    wrong = np.flatnonzero(~np.isfinite(vector_ND).all(1))
    if wrong.size:
        key = shown(keys[int(of_N[wrong[0]])])
        raise InputError(f"the vector of {key} by {name} holds what is no number: embed anew")
