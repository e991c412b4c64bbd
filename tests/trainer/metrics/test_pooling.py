"""Pooling of patches against slow loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.metrics import pooling


@st.composite
def patches(draw):
    """Coarse activations, so that votes and means tie, of one to five patches a track."""
    counts = draw(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    classes = draw(st.integers(2, 4))
    cells = draw(st.lists(st.integers(0, 4), min_size=sum(counts) * classes, max_size=sum(counts) * classes))
    return np.array(cells, np.float32).reshape(-1, classes) / 4, np.repeat(np.arange(len(counts)), counts)


@given(patches())
def test_means_are_those_of_a_slow_loop(world) -> None:
    activation_PC, of_P = world
    found = pooling.mean_activations(activation_PC, of_P)
    for track in range(of_P[-1] + 1):
        own = [row.tolist() for row, of in zip(activation_PC, of_P, strict=True) if of == track]
        slow = [sum(column) / len(own) for column in zip(*own, strict=True)]
        assert found[track] == pytest.approx(slow, abs=1e-12)


@given(patches())
def test_votes_are_those_of_a_slow_count(world) -> None:
    activation_PC, of_P = world
    found = pooling.votes(activation_PC, of_P)
    for track in range(of_P[-1] + 1):
        own = [row.tolist() for row, of in zip(activation_PC, of_P, strict=True) if of == track]
        counts = [sum(row.index(max(row)) == c for row in own) for c in range(len(own[0]))]
        means = [sum(column) / len(own) for column in zip(*own, strict=True)]
        for one in range(len(counts)):
            for other in range(len(counts)):
                if counts[one] > counts[other] or (counts[one] == counts[other] and means[one] > means[other] + 1e-9):
                    assert found[track, one] > found[track, other]
        assert int(found[track].argmax()) in [c for c, count in enumerate(counts) if count == max(counts)]
