"""A small made-up world for every evaluation: annotations on disk, options, and a system that knows the truth.

One function an evaluation, by the name of its file: `NAME(tmp_path, rng) -> Example`. The contract tests
(tests/contract/test_evaluations.py) run every evaluation on its example.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pairmine.testing.evaluations import Planted

Floats = npt.NDArray[np.float32]


class Example(NamedTuple):
    """What `prepare(data, **options)` reads, and a system whose vectors hold the structure that is looked for."""

    data: Path
    options: dict[str, Any]
    system: Planted


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
