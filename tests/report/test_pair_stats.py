"""`pairmine stats DIR`: every figure against a plain recount; false negatives against brute force."""

import shutil
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from pairmine import engine, registry, seeding, store
from pairmine.errors import MissingError, UsageError
from pairmine.pairing import build_pairs
from pairmine.report.pair_stats import pair_stats
from pairmine.report.stats import stats
from pairmine.strategies._finish import Finishing
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.conftest import random_playlists
from tests.report.conftest import write_world

BATCH = 16
RELATED = {"co", "tco", "artist-co", "artist", "release", "label", "label-co"}


@pytest.fixture(scope="session", params=registry.names("strategies"))
def strategy(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def pairs(rows, strategy) -> list[tuple]:
    return rows("epoch, anchor, positive, via", "pairs", f"toy-{strategy}")


@pytest.fixture(scope="session")
def figures(world, strategy) -> dict:
    return pair_stats(world, world / "pairs" / f"toy-{strategy}", BATCH).figures


def test_sizes(figures, pairs, rows, strategy) -> None:
    counts = Counter(epoch for epoch, *_ in pairs)
    tracks = {epoch: {t for e, a, p, _ in pairs if e == epoch for t in (a, p)} for epoch in counts}
    whole = len(rows("track_id", "tracks"))
    assert figures["pairs"] == len(pairs)
    assert figures["pairs_per_epoch"] == {
        "min": min(counts.values()),
        "mean": pytest.approx(len(pairs) / len(counts)),
        "max": max(counts.values()),
    }
    negatives = {n for (n,) in rows("negative", "pairs", "toy-triplet")} if strategy == "triplet" else set()
    assert figures["tracks"]["covered"] == len(set.union(negatives, *tracks.values()))
    assert figures["tracks"]["per_epoch"] == pytest.approx(sum(map(len, tracks.values())) / len(tracks))
    assert figures["tracks"]["share_per_epoch"] == pytest.approx(figures["tracks"]["per_epoch"] / whole)
    assert figures["vias"]["distinct"] == len({via for *_, via in pairs} - {None})


def test_repeats(figures, pairs) -> None:
    first: dict[frozenset, int] = {}
    for epoch, anchor, positive, _ in pairs:
        first.setdefault(frozenset((anchor, positive)), epoch)
    repeated = sum(epoch > first[frozenset((anchor, positive))] for epoch, anchor, positive, _ in pairs)
    assert figures["repeated_pairs"] == pytest.approx(repeated / len(pairs))


@pytest.mark.parametrize(("figure", "of"), [("same_artist", "artist"), ("same_album", "release")])
def test_shared_metadata(figures, pairs, rows, figure, of) -> None:
    groups = defaultdict(set)
    for track, group in rows(f"track_id, {of}_id", f"track_{of}s"):
        groups[track].add(group)
    same = sum(bool(groups[anchor] & groups[positive]) for _, anchor, positive, _ in pairs)
    assert figures[figure] == pytest.approx(same / len(pairs))


def test_popularity(figures, pairs, rows) -> None:
    popularity = Counter(track for _, track in set(rows("playlist_id, track_id", "playlist_tracks")))
    roles = {
        "anchor": [popularity[anchor] for _, anchor, _, _ in pairs],
        "positive": [popularity[positive] for _, _, positive, _ in pairs],
        "source": [popularity[track] for (track,) in rows("track_id", "tracks")],
    }
    for role, values in roles.items():
        x = np.sort(np.array(values, float))
        found = figures["popularity"][role]
        gini = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
        assert found["gini"] == pytest.approx(gini)
        assert found["mean"] == pytest.approx(x.mean())
        deciles = [x[max(-(-len(x) * tenth // 10) - 1, 0)] for tenth in range(11)]
        assert [found[f"p{tenth * 10}"] for tenth in range(11)] == deciles


def related(world, strategy, rows) -> dict[int, set]:
    """Return the tracks that may be positives of each, the track itself among them."""
    tracks = [track for (track,) in rows("track_id", "tracks")]
    found = {track: {track} for track in tracks}
    tables = {
        "co": ("playlist_tracks", "playlist_id"),
        "artist-co": ("track_artists", "artist_id"),
        "artist": ("track_artists", "artist_id"),
        "release": ("track_releases", "release_id"),
        "label": ("track_labels", "label_id"),
    }
    if strategy in tables:
        table, column = tables[strategy]
        members = defaultdict(set)
        for group, track in rows(f"{column}, track_id", table):
            members[group].add(track)
        for group in members.values():
            for track in group:
                found[track] |= group
    elif strategy == "label-co":
        partners, _ = registry.load("strategies", strategy).partners(Inputs(world, "toy"), Parameters())
        labels, members = defaultdict(set), defaultdict(set)
        for track, label in rows("track_id, label_id", "track_labels"):
            labels[track].add(label)
            members[label].add(track)
        for track in tracks:
            found[track] |= {t for label in labels[track] for p in partners[label].tolist() for t in members[p]}
    elif strategy == "tco":
        ids, _ = registry.load("strategies", "tco").neighbours(Inputs(world, "toy"), Parameters())
        for track in tracks:
            found[track] |= set(ids[track][ids[track] >= 0].tolist())
    return found


def test_false_negatives(world, strategy, figures, pairs, rows) -> None:
    relation = related(world, strategy, rows)
    anchors = hit_anchors = batches = hit_batches = 0
    for epoch in range(3):
        drawn = [(a, p, -1 if via is None else via) for e, a, p, via in pairs if e == epoch]
        drawn.sort(key=lambda row: (_place(epoch, row[0], row[1]), *row))
        cuts = range(0, len(drawn) // BATCH * BATCH + 1, BATCH)
        for start, end in pairwise(cuts):
            batch = drawn[start:end]
            hits = [
                any(other != place and positive in relation[anchor] for other, (_, positive, _) in enumerate(batch))
                for place, (anchor, _, _) in enumerate(batch)
            ]
            anchors += len(hits)
            hit_anchors += sum(hits)
            batches += 1
            hit_batches += any(hits)
    found = figures["false_negatives"]
    assert (found["epochs"], found["batch_size"]) == (3, BATCH)
    assert (found["anchors"], found["anchors_hit"]) == (anchors, hit_anchors)
    assert (found["batches"], found["batches_hit"]) == (batches, hit_batches)
    assert found["per_anchor"] == pytest.approx(hit_anchors / anchors)
    assert hit_anchors > 0 or strategy not in RELATED
    assert hit_anchors == 0 or strategy not in ("self", "track")


def _place(stream: int, anchor: int, positive: int) -> int:
    """Return sql/catalogue/mix.sql's mix_pair."""
    inner = int(seeding.mix(stream, [anchor])[0])
    return int(seeding.mix32(np.array([positive ^ inner], np.uint64))[0])


def test_fewer_pairs_than_a_batch_are_one_batch(world) -> None:
    found = pair_stats(world, world / "pairs" / "toy-co", 100_000).figures["false_negatives"]
    assert found["batches"] == 3
    assert found["per_batch"] == 1


def test_batches_of_a_composed_set_are_its_own(world, rows, tmp_path) -> None:
    finishing = Finishing(None, 8, "artist")
    build_pairs(world, "toy", "co", parameters=Parameters(seed=3), epochs=1, finishing=finishing, out=tmp_path / "set")
    found = pair_stats(world, tmp_path / "set", BATCH).figures["false_negatives"]
    relation = related(world, "co", rows)
    drawn = list(pl.read_parquet(tmp_path / "set/epoch=0000/*.parquet").select("anchor", "positive").iter_rows())
    batches = [drawn[first : first + 8] for first in range(0, len(drawn), 8)]
    hits = [
        [
            any(n in relation[a] for other, (_, n) in enumerate(batch) if other != place)
            for place, (a, _) in enumerate(batch)
        ]
        for batch in batches
    ]
    assert (found["batch_size"], found["composed"], found["epochs"]) == (8, True, 1)
    assert (found["batches"], found["batches_hit"]) == (len(batches), sum(map(any, hits)))
    assert (found["anchors"], found["anchors_hit"]) == (len(drawn), sum(map(sum, hits)))


def test_what_is_left_out_is_words_in_print_and_counts_in_json(tmp_path) -> None:
    write_world(tmp_path, "toy", [[0, 1], [2, 3, 4, 5]])
    build_pairs(tmp_path, "toy", "co", parameters=Parameters(), epochs=1, finishing=Finishing("1-2"))
    found = stats(tmp_path, "toy-co")
    assert found.as_dict()["left_out"] == {"without_negative": 1, "without_place": 0}
    assert "left out           1 pair whose anchor has no partner of ranks 1-2\n" in str(found)
    out, finishing = tmp_path / "set", Finishing(batch=2, exclusive="label")
    build_pairs(tmp_path, "toy", "co", parameters=Parameters(), epochs=1, out=out, finishing=finishing)
    found = stats(tmp_path, str(out)).as_dict()
    assert found["left_out"] == {"without_negative": 0, "without_place": 2}
    assert "left_out" not in found["batches"]


def test_the_paper_stands_beside(figures, strategy) -> None:
    rule = registry.load("strategies", strategy)
    if rule.PAPER_PAIRS is None:
        assert figures["paper"] is None
        return
    tracks = 3_300_000 if rule.PAPER.startswith("discogs-2022") else 1_779_072
    assert figures["paper"]["pairs"] == rule.PAPER_PAIRS
    assert figures["paper"]["pairs_per_track"] == pytest.approx(rule.PAPER_PAIRS / tracks)


def test_diversity_counts_all_that_is_attached_to_the_tracks_used(figures, pairs, rows, strategy) -> None:
    used = {track for _, anchor, positive, _ in pairs for track in (anchor, positive)}
    used |= {n for (n,) in rows("negative", "pairs", "toy-triplet")} if strategy == "triplet" else set()
    expected = {"tracks": len(used)}
    for of in ("release", "artist", "label"):
        attached = rows(f"track_id, {of}_id", f"track_{of}s")
        expected[f"{of}s"] = len({group for track, group in attached if track in used})
    assert figures["diversity"] == expected


def test_table_1_of_the_paper_stands_beside(world) -> None:
    found = pair_stats(world, world / "pairs" / "toy-label")
    assert f"142,000 labels attached to the tracks used; here {found.figures['diversity']['labels']:,}" in str(found)
    assert "1,100,000" in str(found)


def test_a_set_without_its_source_says_what_is_missing(world, tmp_path, pairs, strategy, figures) -> None:
    alone = tmp_path / "set"
    shutil.copytree(world / "pairs" / f"toy-{strategy}", alone)
    found = stats(tmp_path / "nowhere", str(alone))
    assert found.figures["pairs"] == len(pairs)
    assert found.figures["repeated_pairs"] == figures["repeated_pairs"]
    for name in ("same_artist", "same_album", "popularity", "false_negatives"):
        assert found.figures[name] is None
    assert "source 'toy' is not in workspace" in str(found)
    assert not (tmp_path / "nowhere").exists()


def test_a_source_ingested_anew_is_not_mixed_with_old_pairs(tmp_path) -> None:
    write_world(tmp_path, "toy", random_playlists(50, 100, seed=1))
    build_pairs(tmp_path, "toy", "co", parameters=Parameters(), epochs=1)
    write_world(tmp_path, "toy", random_playlists(50, 100, seed=3))
    found = stats(tmp_path, "toy-co")
    assert found.figures["same_artist"] is None
    assert "ingested anew" in found.missing[0]


def test_excluded_tracks_are_no_false_negatives(tmp_path) -> None:
    write_world(tmp_path, "toy", random_playlists(80, 200, seed=4))
    (tmp_path / "out").write_text("t000000\nt000001\nt000002\n")
    build_pairs(
        tmp_path, "toy", "tco", parameters=Parameters(), epochs=2, restrictions=Restrictions(exclude=tmp_path / "out")
    )
    folder = tmp_path / "pairs" / "toy-tco"
    rule = registry.load("strategies", "tco")
    inputs = Inputs(tmp_path, "toy")
    inputs.excluded = np.arange(3, dtype=np.int32)
    ids, _ = rule.neighbours(inputs, Parameters())
    with engine.open_pairs(tmp_path, folder) as connection:
        drawn = connection.execute("select epoch, anchor, positive from pairs").fetchall()
    assert store.read_manifest(folder)["epochs"] == 2
    hits = 0
    for epoch in range(2):
        own = [(a, p) for e, a, p in drawn if e == epoch]
        hits += sum(any(q != p and q in ids[a] for _, q in own) for a, p in own)
    assert stats(tmp_path, "toy-tco", 100_000).figures["false_negatives"]["anchors_hit"] == hits


def test_names_folders_and_what_is_neither(world, tmp_path) -> None:
    assert stats(world, "toy-co").figures["pairs"] == stats(world, str(world / "pairs" / "toy-co")).figures["pairs"]
    assert stats(world, str(world / "catalogue" / "toy")).as_dict() == stats(world, "toy").as_dict()
    with pytest.raises(UsageError, match="did you mean 'toy-co'"):
        stats(world, "toy-c")
    with pytest.raises(MissingError, match="pairmine ingest"):
        stats(tmp_path, "toy")
    shutil.copytree(world / "catalogue" / "toy", tmp_path / "copied")
    with pytest.raises(MissingError, match="copied is a source outside of a workspace"):
        stats(world, str(tmp_path / "copied"))
