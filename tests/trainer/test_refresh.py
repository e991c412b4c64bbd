"""Negatives that keep up, against brute force; runs that are resumed, or have two ranks, read the same ones."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from pairmine.errors import UsageError
from pairmine.shards import Reader
from tests.trainer import pair_worlds as worlds
from tests.trainer import two_ranks
from trainer import refresh
from trainer.features.store import FeatureStore
from trainer.loop import train
from trainer.pair_sets import PairSet

TRACKS, ABSENT = 48, (3, 17)
TRIPLET = ["tasks.0.loss=triplet", "refresh.every=2", "refresh.rank_from=2", "refresh.rank_to=9"]
SETTINGS = [*TRIPLET, "batch=16", "log_every=1", "views.frames=30"]


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("world")
    worlds.write_features(workspace, "musicnn", TRACKS, 60, absent=ABSENT)
    for kind in ("pairs", "triplets"):
        worlds.write_pairs(workspace / "pairs" / kind, kind, TRACKS)
    worlds.write_pairs(workspace / "pairs" / "fixed", "pairs", TRACKS, order="fixed", batch=10)
    return workspace


def run(world: Path, out: Path, kind: str = "pairs", settings=SETTINGS, **options):
    out.mkdir(exist_ok=True)
    features = world / "features" / "musicnn"
    pairs = [str(world / "pairs" / kind)]
    return train(out, pairs, recipe="tiny", features=features, settings=settings, **options)


def losses(folder: Path) -> list[float]:
    found = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [line["loss"] for line in found if line["kind"] == "step"]


def related(pairs: PairSet) -> set[tuple[int, int]]:
    """Return all (track, track) by feature row that are positives in some epoch, have a via in common, or are one."""
    found, of_via = {(int(row), int(row)) for row in pairs.rows}, {}
    for epoch in range(pairs.epochs):
        rows = pairs.epoch(epoch)[0]
        for a, p, via in zip(rows.anchor.tolist(), rows.positive.tolist(), rows.via.tolist(), strict=True):
            found |= {(a, p), (p, a)}
            of_via.setdefault(via, set()).update((a, p))
    return found | {(a, b) for via, members in of_via.items() if via >= 0 for a in members for b in members}


@pytest.mark.parametrize("with_vias", [True, False])
@pytest.mark.parametrize(("rank_from", "rank_to"), [(0, 1), (2, 9), (39, 60), (200, 300)])
def test_nearest_tracks_are_those_of_brute_force(world, monkeypatch, with_vias, rank_from, rank_to) -> None:
    monkeypatch.setattr(refresh, "CELLS", 500)
    pairs = PairSet(world / "pairs" / "pairs", FeatureStore.open(world / "features" / "musicnn"), 30)
    if not with_vias:
        epochs = [pairs.epoch(epoch)[0] for epoch in range(2)]
        bare = [(rows._replace(via=np.full_like(rows.via, -1)), 0) for rows in epochs]
        pairs.epoch = lambda epoch: bare[epoch]
    rows, banned = pairs.rows, related(pairs)
    z_RD = torch.nn.functional.normalize(torch.randn(len(rows), 5, generator=torch.Generator().manual_seed(2)), dim=1)
    nearest, widths = refresh._nearest(z_RD, refresh.Known(pairs, rows), rank_from, rank_to)
    for track, row in enumerate(rows):
        order = sorted(range(len(rows)), key=lambda other, track=track: -float(z_RD[track] @ z_RD[other]))
        left = [other for other in order if (int(row), int(rows[other])) not in banned]
        expected = left[min(rank_from, len(left) - 1) : rank_to]
        assert nearest[track, : widths[track]].tolist() == expected and len(expected) > 0


def test_shares_of_the_tracks_make_up_the_whole(world, monkeypatch) -> None:
    monkeypatch.setattr(refresh, "CELLS", 300)
    pairs = PairSet(world / "pairs" / "pairs", FeatureStore.open(world / "features" / "musicnn"), 30)
    known, count = refresh.Known(pairs, pairs.rows), len(pairs.rows)
    z_RD = torch.nn.functional.normalize(torch.randn(count, 5, generator=torch.Generator().manual_seed(2)), dim=1)
    whole = refresh._nearest(z_RD, known, 2, 9)
    shares = [refresh._nearest(z_RD, known, 2, 9, *bounds) for bounds in ((0, 17), (17, 17), (17, count))]
    for part, found in zip(zip(*shares, strict=True), whole, strict=True):
        np.testing.assert_array_equal(np.concatenate(part), found)


def test_pairs_without_a_negative_are_counted_on_screen(world, tmp_path, monkeypatch, capsys) -> None:
    nearest = refresh._nearest

    def every_other(*given):
        found, widths = nearest(*given)
        return found, widths * (np.arange(len(widths)) % 2)

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "_nearest", every_other)
        run(world, tmp_path, settings=[*SETTINGS, "batch=4", "epochs=1"])
    said = re.search(r"epochs 0 to 1: (\d+) of (\d+) pairs have no negative, left out", capsys.readouterr().err)
    assert 0 < int(said[1]) < int(said[2]) < 2 * TRACKS
    monkeypatch.setattr(refresh, "_nearest", lambda *given: (nearest(*given)[0], 0 * nearest(*given)[1]))
    with pytest.raises(UsageError, match=r"pairs: every track is a positive .* leave refresh\.every out"):
        run(world, tmp_path, name="none")


def test_a_set_where_all_know_all_has_no_negatives() -> None:
    class Everything:
        def of(self, first, last):
            return np.repeat(np.arange(last - first), 4), np.tile(np.arange(4), last - first)

    assert refresh._nearest(torch.randn(4, 3), Everything(), 1, 3)[1].tolist() == [0, 0, 0, 0]


def test_pairs_get_negatives_that_are_near_and_no_positives(world, tmp_path) -> None:
    trained = run(world, tmp_path, settings=[*SETTINGS, "epochs=5"])
    folders = sorted(trained.folder.glob("negatives/*"))
    assert [folder.name for folder in folders] == ["epoch=0000", "epoch=0002", "epoch=0004"]
    pairs = PairSet(world / "pairs" / "pairs", FeatureStore.open(world / "features" / "musicnn"), 30)
    banned = related(pairs)
    for folder in folders:
        found = PairSet(folder, FeatureStore.open(world / "features" / "musicnn"), 30)
        assert found.kind == "triplets" and found.reader.keys == pairs.reader.keys
        for epoch in range(2):
            rows, base = found.epoch(epoch)[0], pairs.epoch(epoch)[0]
            assert {*zip(rows.anchor, rows.positive, strict=True)} == {*zip(base.anchor, base.positive, strict=True)}
            assert not banned & {*zip(rows.anchor.tolist(), rows.negative.tolist(), strict=True)}
    told = [Reader(folder).manifest["parameters"] for folder in folders]
    assert [each["first_epoch"] for each in told] == [0, 2, 4] and told[1]["rank_to"] == 9
    first, later = (Reader(folder).epoch(0) for folder in folders[:2])
    assert (np.sort(first.anchor) == np.sort(later.anchor)).all() and (first.anchor != later.anchor).any()


def test_triplets_keep_their_own_negatives_until_the_first_refresh(world, tmp_path) -> None:
    trained = run(world, tmp_path, "triplets", [*SETTINGS, "epochs=3"])
    assert [folder.name for folder in trained.folder.glob("negatives/*")] == ["epoch=0002"]
    plain = run(world, tmp_path, "triplets", [*SETTINGS, "epochs=3", "refresh.every=0"], name="plain")
    per_epoch = len(losses(plain.folder)) // 3
    assert losses(trained.folder)[: 2 * per_epoch] == losses(plain.folder)[: 2 * per_epoch]
    assert losses(trained.folder)[2 * per_epoch :] != losses(plain.folder)[2 * per_epoch :]


def test_going_on_is_as_if_it_had_never_stopped(world, tmp_path) -> None:
    whole = run(world, tmp_path / "whole", settings=[*SETTINGS, "steps=11"])
    for steps in (1, 4, 5, 6, 9, 11):
        parts = run(world, tmp_path / "parts", settings=[*SETTINGS, f"steps={steps}"], resume=steps > 1)
    assert losses(whole.folder) == losses(parts.folder) and len(losses(whole.folder)) == 11
    sets = [sorted((each.folder / "negatives").rglob("*.parquet")) for each in (whole, parts)]
    assert [path.read_bytes() for path in sets[0]] == [path.read_bytes() for path in sets[1]]


def test_two_ranks_find_what_one_finds(world, tmp_path) -> None:
    settings = [*SETTINGS, "epochs=3", "tasks.0.loss_options={negatives = 'global'}"]
    one = run(world, tmp_path / "one", settings=settings)
    words = [word for setting in settings for word in ("--set", setting)]
    words += ["--pairs", str(world / "pairs" / "pairs"), "--features", str(world / "features" / "musicnn")]
    told = two_ranks.train(*words, "--recipe", "tiny", "-w", str(tmp_path / "two"))
    assert "rows of one rank only" not in told
    two = tmp_path / "two" / "runs" / "tiny"
    first = [Reader(folder / "negatives" / "epoch=0000").epoch(0) for folder in (one.folder, two)]
    np.testing.assert_array_equal(first[0].negative, first[1].negative)
    assert losses(two) == pytest.approx(losses(one.folder), rel=2e-2)


def test_what_cannot_be_refreshed_is_told(world, tmp_path) -> None:
    with pytest.raises(UsageError, match="one set of pairs or triplets in no fixed order"):
        run(world, tmp_path, "fixed")
    with pytest.raises(UsageError, match="rank_from is 9, rank_to 9: the first is the smaller"):
        run(world, tmp_path, settings=[*SETTINGS, "refresh.rank_from=9"])
    with pytest.raises(UsageError, match="negatives, which nt-xent takes none of: leave it out, or --loss triplet"):
        run(world, tmp_path, settings=[*SETTINGS, "tasks.0.loss=nt-xent"])
    with pytest.raises(UsageError, match="triplet learns from triplets"):
        run(world, tmp_path, settings=[*SETTINGS, "refresh.every=0"])
