"""Targets: vectors and labels beside the pairs of every track with itself."""

import sys
from collections import Counter

import numpy as np
import polars as pl
import pytest

from pairmine import catalogue, checking, pairing
from pairmine.errors import InputError, MissingError, UsageError
from pairmine.splits import split
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.worlds import table, write_source

PACKAGES = {"gensim": "gensim", "wmf": "implicit", "warp": "lightfm"}


def build(workspace, strategy: str, out, **parameters) -> pairing.Built:
    return pairing.build_pairs(workspace, "toy", strategy, parameters=Parameters(**parameters), out=out, threads=1)


def read(built: pairing.Built, name: str) -> pl.DataFrame:
    return pl.read_parquet(built.folder / f"{name}.parquet")


def test_w2v_gives_every_track_of_a_playlist_a_vector(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, "w2v", tmp_path / "set", dimensions=16, iterations=2)
    targets = read(built, "targets")
    entries = pl.read_parquet(toy_workspace / "catalogue" / "toy" / "playlist_tracks" / "*.parquet")
    assert targets["track_id"].to_list() == sorted(set(entries["track_id"]))
    vectors = np.array(targets["vector"].to_list())
    assert vectors.shape[1] == 16
    assert np.isfinite(vectors).all()
    assert built.manifest["parameters"]["trainer"] == "kernel"


def neighbours_in_taste(vectors: np.ndarray, tracks: np.ndarray) -> float:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    nearest = np.argsort(-cosine, axis=1)[:, :5]
    return float((tracks[nearest] // 25 == tracks[:, None] // 25).mean())


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        ("w2v", {"dimensions": 16, "iterations": 40}),
        ("w2v", {"dimensions": 16, "iterations": 40, "trainer": "gensim"}),
        ("cf", {"dimensions": 16, "iterations": 15, "trainer": "wmf"}),
        ("cf", {"dimensions": 16, "iterations": 15, "trainer": "warp"}),
    ],
    ids=str,
)
def test_planted_tastes_come_back(tmp_path, strategy, parameters) -> None:
    """Eight tastes of 25 tracks; chance is 0.12."""
    pytest.importorskip(
        {"gensim": "gensim", "wmf": "implicit", "warp": "lightfm"}.get(parameters.get("trainer"), "numpy")
    )
    rng = np.random.default_rng(0)
    playlists = [(taste * 25 + rng.permutation(25)[:8]).tolist() for taste in rng.integers(0, 8, 1200)]
    write_source(tmp_path, "toy", playlists)
    targets = read(build(tmp_path, strategy, tmp_path / "set", **parameters), "targets")
    vectors = np.array(targets["vector"].to_list())
    assert vectors.shape[1] == 16 + (parameters.get("trainer") == "warp")
    assert neighbours_in_taste(vectors[:, :16], targets["track_id"].to_numpy()) > 0.8


def test_style_labels_are_the_tags(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, "labels", tmp_path / "set", tags="style", top=4)
    names = read(built, "vocabulary")
    tags = pl.read_parquet(toy_workspace / "catalogue" / "toy" / "track_tags" / "*.parquet")
    styles = tags.filter(pl.col("kind") == "style")
    counts = Counter(styles["tag"])
    most = sorted(counts, key=lambda tag: (-counts[tag], tag.encode()))[:4]
    assert names["label"].to_list() == sorted(most, key=str.encode)
    assert names["count"].to_list() == [counts[label] for label in names["label"]]
    expected = {
        (row["track_id"], names["label"].to_list().index(row["tag"])) for row in styles.to_dicts() if row["tag"] in most
    }
    targets = read(built, "targets")
    assert {(row["track_id"], label) for row in targets.to_dicts() for label in row["label_ids"]} == expected
    assert all(sum(weights) == pytest.approx(1) for weights in targets["weights"])


def n_grams(text: str, longest: int) -> set[str]:
    words = text.lower().split()
    return {" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words) - n + 1)}


def test_word_labels_are_n_grams_of_titles_and_tags(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, "labels", tmp_path / "set", tags="words", longest=2, top=10_000)
    tags = pl.read_parquet(toy_workspace / "catalogue" / "toy" / "track_tags" / "*.parquet")
    labels = read(built, "vocabulary")["label"].to_list()
    found = {row["track_id"]: {labels[i] for i in row["label_ids"]} for row in read(built, "targets").to_dicts()}
    own = {tag for tag, track in zip(tags["tag"], tags["track_id"], strict=True) if track == 7}
    assert found[7] == n_grams("Title 7", 2).union(*(n_grams(tag, 2) for tag in own))


def test_genre_keeps_the_commonest_genres_and_learns_a_vector_each(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, "genre", tmp_path / "set", dimensions=8, iterations=2, longest=1)
    vocabulary, targets = read(built, "vocabulary"), read(built, "targets")
    assert {len(ids) for ids in targets["label_ids"]} == {1}
    assert set(vocabulary["label"]) == {"genre 5", "genre 6"}  # two genres shared by half of the tracks each
    assert {len(vector) for vector in vocabulary["vector"]} == {8}


def test_senses_are_told_apart_by_the_cluster_of_the_graph(tmp_path) -> None:
    """Two groups of listeners, one word: 'devotional' in either is a label of its own."""
    pytest.importorskip("implicit")
    write_source(tmp_path, "toy", [list(range(40))])
    edges = [(a, b) for half in (0, 20) for a in range(half, half + 20) for b in range(a + 1, half + 20)]
    rows = [{"track_a": a, "track_b": b, "count": 5} for a, b in edges]
    catalogue.add(tmp_path, "toy", "edges", table("edges", rows), {})
    tags = [{"track_id": t, "kind": "tag", "tag": "devotional"} for t in range(40)]
    catalogue.add(tmp_path, "toy", "track_tags", table("track_tags", tags), {})
    built = build(tmp_path, "labels", tmp_path / "set", tags="tag", clusters=2)
    vocabulary, targets = read(built, "vocabulary"), read(built, "targets")
    assert vocabulary["label"].to_list() == ["0_devotional", "1_devotional"]
    assert vocabulary["count"].to_list() == [20, 20]
    of_track = [ids[0] for ids in targets["label_ids"].to_list()]
    assert len(set(of_track[:20])) == len(set(of_track[20:])) == 1
    assert of_track[0] != of_track[20]


def test_a_cluster_has_the_same_number_in_every_split(tmp_path) -> None:
    pytest.importorskip("implicit")
    write_source(tmp_path, "toy", [list(range(60))])
    edges = [(a, b) for part in (0, 20, 40) for a in range(part, part + 20) for b in range(a + 1, part + 20)]
    rows = [{"track_a": a, "track_b": b, "count": 5} for a, b in edges]
    catalogue.add(tmp_path, "toy", "edges", table("edges", rows), {})
    tags = [{"track_id": t, "kind": "tag", "tag": "devotional"} for t in range(60)]
    catalogue.add(tmp_path, "toy", "track_tags", table("track_tags", tags), {})
    split(tmp_path, "toy", "track", "0.5,0,0.5")
    label_of: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
    for name in ("train", "test"):
        restrictions, out = Restrictions(split=name), tmp_path / name
        chosen = Parameters(tags="tag", clusters=3)
        built = pairing.build_pairs(tmp_path, "toy", "labels", parameters=chosen, restrictions=restrictions, out=out)
        labels = read(built, "vocabulary")["label"].to_list()
        for track, ids in read(built, "targets").select("track_id", "label_ids").iter_rows():
            label_of[track // 20].add(labels[ids[0]])
    assert all(len(labels) == 1 for labels in label_of.values())
    assert len(set.union(*label_of.values())) == 3


def test_titles_alone_make_labels_where_a_source_has_no_tags(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2]], only={"tracks", "playlists", "playlist_tracks"})
    built = build(tmp_path, "labels", tmp_path / "set")
    assert set(read(built, "vocabulary")["label"]) == {"title", "0", "1", "2", "title 0", "title 1", "title 2"}


def test_without_lightfm_its_extra_and_the_other_trainer_are_named(toy_workspace, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "lightfm", None)
    with pytest.raises(MissingError, match=r"`pip install 'pairmine\[warp\]'`, or pass --trainer wmf"):
        build(toy_workspace, "cf", tmp_path / "set")


def test_what_cannot_be_is_told(toy_workspace, tmp_path) -> None:
    with pytest.raises(InputError, match="no track has a label"):
        build(toy_workspace, "labels", tmp_path / "set", tags="mood")
    with pytest.raises(UsageError, match="trainer of w2v"):
        build(toy_workspace, "w2v", tmp_path / "set", trainer="word2vec")
    with pytest.raises(UsageError, match="--tags means nothing"):
        build(toy_workspace, "w2v", tmp_path / "set", tags="style")
    with pytest.raises(UsageError, match="it starts at 1"):
        build(toy_workspace, "w2v", tmp_path / "set", dimensions=-1)
    bare = tmp_path / "bare"
    write_source(bare, "toy", [[0, 1]], only={"tracks", "playlists", "playlist_tracks"})
    with pytest.raises(MissingError, match="track_tags"):
        build(bare, "labels", tmp_path / "set", tags="style")


def test_a_set_of_targets_is_checked(toy_workspace, tmp_path) -> None:
    built = build(toy_workspace, "labels", tmp_path / "set", tags="style")
    assert checking.check(toy_workspace, built.folder).folders[0].problems == []
    damaged = bytearray((built.folder / "targets.parquet").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (built.folder / "targets.parquet").write_bytes(damaged)
    [problem] = checking.check(toy_workspace, built.folder).folders[0].problems
    assert "targets.parquet" in problem


def test_nearest_is_exact_for_few_and_close_for_many(monkeypatch) -> None:
    pytest.importorskip("faiss")
    from pairmine.strategies import w2v_pairs

    centres = np.random.default_rng(0).normal(size=(40, 8))
    rows = (np.repeat(centres, 25, axis=0) + 0.3 * np.random.default_rng(1).normal(size=(1000, 8))).astype(np.float32)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    expected = np.sort(cosine, axis=1)[:, :-6:-1]
    np.testing.assert_allclose(w2v_pairs.nearest(rows, 5, 1).scores, expected, atol=1e-5)
    monkeypatch.setattr(w2v_pairs, "SMALL", 100)
    assert (w2v_pairs.nearest(rows, 5, 2).scores >= expected - 1e-5).mean() > 0.95


def test_equal_vectors_never_give_a_track_itself() -> None:
    pytest.importorskip("faiss")
    from pairmine.strategies import w2v_pairs

    found = w2v_pairs.nearest(np.ones((30, 4), np.float32), 3, 1).ids
    assert found.shape == (30, 3)
    assert not (found == np.arange(30)[:, None]).any()
