"""The metadata strategies on real Discogs records; the data is not ours and may be absent."""

from pathlib import Path

import pytest

from pairmine import checking, pairing
from pairmine.report.pair_stats import pair_stats
from pairmine.sources import discogs
from pairmine.strategies._inputs import Parameters

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "discogs"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real dumps are not beside the repository")
LEAST = {"track": 9_000, "release": 4_000, "artist": 500, "label": 1_500, "label-co": 500}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("real")
    discogs.ingest(workspace, "discogs", [REAL])
    return workspace


@pytest.mark.parametrize("strategy", LEAST)
def test_the_rules_hold_and_both_engines_agree(workspace, tmp_path, strategy) -> None:
    sets = [
        pairing.build_pairs(
            workspace, "discogs", strategy, parameters=Parameters(), out=tmp_path / engine, engine_name=engine
        )
        for engine in ("native", "duckdb")
    ]
    assert sets[0].manifest == sets[1].manifest
    [checked] = checking.check(workspace, sets[0].folder).folders
    assert (checked.problems, checked.notes) == ([], [])
    figures = pair_stats(workspace, sets[0].folder).figures
    assert figures["pairs"] > LEAST[strategy]
    expected = {"artist": ("same_album", 0), "release": ("same_album", 1), "label": ("same_artist", 0)}
    if strategy in expected:
        name, share = expected[strategy]
        assert figures[name] == share
