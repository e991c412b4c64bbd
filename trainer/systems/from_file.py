"""A file of embeddings as a system, ours or anybody's."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from pairmine import store
from pairmine.errors import UsageError, shown
from trainer import embed
from trainer.keys import KeyMap
from trainer.systems._system import Patches
from trainer.systems.embeddings import Embeddings
from trainer.systems.keyed import KeyedSystem

Floats = npt.NDArray[np.float32]

NAMES = {"mean": "means", "mean-std": "means and standard deviations"}


class FromFile(KeyedSystem):
    """A file of embeddings."""

    def __init__(self, name: str, embeddings: Embeddings, key_map: KeyMap):
        keys = np.array(embeddings.keys, object)
        firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        super().__init__(name, keys[firsts], embeddings.path, key_map)
        self.embeddings = embeddings
        self._bounds = np.append(firsts, len(keys))
        self._remarks = dict[str, None]()

    def origin(self) -> dict[str, str]:
        """Return the file's digest, and what `embed` wrote of checkpoint and features."""
        told = {
            name: str(self.embeddings.told[name]) for name in ("checkpoint", "features") if name in self.embeddings.told
        }
        return told | {"embeddings": store.sha256(self.where)}

    def remarks(self) -> list[str]:
        """Return what the file does not say of its vectors, or says otherwise than was asked."""
        return list(self._remarks)

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the rows of tracks, or mean (and standard deviation) over the rows of their patches.

        Raises:
            UsageError: its rows are tracks, and `embed` wrote other statistics than asked for.
        """
        self._check_stats(stats)
        if self.embeddings.start_ms_N is None:
            return self.embeddings.vector_ND[self.rows(keys)]
        found = self._patches(keys)
        return embed.pooled(found.vector_PD, np.flatnonzero(np.diff(found.of_P, prepend=-1)), stats)

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the rows of the tracks' patches.

        Raises:
            UsageError: its rows are whole tracks, or patches of which `embed` wrote another overlap than asked for.
        """
        command = f"`pairmine embed RUN --per-patch --overlap {overlap:g}`"
        told = self.embeddings.told.get("overlap")
        if self.embeddings.start_ms_N is None:
            raise UsageError(f"{shown(self.where)} holds whole tracks, patches are needed: {command}")
        if told is None:
            self._remarks["the file does not say by how much its patches overlap"] = None
        elif told != overlap:
            raise UsageError(
                f"{shown(self.where)} holds patches that overlap by {told}, {overlap:g} is needed: {command}"
            )
        return self._patches(keys)

    def _check_stats(self, stats: str) -> None:
        """Raise UsageError if the file says that it holds other statistics; remark where it does not say."""
        told, overlap = self.embeddings.told, self.embeddings.told.get("overlap") or 0
        if overlap:
            self._remarks[f"its patches overlap by {overlap}, they are not side by side"] = None
        if self.embeddings.start_ms_N is not None:
            return
        if told.get("stats") is None:
            self._remarks[f"the file does not say whether its vectors are {NAMES[stats]}"] = None
        elif told["stats"] != stats:
            raise UsageError(
                f"{shown(self.where)} holds {told['stats']} of each track, {stats} is needed: "
                f"`pairmine embed RUN --stats {stats}`"
            )

    def _patches(self, keys: Collection[str]) -> Patches:
        assert self.embeddings.start_ms_N is not None
        rows = self.rows(keys)
        counts = np.diff(self._bounds)[rows]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        at = np.repeat(self._bounds[rows], counts) + within
        of_P = np.repeat(np.arange(len(rows)), counts)
        return Patches(of_P, self.embeddings.start_ms_N[at], self.embeddings.vector_ND[at])
