"""A small made-up world for every evaluation: annotations on disk, options, and a system that knows the truth.

One function an evaluation, by the name of its file: `NAME(tmp_path, rng) -> Example`. The contract tests
(tests/contract/test_evaluations.py) run every evaluation on its example.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trainer.evaluations import Patches, System

Floats = npt.NDArray[np.float32]


class Example(NamedTuple):
    """What `prepare(data, **options)` reads, and a system whose vectors hold the structure that is looked for."""

    data: Path
    options: dict[str, Any]
    system: "Planted"


class Planted(System):
    """Every patch of a track is the track's latent vector and some noise that depends on key and start alone.

    `asked` gathers the keys that vectors were asked for.
    """

    def __init__(
        self,
        latent_of: dict[str, npt.ArrayLike],
        *,
        name: str = "planted",
        noise: float = 0.05,
        patches: int = 3,
        patch_ms: int = 2000,
        baseline: bool = False,
    ) -> None:
        self.latent_of = {key: np.asarray(latent, np.float32) for key, latent in latent_of.items()}
        self.name, self.baseline = name, baseline
        self.asked: set[str] = set()
        self._noise, self._patches, self._patch_ms = noise, patches, patch_ms

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        self.asked.update(keys)
        hop = round(self._patch_ms * (1 - overlap))
        starts = np.arange(0, self._patch_ms * (self._patches - 1) + 1, hop)
        vectors = [self._patch(key, int(start)) for key in keys for start in starts]
        return Patches(
            np.repeat(np.arange(len(keys)), len(starts)), np.tile(starts, len(keys)).astype(np.int64), np.stack(vectors)
        )

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        found = self.patches(keys)
        vector_NPD = found.vector_PD.reshape(len(keys), self._patches, -1)
        parts = [vector_NPD.mean(1), vector_NPD.std(1)] if stats == "mean-std" else [vector_NPD.mean(1)]
        return np.concatenate(parts, axis=1)

    def unknowing(self, rng: np.random.Generator) -> "Planted":
        """Return the same with latent vectors of pure noise."""
        latent_of = {key: rng.standard_normal(latent.shape) for key, latent in self.latent_of.items()}
        return Planted(latent_of, name="unknowing", patches=self._patches, patch_ms=self._patch_ms)

    def _patch(self, key: str, start: int) -> Floats:
        latent = self.latent_of[key]
        noise = np.random.default_rng([start, *key.encode()]).standard_normal(latent.shape)
        return (latent + self._noise * noise).astype(np.float32)


def latents(rng: np.random.Generator, truth_NC: npt.ArrayLike, dim: int = 16) -> Floats:
    """Return vectors (N, D) that are the sum of one random direction for each class a track has."""
    truth = np.asarray(truth_NC, np.float64)
    direction_CD = rng.standard_normal((truth.shape[1], dim))
    return (truth @ direction_CD).astype(np.float32)


def retrieval(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Ten tracks each of four artists, two tracks of nobody."""
    artists = [*np.repeat(["ann", "bob", "cem", "dia"], 10), "", ""]
    keys = [f"clips/{number:03}" for number in rng.permutation(len(artists))]
    rows = [f"{key}.mp3\t{artist}" for key, artist in zip(keys, artists, strict=True)]
    (tmp_path / "labels.tsv").write_text("\n".join(["file\tartist", *rows, ""]), encoding="utf-8")
    truth = np.array([[artist == each for each in ("ann", "bob", "cem", "dia")] for artist in artists])
    latent_of = dict(zip(keys, latents(rng, truth), strict=True))
    return Example(tmp_path / "labels.tsv", {"k": 5}, Planted(latent_of))


def similarity(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Sixty triplets of clips; the nearer song shares the anchor's direction."""
    columns = [f"{place}_{what}" for place in ("anchor", "song1", "song2") for what in ("id", "start_seconds")]
    lines, latent_of = [",".join([*columns, "song1_vote"])], {}
    for number in range(60):
        keys = [f"TR{number:03}{place}" for place in "ABC"]
        near, far = rng.standard_normal((2, 16))
        first = number % 2
        latent_of |= dict(zip(keys, [near, near, far] if first else [near, far, near], strict=True))
        starts = rng.integers(0, 9, 3) / 2
        cells = [str(cell) for pair in zip(keys, starts, strict=True) for cell in pair]
        lines.append(",".join([*cells, str(first)]))
    (tmp_path / "clean-dim-sim.csv").write_text("\n".join([*lines, ""]))
    return Example(tmp_path, {"allow_other_counts": True}, Planted(latent_of))
