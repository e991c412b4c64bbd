import pytest

from bench import gtzan_features

TOLERANCE = 0.0005  # the expected figures are rounded to 0.001


@pytest.mark.skipif(not gtzan_features.DATA.is_dir(), reason="no real data in ../shared/data/eval/gtzan")
def test_probes_give_published_features_their_accuracies() -> None:
    found = gtzan_features.accuracies()
    assert found.keys() == gtzan_features.EXPECTED.keys()
    for name, expected in gtzan_features.EXPECTED.items():
        assert found[name] == pytest.approx(expected, abs=TOLERANCE)
