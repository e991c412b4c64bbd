import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.kernels import groups, topk
from tests.kernels import oracles

TRACKS = 24
LISTS = st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=14), max_size=30)


def run(lists: list[list[int]], k: int, threads: int = 2, **options) -> list[list]:
    distinct = groups.distinct(oracles.groups_of(lists), np.ones(TRACKS, np.bool_))
    ids, scores = topk.top_k(distinct, TRACKS, k, threads=threads, **options)
    return [[(int(i), s) for i, s in zip(*row, strict=True) if i >= 0] for row in zip(ids, scores, strict=True)]


@settings(max_examples=300, deadline=None)
@given(
    LISTS,
    st.integers(1, 12),
    st.integers(0, 2**63 - 1),
    st.sampled_from(topk.SCORES),
    st.sampled_from(topk.TIES),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_top_k_is_that_of_counting_every_pair(lists, k, stream, score, ties, min_count, threads) -> None:
    options = {"stream": stream, "score": score, "ties": ties, "min_count": min_count}
    assert run(lists, k, threads, **options) == oracles.top_k(lists, TRACKS, k, **options)


def test_the_best_partner_on_a_checkerboard_is_the_other_of_its_pair() -> None:
    """Tracks 2i and 2i + 1 share i + 2 groups, and one group holds all."""
    lists = [[2 * i, 2 * i + 1] for i in range(TRACKS // 2) for _ in range(i + 1)] + [list(range(TRACKS))]
    best = run(lists, 1, stream=0)
    assert [row[0] for row in best] == [(t ^ 1, np.float32(t // 2 + 2)) for t in range(TRACKS)]


def test_ties_go_to_the_rarer_track() -> None:
    """Track 0 shares one group with each other track; track t stands in t more groups of its own."""
    lists = [list(range(5))] + [[t] for t in range(1, 5) for _ in range(t)]
    assert [track for track, _ in run(lists, 4, stream=1)[0]] == [1, 2, 3, 4]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("ties", topk.TIES)
def test_threads_do_not_change_the_result(threads: int, ties: str) -> None:
    rng = np.random.default_rng(3)
    tracks = 3000
    lists = [np.minimum(rng.pareto(0.7, rng.integers(2, 80)) * 5, tracks - 1).astype(int).tolist() for _ in range(800)]
    distinct = groups.distinct(oracles.groups_of(lists), np.ones(tracks, np.bool_))
    one = topk.top_k(distinct, tracks, 10, stream=9, ties=ties, threads=1)
    many = topk.top_k(distinct, tracks, 10, stream=9, ties=ties, threads=threads)
    assert (one.ids == many.ids).all()
    assert (one.scores == many.scores).all()


def test_counts_past_sixteen_bits_are_exact() -> None:
    both = np.tile(np.array([0, 1], np.int32), 70_000)
    twice = groups.Groups(np.arange(0, 140_001, 2, dtype=np.int64), both)
    assert topk.top_k(twice, 2, 1, stream=0).scores.tolist() == [[70_000.0], [70_000.0]]


def test_without_groups_there_are_no_neighbours() -> None:
    empty = groups.Groups(np.zeros(1, np.int64), np.empty(0, np.int32))
    assert (topk.top_k(empty, 3, 2, stream=0).ids == -1).all()
