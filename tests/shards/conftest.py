from pathlib import Path

import pytest

from tests.trainer import pair_worlds as worlds

TRACKS = 48


@pytest.fixture(scope="session")
def sets(tmp_path_factory) -> dict[str, Path]:
    """A pair set of every kind, and one of composed batches of ten."""
    folder = tmp_path_factory.mktemp("sets")
    found = {
        kind: worlds.write_pairs(folder / kind, kind, TRACKS) for kind in ("pairs", "triplets", "vectors", "labels")
    }
    return found | {"fixed": worlds.write_pairs(folder / "fixed", "pairs", TRACKS, order="fixed", batch=10)}
