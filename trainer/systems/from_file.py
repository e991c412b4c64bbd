"""A file of embeddings as a system, ours or anybody's."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from pairmine import store
from pairmine.errors import UsageError
from trainer import embed
from trainer.keys import KeyMap
from trainer.systems._system import Patches
from trainer.systems.embeddings import Embeddings
from trainer.systems.keyed import KeyedSystem

Floats = npt.NDArray[np.float32]


class FromFile(KeyedSystem):
    """A file of embeddings."""

    def __init__(self, name: str, embeddings: Embeddings, key_map: KeyMap):
        keys = np.array(embeddings.keys, object)
        firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        super().__init__(name, keys[firsts], embeddings.path, key_map)
        self.embeddings = embeddings
        self._bounds = np.append(firsts, len(keys))

    def origin(self) -> dict[str, str]:
        """Return the file's digest, and what `embed` wrote of checkpoint and features."""
        told = {
            name: str(self.embeddings.told[name]) for name in ("checkpoint", "features") if name in self.embeddings.told
        }
        return told | {"embeddings": store.sha256(self.where)}

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the rows of tracks, or mean (and standard deviation) over the rows of their patches.

        A file whose rows are tracks gives them as they are: what they hold was chosen when they were made.
        """
        if self.embeddings.start_ms_N is None:
            return self.embeddings.vector_ND[self.rows(keys)]
        patches = self.patches(keys)
        return embed.pooled(patches.vector_PD, np.flatnonzero(np.diff(patches.of_P, prepend=-1)), stats)

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the rows of the tracks' patches: those that the file has, whatever their overlap.

        Raises:
            UsageError: its rows are whole tracks.
        """
        if self.embeddings.start_ms_N is None:
            raise UsageError(f"{self.where} holds whole tracks, patches are needed: `pairmine embed --per-patch`")
        rows = self.rows(keys)
        counts = np.diff(self._bounds)[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(self._bounds[rows], counts) + within
        of_P = np.repeat(np.arange(len(rows)), counts)
        return Patches(of_P, self.embeddings.start_ms_N[at], self.embeddings.vector_ND[at])
