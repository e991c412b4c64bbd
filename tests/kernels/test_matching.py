import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.kernels import groups, matching
from tests.kernels import oracles

TRACKS = 20
LISTS = st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=12), max_size=15)
STREAMS = st.integers(0, 2**63 - 1)


@settings(max_examples=300, deadline=None)
@given(LISTS, STREAMS, STREAMS, st.booleans())
def test_groups_are_paired_as_by_the_plain_algorithm(lists, visit, shuffle, pool) -> None:
    distinct = groups.distinct(oracles.groups_of(lists), np.ones(TRACKS, np.bool_))
    matches = matching.pair_groups(distinct, TRACKS, visit, shuffle, pool=pool)
    rows = list(zip(*(column.tolist() for column in matches[:3]), strict=True))
    assert rows == oracles.co_epoch(lists, visit, shuffle, pool)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=5, unique=True), min_size=TRACKS, max_size=TRACKS),
    STREAMS,
    STREAMS,
)
def test_neighbours_are_paired_as_by_the_plain_algorithm(lists, visit, choice) -> None:
    lists = [[(other, float(other)) for other in row if other != track] for track, row in enumerate(lists)]
    ids, scores = np.full((TRACKS, 5), -1, np.int32), np.zeros((TRACKS, 5), np.float32)
    for track, row in enumerate(lists):
        for i, (other, score) in enumerate(row):
            ids[track, i], scores[track, i] = other, score
    matches = matching.pair_neighbours(ids, scores, visit, choice)
    rows = list(zip(matches.anchor.tolist(), matches.positive.tolist(), matches.score.tolist(), strict=True))
    assert rows == oracles.tco_epoch(lists, visit, choice)


def test_every_partner_in_a_group_is_equally_likely() -> None:
    """Track 0 of a group of five meets each other track in a fifth of the epochs, and none in a fifth."""
    five = oracles.groups_of([[0, 1, 2, 3, 4]])
    partners = np.zeros(5, int)
    for epoch in range(5000):
        matches = matching.pair_groups(five, 5, epoch, epoch + 10**9, pool=True)
        pairs = dict(zip(matches.anchor.tolist(), matches.positive.tolist(), strict=True))
        pairs |= {b: a for a, b in pairs.items()}
        partners[pairs.get(0, 0)] += 1
    assert (np.abs(partners - 1000) < 5 * np.sqrt(1000 * 0.8)).all()


def test_every_available_neighbour_is_equally_likely() -> None:
    ids = np.array([[1, 2, 3, 4], [-1] * 4, [-1] * 4, [-1] * 4, [-1] * 4], np.int32)
    chosen = [matching.pair_neighbours(ids, ids.astype(np.float32), 0, choice).positive[0] for choice in range(8000)]
    assert (np.abs(np.bincount(chosen, minlength=5)[1:] - 2000) < 5 * np.sqrt(1500)).all()


@pytest.mark.parametrize("anchors", [np.arange(100), np.repeat(np.arange(20), 5)])
def test_shuffled_rows_do_not_depend_on_their_former_order(anchors) -> None:
    rng = np.random.default_rng(0)
    columns = [anchors.astype(np.int32), rng.permutation(100).astype(np.int32), np.zeros(100, np.int32)]
    matches = matching.Matches(*columns, np.ones(100, np.float32))
    other = matches.take(np.arange(100)[::-1])
    one, two = matching.shuffled(matches, 5), matching.shuffled(other, 5)
    assert all((a == b).all() for a, b in zip(one[:4], two[:4], strict=True))
    assert (one.anchor != anchors).any()
