"""Triplets of a graph, from source to shards."""

import polars as pl
import pytest

from pairmine import catalogue, checking, pairing
from pairmine.errors import InputError
from pairmine.strategies._parameters import Parameters
from tests.worlds import table, write_source


def build(workspace, out, epochs: int = 2, **parameters) -> pairing.Built:
    return pairing.build_pairs(
        workspace, "toy", "triplet", parameters=Parameters(**{"per_epoch": 500} | parameters), epochs=epochs, out=out
    )


def triplets(built: pairing.Built) -> pl.DataFrame:
    return pl.read_parquet(built.folder / "epoch=*" / "*.parquet", hive_partitioning=True)


def test_epochs_are_cut_from_one_stream(toy_workspace, tmp_path) -> None:
    cut = triplets(build(toy_workspace, tmp_path / "cut", epochs=2)).drop("epoch")
    whole = triplets(build(toy_workspace, tmp_path / "whole", epochs=1, per_epoch=1000)).drop("epoch")
    assert cut.equals(whole)


def test_the_score_is_the_count_of_the_edge(toy_workspace, tmp_path) -> None:
    rows = triplets(build(toy_workspace, tmp_path / "set", weighted=True))
    first = pl.min_horizontal("anchor", "positive")
    assert rows.filter(pl.col("score") != 1 + first % 3).is_empty()


def test_anchors_without_a_negative_are_counted(tmp_path) -> None:
    write_source(tmp_path, "toy", [list(range(8))])
    clique_and_path = [(0, 1), (0, 2), (1, 2), (4, 5), (5, 6)]
    rows = [{"track_a": a, "track_b": b, "count": 1} for a, b in clique_and_path]
    catalogue.add(tmp_path, "toy", "edges", table("edges", rows), {})
    built = build(tmp_path, tmp_path / "set")
    assert built.manifest["facts"] == {"anchors": 2, "anchors_without_negative": 4}
    assert set(triplets(built)["anchor"]) == {4, 6}
    assert checking.check(tmp_path, built.folder).folders[0].problems == []


def test_a_graph_without_negatives_is_told_in_one_line(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2]])
    catalogue.add(tmp_path, "toy", "edges", table("edges", [{"track_a": 0, "track_b": 1, "count": 1}]), {})
    with pytest.raises(InputError, match="no track has a negative"):
        build(tmp_path, tmp_path / "set")


@pytest.mark.parametrize(("column", "check"), [("positive", "positive_is_neighbour"), ("negative", "negative_is_no")])
def test_check_finds_what_breaks_the_rule(toy_workspace, tmp_path, monkeypatch, column, check) -> None:
    from pairmine.kernels import triplets as kernel

    drawn = kernel.draw

    def wrong(*args, **options):
        found = drawn(*args, **options)
        getattr(found, column)[3] = found.anchor[3]
        return found

    monkeypatch.setattr(kernel, "draw", wrong)
    built = build(toy_workspace, tmp_path / "set")
    assert any(check in problem for problem in checking.check(toy_workspace, built.folder).folders[0].problems)
