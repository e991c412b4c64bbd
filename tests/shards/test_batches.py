"""Batches against brute force: every row once, ranks row by row, resumed anywhere, on any number of ranks."""

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.errors import MissingError, UsageError
from pairmine.shards import Batches, Reader
from tests.shards.conftest import TRACKS
from tests.trainer import pair_worlds as worlds


def rows(batches) -> list[list[tuple[int, int]]]:
    return [list(zip(batch.anchor.tolist(), batch.positive.tolist(), strict=True)) for batch in batches]


def stored(reader: Reader, epoch: int) -> list[tuple[int, int]]:
    found = reader.epoch(epoch % reader.epochs)
    return list(zip(found.anchor.tolist(), found.positive.tolist(), strict=True))


def test_the_first_pass_over_an_epoch_is_in_its_order_and_later_ones_are_not(sets) -> None:
    reader = Reader(sets["pairs"])
    batches = Batches(reader, 10, drop_last=False)
    passes = [[row for batch in rows(batches) for row in batch] for _ in range(6)]
    assert batches.epoch == 6 and batches.number == 0
    assert passes[:2] == [stored(reader, 0), stored(reader, 1)]
    for number in range(2, 6):
        assert sorted(passes[number]) == sorted(stored(reader, number)) and passes[number] not in passes[:number]


def test_the_rest_that_fills_no_batch_is_left_out_where_asked_for(sets) -> None:
    reader = Reader(sets["pairs"])
    assert [len(batch) for batch in rows(Batches(reader, 10))] == [10] * 4
    assert [len(batch) for batch in rows(Batches(reader, 10, drop_last=False))] == [10] * 4 + [8]
    assert [len(batch) for batch in rows(Batches(reader, 100))] == [TRACKS]


@settings(max_examples=40)
@given(
    kind=st.sampled_from(["pairs", "fixed"]),
    ranks=st.integers(1, 7),
    epoch=st.integers(0, 5),
    batch=st.integers(7, 20),
    seed=st.integers(0, 2),
)
def test_ranks_share_every_batch_row_by_row(sets, kind, ranks, epoch, batch, seed) -> None:
    reader, size = Reader(sets[kind]), None if kind == "fixed" else batch
    options = {"seed": seed, "drop_last": False}
    one = Batches(reader, size, **options)
    shares = [Batches(reader, size, rank=rank, ranks=ranks, **options) for rank in range(ranks)]
    for each in (one, *shares):
        each.set_epoch(epoch)
    whole, parts = rows(one), [rows(share) for share in shares]
    for number, batch_rows in enumerate(whole):
        even = len(batch_rows) // ranks * ranks
        few = [[batch_rows[rank % len(batch_rows)]] for rank in range(ranks)]
        wanted = [batch_rows[rank:even:ranks] for rank in range(ranks)] if even else few
        assert [part[number] for part in parts] == wanted


@settings(max_examples=60)
@given(
    kind=st.sampled_from(["pairs", "fixed"]),
    wanted=st.sets(st.integers(0, TRACKS - 1)),
    ranks=st.integers(1, 4),
    drop_last=st.booleans(),
)
def test_of_some_tracks_every_rank_has_rows_and_every_epoch_ends(sets, kind, wanted, ranks, drop_last) -> None:
    only = [worlds.key(track) for track in sorted(wanted)]
    left = [[row for row in stored(Reader(sets[kind]), epoch) if wanted.issuperset(row)] for epoch in (0, 1)]
    if not left[0]:
        with pytest.raises(MissingError, match="no row of"):
            Reader(sets[kind], only=only)
        return
    reader, size = Reader(sets[kind], only=only), None if kind == "fixed" else 6
    shares = [Batches(reader, size, rank=rank, ranks=ranks, drop_last=drop_last) for rank in range(ranks)]
    for epoch in (0, 1, 2, 3):
        assert {batches.epoch for batches in shares} == {epoch}
        each_rank = [rows(batches) for batches in shares]
        sizes = [list(map(len, parts)) for parts in each_rank]
        assert sizes == sizes[:1] * ranks and all(sizes[0]) and bool(sizes[0]) == bool(left[epoch % 2])
        assert {row for parts in each_rank for part in parts for row in part} <= set(left[epoch % 2])


def test_an_epoch_of_no_row_is_passed_over(sets) -> None:
    """Two tracks that are paired in epoch 0 and not in epoch 1."""
    reader = Reader(sets["pairs"])
    both = [{frozenset(row) for row in stored(reader, epoch)} for epoch in (0, 1)]
    pair = min(both[0] - both[1], key=sorted)
    batches = Batches(Reader(sets["pairs"], only=[worlds.key(track) for track in pair]), 4)
    found = []
    while batches.epoch < 6:
        found += [batch.epoch for batch in batches]
    assert found == [0, 2, 4]


@settings(max_examples=40)
@given(kind=st.sampled_from(["pairs", "fixed"]), taken=st.integers(0, 25), ranks=st.integers(1, 3))
def test_resumed_anywhere_it_is_as_if_it_had_never_stopped(sets, kind, taken, ranks) -> None:
    reader, size = Reader(sets[kind]), None if kind == "fixed" else 9

    def batches(rank: int) -> Batches:
        return Batches(reader, size, rank=rank, ranks=ranks, seed=3)

    whole = [(b.epoch, b.number, b.anchor.tolist()) for batch in [batches(0)] for _ in range(8) for b in batch]
    stopped, seen = Batches(reader, size, seed=3), 0
    while seen < taken:
        for _ in stopped:
            seen += 1
            if seen == taken:
                break
    state = json.loads(json.dumps(stopped.state_dict()))
    resumed = batches(0)
    resumed.load_state_dict(state)
    rest = [(b.epoch, b.number, b.anchor.tolist()) for _ in range(8 - resumed.epoch) for b in resumed]
    assert rest == whole[taken:]


def test_composed_batches_stay_together_and_change_places(sets) -> None:
    reader = Reader(sets["fixed"])
    assert reader.batch == 10
    composed = [stored(reader, 0)[first : first + 10] for first in range(0, TRACKS, 10)]
    batches = Batches(reader)
    assert rows(batches) == composed
    batches.set_epoch(2)
    again = rows(batches)
    assert again != composed and sorted(again) == sorted(composed)


def test_composed_batches_lose_only_rows_that_are_not_wanted(sets) -> None:
    wanted = [worlds.key(track) for track in range(TRACKS) if track not in (3, 17)]
    whole, some = rows(Batches(Reader(sets["fixed"]))), rows(Batches(Reader(sets["fixed"], only=wanted)))
    assert some == [[row for row in batch if not set(row) & {3, 17}] for batch in whole]
    assert some != whole


def test_targets_come_with_their_rows(sets) -> None:
    for batch in Batches(Reader(sets["vectors"]), 12):
        np.testing.assert_array_equal(batch.vector, Reader(sets["vectors"]).vectors.vectors[batch.anchor])
    for batch in Batches(Reader(sets["labels"]), 12):
        assert batch.label_ids[:, 0].tolist() == (batch.anchor % worlds.GROUPS).tolist()
        assert (batch.weights.sum(1) == 1).all() and (batch.weights[batch.label_ids < 0] == 0).all()
    [batch] = Batches(Reader(sets["triplets"]), TRACKS)
    assert batch.negative.tolist() == ((batch.anchor + 1) % TRACKS).tolist() and batch.vector is None


def test_a_copy_sent_to_a_worker_gives_the_same(sets) -> None:
    batches = Batches(Reader(sets["pairs"]), 10, rank=1, ranks=2, seed=5)
    copy = pickle.loads(pickle.dumps(batches))
    assert copy.get(3, 2).anchor.tolist() == batches.get(3, 2).anchor.tolist()


def test_going_to_the_epoch_under_way_changes_nothing(sets) -> None:
    batches = Batches(Reader(sets["pairs"]), 10)
    next(iter(batches))
    batches.set_epoch(0)
    assert (batches.epoch, batches.number, len(batches)) == (0, 1, 4)
    batches.set_epoch(7)
    assert (batches.epoch, batches.number) == (7, 0)


def test_what_does_not_fit_is_told(sets) -> None:
    pairs, fixed = Reader(sets["pairs"]), Reader(sets["fixed"])
    with pytest.raises(UsageError, match="give the rows of a batch"):
        Batches(pairs)
    with pytest.raises(UsageError, match="composed batches of 10 rows, not 12: leave it out"):
        Batches(fixed, 12)
    for rank, ranks in ((2, 2), (-1, 2), (0, 20)):
        with pytest.raises(UsageError, match=f"rank {rank} of {ranks}"):
            Batches(pairs, 10, rank=rank, ranks=ranks)
    state = Batches(pairs, 10).state_dict()
    with pytest.raises(UsageError, match="its rows is 10, here 12"):
        Batches(pairs, 12).load_state_dict(state)
    with pytest.raises(UsageError, match="other batches: its set is"):
        Batches(Reader(sets["triplets"]), 10).load_state_dict(state)
