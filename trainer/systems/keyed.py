"""Systems that find their tracks by the annotations' keys: in a file, or in a feature store."""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError, UsageError, shown
from trainer.keys import KeyMap, annotation_key
from trainer.pair_sets import Features
from trainer.systems._system import System
from trainer.systems._unlike_keys import unlike

Ints = npt.NDArray[np.int64]


class KeyedSystem(System):
    """A system that finds its tracks by the annotations' keys.

    Args:
        name: as tables print it.
        keys: of its tracks, as the file or store has them.
        where: the file or store, for messages.
        key_map: what `--key-map` says.

    Raises:
        InputError: two of its tracks go by one key.
    """

    def __init__(self, name: str, keys: Iterable[str], where: Path, key_map: KeyMap):
        self.name, self.where, self.key_map = name, where, key_map
        self._row_of: dict[str, int] = {}
        for row, key in enumerate(keys):
            if self._row_of.setdefault(annotation_key(key), row) != row:
                raise InputError(
                    f"{shown(where)} has several tracks that go by {shown(annotation_key(key))} (a path without its "
                    f"extension), {shown(key)} is one: keep one of them"
                )

    def has(self, key: str) -> bool:
        """Return whether it has a vector of a track."""
        return self.key_map(key) in self._row_of

    def rows(self, keys: Iterable[str]) -> Ints:
        """Return the rows of tracks in the file or store.

        Raises:
            UsageError: it has no vector of one.
        """
        keys = list(keys)
        found = np.array([self._row_of.get(self.key_map(key), -1) for key in keys], np.int64)
        if (found < 0).any():
            missing = keys[int(np.flatnonzero(found < 0)[0])]
            raise UsageError(f"{self.where} has no vector of {missing} and {(found < 0).sum() - 1:,} more tracks")
        return found

    def why_missing(self, keys: Sequence[str]) -> str:
        """Return, for a message, what its own keys look like, and how those of tracks it lacks differ from them."""
        like = f"its keys are like {shown(next(iter(self._row_of)))}"
        return "; ".join(filter(None, [like, unlike([self.key_map(key) for key in keys], self._row_of)]))

    @abstractmethod
    def origin(self) -> dict[str, str]:
        """Return digests of what its vectors come from."""


def check_key_map(keys: Collection[str], systems: Sequence[KeyedSystem]) -> None:
    """Raise InputError if `--key-map` names no track of the annotations, or none of a system."""
    for each in systems:
        embedding_of = each.key_map.embedding_of
        named = [key for key in keys if key in embedding_of]
        if embedding_of and not named:
            line = next(iter(embedding_of))
            swapped = any(key in keys for key in embedding_of.values())
            raise InputError(
                f"--key-map names no track of the annotations: they are like {shown(next(iter(keys)))}, its first "
                f"column like {shown(line)}: {'swap its columns' if swapped else 'write what the annotations name'}"
            )
        if embedding_of and not any(each.has(key) for key in named):
            raise InputError(
                f"--key-map names no track of {each.name}: {each.why_missing(named)}; its second column is like "
                f"{shown(embedding_of[named[0]])}: write what the file or store names"
            )


class FromFeatures(KeyedSystem):
    """A system that hears a feature store."""

    def __init__(self, name: str, features: Features, key_map: KeyMap):
        super().__init__(name, features.keys.to_pylist(), features.folder, key_map)
        self.features = features

    def origin(self) -> dict[str, str]:
        """Return the store's digest."""
        return {"features": str(self.features.manifest["digest"])}

    def _milliseconds(self, frames: npt.NDArray[np.floating] | Ints) -> Ints:
        seconds_a_frame = self.features.manifest["front_end"]["hop"] / self.features.manifest["front_end"]["rate"]
        milliseconds: Ints = np.rint(frames * 1000 * seconds_a_frame).astype(np.int64)
        return milliseconds
