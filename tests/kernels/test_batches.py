"""Composed batches: nothing shared within one, nothing lost that fits, the same every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels.batches import OPEN, ROUNDS, compose
from pairmine.kernels.groups import Groups


def marks_of(lists: list[list[int]]) -> Groups:
    members = np.array([mark for marks in lists for mark in marks], np.int32)
    return Groups(np.cumsum([0, *map(len, lists)]).astype(np.int64), members)


def batches_of(pairs, lists, batch) -> tuple[list[list[int]], int]:
    anchor, positive = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    order, moved = compose(anchor, positive, marks_of(lists), 1 + max(map(max, filter(None, lists)), default=0), batch)
    return [order[i : i + batch].tolist() for i in range(0, order.size, batch)], moved


TRACKS = st.lists(st.lists(st.integers(0, 12), unique=True, max_size=3), min_size=2, max_size=30)


@given(TRACKS, st.integers(2, 6), st.data())
def test_no_batch_holds_two_pairs_that_share_a_mark(lists, batch, data) -> None:
    track = st.integers(0, len(lists) - 1)
    pairs = data.draw(st.lists(st.tuples(track, track), min_size=1, max_size=60))
    batches, _ = batches_of(pairs, lists, batch)
    placed = [pair for one in batches for pair in one]
    assert len(placed) == len(set(placed))
    for one in batches:
        marks = [set(lists[pairs[pair][0]]) | set(lists[pairs[pair][1]]) for pair in one]
        assert sum(map(len, marks)) == len(set().union(*marks))
    assert all(len(one) == batch for one in batches[:-1])
    assert placed


def composed(pairs, lists, batch) -> tuple[list[int], int]:
    """Do the same slowly, with sets; return the order, and how many are not in the batch next in turn."""
    marks = [set(lists[a]) | set(lists[b]) for a, b in pairs]
    slots = [[] for _ in range(max(1, min(OPEN, len(pairs) // batch + 1)))]
    ages, order, moved = list(range(len(slots))), [], set()

    def place(pair, chosen) -> bool:
        fitting = [s for s in chosen if not any(marks[pair] & marks[other] for other in slots[s])]
        if not fitting or min(fitting, key=ages.__getitem__) != ages.index(min(ages)):
            moved.add(pair)
        if fitting:
            slots[slot := min(fitting, key=ages.__getitem__)].append(pair)
            if len(slots[slot]) == batch:
                order.extend(slots[slot])
                slots[slot], ages[slot] = [], max(ages) + 1
        return bool(fitting)

    waiting, tried = list(range(len(pairs))), -1
    for _ in range(ROUNDS):
        tried, waiting = len(waiting), [pair for pair in waiting if not place(pair, range(len(slots)))]
        if len(waiting) in (0, tried):
            break
    while len(filled := [s for s in range(len(slots)) if slots[s]]) > 1:
        last = min(filled, key=lambda s: len(slots[s]))
        spread, slots[last] = slots[last], []
        for pair in spread:
            moved.add(pair)
            place(pair, [s for s in filled if slots[s]])
    order += [pair for s in filled for pair in slots[s]]
    return order, len(moved & set(order))


@given(TRACKS, st.integers(2, 6), st.data())
def test_order_and_moved_are_those_of_the_definition(lists, batch, data) -> None:
    track = st.integers(0, len(lists) - 1)
    pairs = data.draw(st.lists(st.tuples(track, track), min_size=1, max_size=60))
    batches, moved = batches_of(pairs, lists, batch)
    assert ([pair for one in batches for pair in one], moved) == composed(pairs, lists, batch)


def test_pairs_without_marks_stay_where_they_are() -> None:
    batches, moved = batches_of([(i, i) for i in range(10)], [[] for _ in range(10)], 4)
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert moved == 0


def test_all_fits_that_can() -> None:
    """Twenty marks with five pairs each make five batches of twenty."""
    lists = [[track // 5] for track in range(100)]
    order = np.random.default_rng(0).permutation(100)
    batches, moved = batches_of([(t, t) for t in order], lists, 20)
    assert sum(map(len, batches)) >= 95
    assert moved > 0


@pytest.mark.parametrize("batch", [2, 10])
def test_one_mark_everywhere_leaves_one_pair_a_batch(batch) -> None:
    lists = [[0] for _ in range(30)]
    batches, moved = batches_of([(t, t) for t in range(30)], lists, batch)
    assert batches == [[batches[0][0]]]
    assert moved <= 1, "29 are left out, not moved"


def test_a_hot_mark_is_in_every_batch_once() -> None:
    """A tenth of a thousand pairs by one artist, batches of 20: half of them fit, and the batches stay full."""
    rng = np.random.default_rng(1)
    lists = [[0] if rng.random() < 0.1 else [track + 1] for track in range(1000)]
    batches, _ = batches_of([(t, t) for t in range(1000)], lists, 20)
    hot = [sum(lists[pair] == [0] for pair in one) for one in batches]
    assert max(hot) == 1
    assert sum(hot) >= len(batches) - 2
    assert len(batches) >= 45
