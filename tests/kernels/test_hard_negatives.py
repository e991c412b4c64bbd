"""Hard negatives against counts made by hand, and their chances in a case that is known."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels.groups import transposed
from pairmine.kernels.hard_negatives import band_negatives
from tests.kernels import oracles


def negatives(playlists, tracks, pairs, band, stream=1, threads=1) -> list[int]:
    groups = oracles.groups_of(playlists)
    anchor, positive = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    return band_negatives(groups, transposed(groups, tracks), anchor, positive, band, stream, threads).tolist()


PLAYLISTS = st.lists(st.lists(st.integers(0, 14), unique=True, min_size=1, max_size=8), min_size=1, max_size=15)


@given(PLAYLISTS, st.integers(1, 6), st.integers(0, 5), st.data())
def test_a_negative_is_a_partner_of_that_rank(playlists, first, more, data) -> None:
    pair = st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda pair: pair[0] != pair[1])
    pairs = data.draw(st.lists(pair, min_size=1, max_size=10))
    found = negatives(playlists, 15, pairs, (first, first + more))
    assert found == negatives(playlists, 15, pairs, (first, first + more), threads=3)
    for (anchor, positive), negative in zip(pairs, found, strict=True):
        shared = Counter(
            track
            for playlist in playlists
            if anchor in playlist
            for track in playlist
            if track not in (anchor, positive)
        )
        if len(shared) < first:
            assert negative == -1
            continue
        above = sum(count > shared[negative] for count in shared.values())
        equal = sum(count == shared[negative] for count in shared.values())
        assert shared[negative] > 0
        assert above < first + more
        assert above + equal >= first


def test_ranks_of_the_band_are_equally_likely() -> None:
    """Track 0 shares 6 playlists with 1, 5 with 2, … and one with 6; each rank of the band 3–5 is drawn as often."""
    playlists = [[0, *range(1, 7 - i)] for i in range(6)]
    pairs = [(0, positive) for positive in range(100, 3100)]
    counts = Counter(negatives(playlists, 3100, pairs, (3, 5)))
    assert set(counts) == {3, 4, 5}
    assert all(abs(count - 1000) < 120 for count in counts.values())


def test_equals_are_equally_likely() -> None:
    pairs = [(0, positive) for positive in range(100, 3100)]
    counts = Counter(negatives([[0, 1, 2, 3]], 3100, pairs, (2, 2)))
    assert all(abs(counts[track] - 1000) < 120 for track in (1, 2, 3))
