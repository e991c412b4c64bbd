"""Link prediction against scikit-learn over a plain list of pairs."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from pairmine import catalogue
from pairmine.errors import DamagedError, InputError, MissingError, UsageError
from pairmine.splits import split
from tests.trainer.evaluations import examples
from tests.worlds import table, write_source
from trainer.evaluations import colisten


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> examples.Example:
    return examples.colisten(tmp_path_factory.mktemp("colisten"), np.random.default_rng(3))


def all_edges(evaluation) -> set[tuple[int, int]]:
    return set(map(tuple, evaluation.graph.edge_E2.tolist()))


def test_figures_are_those_of_all_pairs_but_other_edges(example) -> None:
    evaluation = colisten.prepare(example.data, **example.options)
    system = example.system.unknowing(np.random.default_rng(0))
    expected = []
    for sample in evaluation.samples:
        edges = {tuple(sample.track_N[ends]) for ends in sample.edge_E2}
        vectors = dict(zip(sample.track_N, system.tracks([f"t{t:06d}" for t in sample.track_N]), strict=True))
        truth, cosine = [], []
        for a, b in combinations(sample.track_N, 2):
            if (a, b) in edges or (a, b) not in all_edges(evaluation):
                truth.append((a, b) in edges)
                cosine.append(vectors[a] @ vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b]))
        expected.append((average_precision_score(truth, cosine), roc_auc_score(truth, cosine)))
    found = evaluation.scores(system)
    assert [score.metric for score in found] == ["AP", "ROC-AUC"]
    np.testing.assert_allclose([score.value for score in found], np.mean(expected, axis=0), atol=1e-6)


def test_the_samples_are_disjoint_held_out_and_share_no_recording(example) -> None:
    evaluation = colisten.prepare(example.data, **example.options)
    held_out = set(map(tuple, evaluation.graph.held_out_H2.tolist()))
    assert held_out < all_edges(evaluation)
    edges = [sample.track_N[sample.edge_E2] for sample in evaluation.samples]
    assert {tuple(edge) for edge in np.concatenate(edges).tolist()} <= held_out
    assert len(np.unique(np.concatenate(edges))) == np.concatenate(edges).size
    assert evaluation.facts["edges_sampled"] == [len(each) for each in edges]
    assert evaluation.facts["random_AP_of_paper"] == 0.0008


def test_chance_is_what_is_expected_of_it(example) -> None:
    evaluation = colisten.prepare(example.data, **example.options)
    precision, area = evaluation.chance()
    assert 0.3 < precision.value / evaluation.facts["random_AP_expected"] < 3
    assert area.interval[0] - 0.1 < 0.5 < area.interval[1] + 0.1


def test_edges_between_test_tracks_are_held_out_where_tracks_were_split(tmp_path) -> None:
    write_source(tmp_path, "toy", [list(range(400))])
    split(tmp_path, "toy", "track", "0.5,0,0.5")
    evaluation = colisten.prepare(tmp_path / "catalogue" / "toy", sample=5)
    flags = evaluation.graph.source.in_split("test")
    assert evaluation.facts["held_out_by"] == "track" and flags[evaluation.graph.held_out_H2].all()
    between = [edge for edge in all_edges(evaluation) if flags[list(edge)].all()]
    assert len(evaluation.graph.held_out_H2) == len(between)


def test_the_upper_bound_finds_what_it_was_fitted_on(example) -> None:
    pytest.importorskip("implicit")
    evaluation = colisten.prepare(example.data, **example.options)
    [bound] = evaluation.combine([])
    assert bound.baseline
    precision, area = evaluation.scores(bound)
    assert area.value > 0.9 and precision.value > 10 * evaluation.facts["random_AP_expected"]
    with pytest.raises(UsageError, match="whole recordings only"):
        bound.patches(["t000000"])
    assert colisten.prepare(example.data, sample=30, wmf=False).combine([]) == []


def test_what_is_missing_or_too_little_is_told(tmp_path) -> None:
    write_source(tmp_path, "toy", [list(range(30))])
    folder = tmp_path / "catalogue" / "toy"
    with pytest.raises(MissingError, match="split toy --by edge"):
        colisten.prepare(folder)
    with pytest.raises(MissingError, match="no source of a catalogue"):
        colisten.prepare(tmp_path)
    split(tmp_path, "toy", "edge", "0.9,0,0.1")
    with pytest.raises(InputError, match="10 are needed"):
        colisten.prepare(folder)
    catalogue.add(tmp_path, "toy", "edges", table("edges", []), {})
    [part] = (folder / "held_out_edges").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match="held_out_edges"):
        colisten.prepare(folder)
    write_source(tmp_path, "bare", [[0, 1]], only={"tracks"})
    with pytest.raises(MissingError, match="no table edges"):
        colisten.prepare(tmp_path / "catalogue" / "bare")
