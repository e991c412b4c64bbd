"""Hard negatives and composed batches on real pair sets."""

import numpy as np
import polars as pl
import pytest

from pairmine import checking, pairing
from pairmine.errors import UsageError
from pairmine.report.pair_stats import pair_stats
from pairmine.strategies._finish import Finishing
from pairmine.strategies._parameters import Parameters


def build(workspace, out, strategy: str = "co", epochs: int = 2, threads: int = 2, **finishing) -> pairing.Built:
    return pairing.build_pairs(
        workspace,
        "toy",
        strategy,
        parameters=Parameters(),
        epochs=epochs,
        out=out,
        threads=threads,
        finishing=Finishing(**finishing),
    )


def rows_of(built: pairing.Built) -> pl.DataFrame:
    return pl.read_parquet(built.folder / "epoch=*" / "*.parquet", hive_partitioning=True)


def test_hard_negatives_make_triplets_of_pairs(toy_workspace, tmp_path) -> None:
    pairs, built = (
        build(toy_workspace, tmp_path / "pairs"),
        build(toy_workspace, tmp_path / "set", hard_negatives="5-20"),
    )
    assert built.manifest["kind"] == "triplets"
    assert checking.check(toy_workspace, built.folder).folders[0].problems == []
    assert "negative_in_band" in checking.check(toy_workspace, built.folder).folders[0].checks
    for before, after in zip(pairs.manifest["pairs"], built.manifest["pairs"], strict=True):
        assert before["pairs"] == after["pairs"] + after["without_negative"]
    kept = rows_of(built).select("anchor", "positive", "epoch")
    assert kept.join(rows_of(pairs), on=["anchor", "positive", "epoch"], how="anti").is_empty()


def test_no_batch_holds_two_pairs_of_an_artist_or_release(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, tmp_path / "set", batch=16, exclusive="artist,release")
    assert built.manifest["order"] == "fixed"
    assert checking.check(toy_workspace, built.folder).folders[0].problems == []
    marks = pl.concat(
        pl.read_parquet(toy_workspace / "catalogue" / "toy" / f"track_{of}s" / "*.parquet").select(
            "track_id", pl.format(f"{of} {{}}", f"{of}_id").alias("mark")
        )
        for of in ("artist", "release")
    )
    for epoch in range(2):
        rows = pl.read_parquet(built.folder / f"epoch=000{epoch}" / "*.parquet").with_row_index("row")
        tracks = rows.unpivot(["anchor", "positive"], index="row", value_name="track_id")
        held = tracks.join(marks, on="track_id").select("row", "mark").unique()
        per_batch = held.group_by(pl.col("row") // 16, "mark").len()
        assert per_batch["len"].max() == 1
        told = built.manifest["pairs"][epoch]
        assert told["pairs"] == rows.height
    figures = pair_stats(toy_workspace, built.folder).figures["batches"]
    assert 0 < figures["moved"] <= sum(told["pairs"] for told in built.manifest["pairs"])
    assert figures["composed"]["pairs_hit"] == 0 < figures["shuffled"]["pairs_hit"]
    plain = build(toy_workspace, tmp_path / "plain")
    for before, after in zip(plain.manifest["pairs"], built.manifest["pairs"], strict=True):
        assert before["pairs"] == after["pairs"] + after["left_out"]


def test_threads_do_not_change_a_byte(toy_workspace, tmp_path) -> None:
    options = {"batch": 16, "exclusive": "playlist", "hard_negatives": "1-50"}
    first, second = (build(toy_workspace, tmp_path / str(n), threads=n, **options) for n in (1, 3))
    assert first.manifest == second.manifest


@pytest.mark.parametrize(
    ("finishing", "message"),
    [
        ({"hard_negatives": "1000"}, "first and last rank"),
        ({"hard_negatives": "20-10"}, "first and last rank"),
        ({"batch": 16}, "go together"),
        ({"exclusive": "artist"}, "go together"),
        ({"batch": 16, "exclusive": "genre"}, "--exclusive"),
        ({"batch": 1, "exclusive": "artist"}, "starts at 2"),
    ],
    ids=str,
)
def test_wrong_options_are_usage(toy_workspace, tmp_path, finishing, message) -> None:
    with pytest.raises(UsageError, match=message):
        build(toy_workspace, tmp_path / "set", **finishing)


def test_targets_take_no_batches(toy_workspace, tmp_path) -> None:
    with pytest.raises(UsageError, match="not for labels"):
        build(toy_workspace, tmp_path / "set", strategy="genre", batch=16, exclusive="artist")


def test_check_finds_pairs_out_of_their_place(toy_workspace, tmp_path, monkeypatch) -> None:
    from pairmine.kernels import batches
    from pairmine.strategies import _finish

    def unsorted(anchor, *_):
        return batches.Composed(np.arange(anchor.size), 0)

    monkeypatch.setattr(_finish, "compose", unsorted)
    built = build(toy_workspace, tmp_path / "set", batch=16, exclusive="artist")
    assert any(
        "no_shared_marks" in problem for problem in checking.check(toy_workspace, built.folder).folders[0].problems
    )
