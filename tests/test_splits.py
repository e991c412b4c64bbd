"""Splits of a source: their proportions, what they keep apart, and what they leave alone."""

import polars as pl
import pytest

from pairmine import catalogue, checking, pairing, store
from pairmine.catalogue import Tally
from pairmine.errors import MissingError, UsageError
from pairmine.splits import split
from pairmine.strategies._parameters import Parameters
from tests.worlds import table, write_source


@pytest.fixture
def workspace(tmp_path):
    """Source `toy` of 600 tracks by 200 artists; every tenth track has a second artist, every track one genre."""
    write_source(tmp_path, "toy", [list(range(600))])
    rows = [{"track_id": t, "artist_id": a} for t in range(600) for a in sorted({t // 3, *([199] * (t % 10 == 0))})]
    catalogue.add(tmp_path, "toy", "track_artists", table("track_artists", rows), {})
    tags = [{"track_id": t, "kind": "genre", "tag": f"g{t % 4}"} for t in range(600)]
    catalogue.add(tmp_path, "toy", "track_tags", table("track_tags", tags), {})
    return tmp_path


def read(workspace, name: str) -> pl.DataFrame:
    return pl.read_parquet(workspace / "catalogue" / "toy" / name / "*.parquet")


def build(workspace, out) -> pairing.Built:
    """Build triplets, enough of them to meet every edge that may be met."""
    return pairing.build_pairs(workspace, "toy", "triplet", parameters=Parameters(per_epoch=20_000), epochs=1, out=out)


@pytest.mark.parametrize("by", ["track", "artist", "stratified"])
def test_a_split_is_sound_reproducible_and_leaves_the_rest_alone(workspace, by) -> None:
    folder = workspace / "catalogue" / "toy"
    before = store.read_manifest(folder)
    done = split(workspace, "toy", by, "0.6,0.2,0.2", seed=1)
    first = read(workspace, "splits")
    assert [done.train, done.valid, done.test] == [
        first.filter(pl.col("split") == name).height for name in ("train", "valid", "test")
    ]
    assert done.train + done.valid + done.test + done.left_out == 600
    assert abs(done.valid - 120) < 25 and abs(done.test - 120) < 25
    after = store.read_manifest(folder)
    assert after["fingerprint"] == before["fingerprint"]
    assert after["splits"]["by"] == by
    assert {entry["path"] for entry in after["files"]} > {entry["path"] for entry in before["files"]}
    assert checking.check(workspace, folder).folders[0].problems == []
    split(workspace, "toy", by, "0.6,0.2,0.2", seed=1)
    assert read(workspace, "splits").equals(first)
    split(workspace, "toy", by, "0.6,0.2,0.2", seed=2)
    assert not read(workspace, "splits").equals(first)


def test_no_artist_is_in_two_splits_and_only_tracks_between_them_are_left_out(workspace) -> None:
    done = split(workspace, "toy", "artist", "0.5,0.25,0.25")
    joined = read(workspace, "track_artists").join(read(workspace, "splits"), on="track_id")
    splits_of = joined.group_by("artist_id").agg(pl.col("split").n_unique())
    assert splits_of["split"].max() == 1
    left_out = read(workspace, "tracks").join(joined, on="track_id", how="anti")
    assert done.left_out == left_out.height > 0
    assert (left_out["track_id"] % 10 == 0).all()


def test_every_genre_has_the_same_proportions(workspace) -> None:
    split(workspace, "toy", "stratified", "0.8,0.1,0.1")
    joined = read(workspace, "track_tags").join(read(workspace, "splits"), on="track_id")
    counts = joined.group_by("tag", "split").len()
    assert set(counts.filter(pl.col("split") == "train")["len"]) == {120}
    assert set(counts.filter(pl.col("split") != "train")["len"]) == {15}


def test_tracks_without_artist_are_dealt_out_one_by_one(tmp_path) -> None:
    with catalogue.writer(tmp_path, "toy", "playlists") as writer:
        writer.write("tracks", table("tracks", [{"track_id": t, "key": f"t{t:03d}"} for t in range(100)]))
        writer.write("artists", table("artists", []))
        writer.write("track_artists", table("track_artists", []))
        writer.commit([Tally("tracks", 100)], {})
    done = split(tmp_path, "toy", "artist", "0.5,0.5")
    assert (done.train, done.valid, done.test, done.left_out) == (50, 50, 0, 0)


def edges(workspace, name: str) -> set[tuple[int, int]]:
    return set(read(workspace, name).select("track_a", "track_b").iter_rows())


def test_edges_are_held_out_of_every_pair_set_and_no_others(workspace, tmp_path) -> None:
    folder = workspace / "catalogue" / "toy"
    before, every = store.read_manifest(folder)["fingerprint"], edges(workspace, "edges")
    done = split(workspace, "toy", "edge", "0.8,0.05,0.15")
    held = edges(workspace, "held_out_edges")
    assert held < every and done.valid + done.test == len(held) and done.train == len(every - held)
    assert done.test == read(workspace, "held_out_edges").filter(pl.col("split") == "test").height
    assert abs(done.test - 0.15 * len(every)) <= 1 and abs(done.valid - 0.05 * len(every)) <= 1
    assert store.read_manifest(folder)["fingerprint"] == before
    assert checking.check(workspace, folder).folders[0].problems == []
    built = build(workspace, tmp_path / "set")
    rows = pl.read_parquet(built.folder / "epoch=*" / "*.parquet")
    low, high = pl.min_horizontal("anchor", "positive"), pl.max_horizontal("anchor", "positive")
    assert set(rows.select(low.alias("a"), high.alias("b")).unique().iter_rows()) <= every - held
    assert checking.check(workspace, built.folder).folders[0].problems == []


def test_a_set_drawn_from_edges_held_out_since_is_told_and_drawn_anew_only_by_force(workspace, tmp_path) -> None:
    built = build(workspace, tmp_path / "set")
    split(workspace, "toy", "edge", "0.9,0,0.1")
    found = checking.check(workspace, built.folder).folders[0]
    assert any("other edges of 'toy' are held out" in note for note in found.notes) and found.problems == []
    with pytest.raises(UsageError, match="--force"):
        build(workspace, tmp_path / "set")


def test_the_same_edges_are_held_out_again_and_others_by_another_seed(workspace) -> None:
    split(workspace, "toy", "edge", "0.9,0,0.1", seed=1)
    first = edges(workspace, "held_out_edges")
    split(workspace, "toy", "edge", "0.9,0,0.1", seed=1)
    assert edges(workspace, "held_out_edges") == first
    split(workspace, "toy", "edge", "0.9,0,0.1", seed=2)
    assert edges(workspace, "held_out_edges") != first


@pytest.mark.parametrize("fractions", ["0.8,0.1", "1", "a,b,c", "0.5,0.6,-0.1", "0.25,0.25,0.25,0.25", "nan,1,0"])
def test_bad_fractions_are_usage(workspace, fractions) -> None:
    with pytest.raises(UsageError, match="summing to 1"):
        split(workspace, "toy", "track", fractions)


def test_what_is_missing_is_told(workspace, tmp_path_factory) -> None:
    with pytest.raises(MissingError, match="no track has a tag of kind mood"):
        split(workspace, "toy", "stratified", "0.8,0.1,0.1", tags="mood")
    with pytest.raises(UsageError, match="way to split"):
        split(workspace, "toy", "genre", "0.8,0.1,0.1")
    bare = tmp_path_factory.mktemp("bare")
    write_source(bare, "toy", [[0, 1]], only={"tracks"})
    with pytest.raises(MissingError, match=r"no table to split by stratified: split it --by track$"):
        split(bare, "toy", "stratified", "0.8,0.1,0.1")
    write_source(bare, "graph", [[0, 1]], only={"tracks", "edges"})
    with pytest.raises(MissingError, match=r"no table to split by artist: split it --by track or --by edge$"):
        split(bare, "graph", "artist", "0.8,0.1,0.1")
    with pytest.raises(MissingError, match="no table edges"):
        split(bare, "toy", "edge", "0.9,0,0.1")
