"""The SQL of sql/strategies and the compiled kernels give the same evidence, to the last tie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.kernels.topk import SCORES, TIES
from pairmine.strategies import tco
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from tests.conftest import random_playlists
from tests.worlds import write_source

WORLDS = 4
PARAMETERS = st.builds(
    Parameters,
    seed=st.integers(0, 2**63 - 1),
    top_k=st.integers(1, 15),
    min_count=st.integers(1, 3),
    max_playlist_length=st.none() | st.integers(2, 30),
    score=st.sampled_from(SCORES),
    ties=st.sampled_from(TIES),
)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("engines")
    for seed in range(WORLDS):
        write_source(workspace, f"world{seed}", random_playlists(60, 120, seed))
    return {
        (seed, engine): Inputs(workspace, f"world{seed}", engine)
        for seed in range(WORLDS)
        for engine in ("native", "duckdb")
    }


@settings(max_examples=60)
@given(st.integers(0, WORLDS - 1), PARAMETERS, st.sets(st.integers(0, 60), max_size=10))
def test_top_k_by_kernel_and_by_sql_is_the_same(worlds, seed, parameters, excluded) -> None:
    found = []
    for engine in ("native", "duckdb"):
        inputs = worlds[seed, engine]
        inputs.excluded = np.array(sorted(excluded), np.int32)
        inputs.__dict__.pop("kept", None)
        found.append(tco.neighbours(inputs, parameters))
    (ids, scores), (ids_by_sql, scores_by_sql) = found
    assert (ids == ids_by_sql[:, : ids.shape[1]]).all()
    assert (scores == scores_by_sql[:, : ids.shape[1]]).all()
