"""Batches against brute force; what they depend on; what damaged or missing data get."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.errors import DamagedError, MissingError
from tests.trainer import pair_worlds as worlds
from trainer.data import Batch, Stream, epoch_batches
from trainer.features.store import FeatureStore
from trainer.loader import Loader
from trainer.pair_sets import PairSet
from trainer.recipe import Views

TRACKS, FRAMES, ABSENT = 48, 40, (3, 17)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A store without two tracks, and a pair set of every kind."""
    workspace = tmp_path_factory.mktemp("world")
    features = FeatureStore.open(worlds.write_features(workspace, "musicnn", TRACKS, 200, absent=ABSENT))
    kinds = {
        kind: worlds.write_pairs(workspace / kind, kind, TRACKS) for kind in ("pairs", "triplets", "vectors", "labels")
    }
    kinds["self"] = worlds.write_pairs(workspace / "self", "pairs", TRACKS, strategy="self")
    kinds["fixed"] = worlds.write_pairs(workspace / "fixed", "pairs", TRACKS, order="fixed", batch=10)
    return features, kinds


def stream(world, *kinds: str, **options) -> Stream:
    features, folders = world
    sets = [PairSet(folders[kind], features, options.pop("least", FRAMES)) for kind in kinds]
    return Stream(sets, features, **{"spec": Views(), "frames": FRAMES, "batch": 12} | options)


def drawn(world, kind: str, epoch: int) -> list[tuple[int, int]]:
    """Return the pairs of an epoch as track numbers, by the way they were made, those with features."""
    matches = worlds._matches(
        "triplets" if kind == "triplets" else "pairs", TRACKS, epoch, "self" if kind == "self" else "co"
    )
    columns = [matches.anchor, matches.positive] + ([matches.negative] if kind == "triplets" else [])
    return [row for row in zip(*(c.tolist() for c in columns), strict=True) if not set(row) & set(ABSENT)]


def numbers(world, rows) -> list[int]:
    return [int(str(world[0].keys[int(row)])[1:]) for row in rows]


def equal(a: Batch, b: Batch) -> bool:
    for name, value in vars(a).items():
        other = getattr(b, name)
        if isinstance(value, torch.Tensor) and not torch.equal(value, other):
            return False
    return all(torch.equal(a.changes[name], b.changes[name]) for name in a.changes or {})


@pytest.mark.parametrize("kind", ["pairs", "triplets", "self"])
def test_an_epoch_has_every_pair_that_has_features_once_in_the_order_of_the_set(world, kind) -> None:
    found = stream(world, kind, drop_last=False, view_count=3)
    for epoch in range(2):
        batches = [found.rows(epoch, number)[0] for number in range(found.batches(epoch))]
        views = np.concatenate([batch.views(3) for batch in batches], axis=1)
        expected = drawn(world, kind, epoch)
        assert list(zip(*(numbers(world, view) for view in views), strict=True)) == expected
        assert found.dropped(epoch) == TRACKS - len(expected) > 0
        assert all(len(batch.anchor) == 12 for batch in batches[:-1])


def test_a_later_epoch_reads_the_pairs_of_its_pair_epoch_in_another_order(world) -> None:
    found = stream(world, "pairs", drop_last=False)
    orders = [np.concatenate([found.rows(e, b)[0].anchor for b in range(found.batches(e))]) for e in (0, 2, 4)]
    assert found.pair_epoch(2) == found.pair_epoch(4) == 0 and found.pair_epoch(5) == 1
    assert all((np.sort(order) == np.sort(orders[0])).all() for order in orders)
    assert len({order.tobytes() for order in orders}) == 3


def test_patches_are_those_of_their_tracks_and_lie_inside(world) -> None:
    features, found = world[0], stream(world, "pairs")
    batch, rows = found.get(1, 0), found.rows(1, 0)[0].views(2)
    for view in range(2):
        for place, row in enumerate(rows[view]):
            mel, patch = np.asarray(features.mel(int(row))), batch.mel_VBFT[view, place].numpy()
            starts = [s for s in range(mel.shape[1] - FRAMES + 1) if (mel[:, s] == patch[:, 0]).all()]
            assert len(starts) == 1 and (mel[:, starts[0] : starts[0] + FRAMES] == patch).all()


def offsets(world, batch: Batch, rows: np.ndarray) -> np.ndarray:
    """Return where the patches of a batch begin."""
    found = np.empty(batch.mel_VBFT.shape[:2], int)
    for view, place in np.ndindex(found.shape):
        mel = np.asarray(world[0].mel(int(rows[view, place])))
        [found[view, place]] = np.flatnonzero((batch.mel_VBFT[view, place, :, 0].numpy() == mel.T).all(1))
    return found


@pytest.mark.parametrize("pairing", ["same", "adjacent", "random"])
def test_two_views_of_one_track_are_cut_as_the_recipe_says(world, pairing) -> None:
    found = stream(world, "self", spec=Views(pairing=pairing, gap_seconds=0.5))
    first, second = offsets(world, found.get(0, 0), found.rows(0, 0)[0].views(2))
    gap = round(0.5 * 16_000 / 256)
    steps = {"same": {0}, "adjacent": {FRAMES + gap}}.get(pairing)
    apart = set((second - first).tolist())
    assert apart == steps if steps else len(apart) > 6
    assert len(set(first.tolist())) > 6


@pytest.mark.parametrize("pairing", ["same", "adjacent"])
def test_pairs_of_two_tracks_are_cut_apart_whatever_the_recipe_says(world, pairing) -> None:
    found = stream(world, "pairs", spec=Views(pairing=pairing))
    first, second = offsets(world, found.get(0, 0), found.rows(0, 0)[0].views(2))
    assert len(set((second - first).tolist())) > 6


def test_what_is_mixed_in_is_another_row_of_the_whole_batch(world) -> None:
    found = stream(world, "pairs", spec=Views(mix=[5, 2]))
    whole = found.get(0, 0)
    for rank in range(3):
        part = found.get(0, 0, rank, 3)
        assert torch.equal(part.mel_VBFT, whole.mel_VBFT[:, rank::3])
        assert torch.equal(part.changes["mix"], whole.changes["mix"][:, rank::3])
        assert torch.equal(part.other_VBFT, whole.other_VBFT[:, rank::3])
    for place in range(12):
        same = [o for o in range(12) if torch.equal(whole.other_VBFT[:, place], whole.mel_VBFT[:, o])]
        assert len(same) == 1 and same != [place]


@settings(max_examples=30)
@given(ranks=st.integers(1, 5), epoch=st.integers(0, 5), number=st.integers(0, 8), batch=st.integers(5, 20))
def test_ranks_share_a_batch_row_by_row(world, ranks, epoch, number, batch) -> None:
    found = stream(world, "pairs", batch=batch, groups="via")
    whole, groups = found.rows(epoch, number)
    parts = [found.get(epoch, number, rank, ranks) for rank in range(ranks)]
    even = len(whole.anchor) // ranks * ranks
    for rank, part in enumerate(parts):
        assert part.rows_B.tolist() == whole.anchor[rank:even:ranks].tolist()
        assert part.groups_B.tolist() == groups[rank:even:ranks].tolist()


def test_composed_batches_stay_as_they_are(world) -> None:
    found = stream(world, "fixed")
    assert found.batch == 10 and found.batches(0) == 5 and "composed" in found.warnings()[0]
    composed = [{row[0] for row in rows} for rows in _tens(worlds._matches("pairs", TRACKS, 0, "co"))]
    for epoch in (0, 2):
        batches = [numbers(world, found.rows(epoch, number)[0].anchor) for number in range(5)]
        ours = [next(i for i, c in enumerate(composed) if set(batch) <= c) for batch in batches]
        assert sorted(ours) == list(range(5)) and (ours == sorted(ours)) == (epoch == 0)
        assert sum(map(len, batches)) == len(drawn(world, "pairs", 0))


def _tens(matches):
    rows = list(zip(matches.anchor.tolist(), matches.positive.tolist(), strict=True))
    return [rows[first : first + 10] for first in range(0, len(rows), 10)]


def test_targets_are_those_of_the_tracks_and_missing_ones_are_masked(world, tmp_path) -> None:
    half = worlds.write_pairs(tmp_path / "half", "vectors", TRACKS // 2)
    features, folders = world
    sets = [PairSet(folders["labels"], features, FRAMES), PairSet(half, features, FRAMES)]
    found = Stream(sets, features, spec=Views(), frames=FRAMES, batch=100, view_count=1)
    batch = found.get(0, 0)
    tracks = numbers(world, batch.rows_B)
    assert sorted(tracks) == [t for t in range(TRACKS) if t not in ABSENT]
    vectors = sets[1].vectors.vectors
    for place, track in enumerate(tracks):
        ids, weights = batch.label_ids_BL[place].tolist(), batch.weights_BL[place].tolist()
        group = track % worlds.GROUPS
        assert (ids, weights) == (([group, -1], [1.0, 0.0]) if track % 2 else ([group, worlds.GROUPS], [0.5, 0.5]))
        assert batch.has_vector_B[place].item() == (track < TRACKS // 2) and batch.has_labels_B[place]
        expected = vectors[track] if track < TRACKS // 2 else np.zeros(5)
        np.testing.assert_array_equal(batch.vector_BD[place].numpy(), expected)


def test_batches_depend_on_seed_epoch_and_number_alone(world) -> None:
    spec = Views(mix=[5, 2], augment=["noise", "stretch"])
    one, other = (stream(world, "pairs", spec=spec) for _ in range(2))
    later = other.get(1, 2)
    [one.get(0, number) for number in range(3)]
    assert equal(one.get(1, 2), later) and not equal(one.get(1, 1), later)
    assert not equal(stream(world, "pairs", spec=spec, seed=1).get(1, 2), later)


def test_a_batch_of_fewer_rows_than_ranks_gives_every_rank_one(world) -> None:
    found = stream(world, "fixed", batch=10)
    last = found.batches(0) - 1
    whole = found.get(0, last)
    count, ranks = len(whole.rows_B), 16
    assert 0 < count < ranks
    for rank in range(ranks):
        part = found.get(0, last, rank, ranks)
        assert part.rows_B.tolist() == [whole.rows_B[rank % count]]
        assert torch.equal(part.mel_VBFT[:, 0], whole.mel_VBFT[:, rank % count])


def test_validation_crops_are_the_same_in_every_epoch_and_unchanged(world) -> None:
    found = stream(world, "self", spec=Views(mix=[5, 2], augment=["noise"]), still=True)
    batch = found.get(0, 1)
    assert batch.changes is None and batch.other_VBFT is None and equal(found.get(0, 1), batch)


def test_a_loader_begun_in_the_middle_yields_the_next_batches(world) -> None:
    streams = {("pairs",): stream(world, "pairs"), ("labels",): stream(world, "labels", view_count=1)}
    count = epoch_batches(streams, 0)
    whole = list(Loader(streams).epoch(0, 0, count))
    rest = list(Loader(streams).epoch(0, 2, count))
    assert [number for number, _ in rest] == list(range(2, count)) and len(whole) == count
    for (_, before), (_, after) in zip(whole[2:], rest, strict=True):
        assert all(equal(before[roles], after[roles]) for roles in streams)


def test_a_shorter_stream_is_passed_over_again_in_another_order(world) -> None:
    found = stream(world, "pairs")
    count = found.batches(0)
    passes = [[found.rows(0, start + b)[0].anchor for b in range(count)] for start in (0, count)]
    first, second = (np.concatenate(batches) for batches in passes)
    assert (first != second).any() and len(np.intersect1d(first, second)) > TRACKS // 2


def test_what_goes_wrong_in_the_background_is_told_and_the_thread_ends(world) -> None:
    found = stream(world, "pairs")
    found.features = None
    with pytest.raises(AttributeError):
        list(Loader({("pairs",): found}).epoch(0, 0, 2))
    loader = Loader({("pairs",): stream(world, "pairs")}).epoch(0, 0, 3)
    next(loader)
    loader.close()


def test_tracks_too_short_are_counted_and_left_out(world) -> None:
    features = world[0]
    least = int(np.sort(features.frames)[len(features) // 2])
    found = PairSet(world[1]["pairs"], features, least)
    short = int((features.frames < least).sum())
    assert (found.tracks, found.without_features, found.too_short) == (TRACKS, len(ABSENT), short)
    assert (features.frames[found.epoch(0)[0].views(2)] >= least).all()


def test_missing_and_damaged_sets_are_told(world, tmp_path) -> None:
    features = world[0]
    with pytest.raises(MissingError, match=r"48 tracks are not in it.* pairs is 't0.*, of the features '.*--key-map"):
        PairSet(world[1]["pairs"], replace_keys(features), FRAMES)
    with pytest.raises(MissingError, match="under 100000 frames"):
        PairSet(world[1]["pairs"], features, 100_000)
    with pytest.raises(MissingError, match="holds no manifest"):
        PairSet(tmp_path, features, FRAMES)
    with pytest.raises(MissingError, match="is no pair set"):
        PairSet(features.folder, features, FRAMES)
    damaged = worlds.write_pairs(tmp_path / "damaged")
    part = damaged / "epoch=0001" / "part-00000.parquet"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    found = PairSet(damaged, features, FRAMES)
    with pytest.raises(DamagedError, match=r"part-00000\.parquet differs from its checksum"):
        found.epoch(1)
    part.unlink()
    with pytest.raises(DamagedError, match=r"part-00000\.parquet is missing"):
        found.epoch(1)


def replace_keys(features: FeatureStore) -> FeatureStore:
    """Return a store of other tracks."""
    import pyarrow as pa

    other = FeatureStore.open(features.folder)
    other.keys = pa.array([f"x{number}" for number in range(len(features))])
    return other
