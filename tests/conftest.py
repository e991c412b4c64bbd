import os

os.environ["OMP_NUM_THREADS"] = "1"  # on small tensors the threads of torch only wait for each other

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from tests.worlds import write_source

# Compiled kernels make the first example slow, and CI machines are busy: no test here is about time.
settings.register_profile("pairmine", deadline=None, max_examples=20)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "pairmine"))


def random_playlists(count: int, tracks: int, seed: int) -> list[list[int]]:
    """Return playlists with a few hits, many rare tracks, and repeats."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, count)
    return [np.minimum(rng.pareto(0.7, length) * 8, tracks - 1).astype(int).tolist() for length in lengths]


@pytest.fixture(scope="session")
def toy_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the source `toy` (400 playlists); read only."""
    workspace = tmp_path_factory.mktemp("toy")
    write_source(workspace, "toy", random_playlists(400, 900, seed=1))
    return workspace
