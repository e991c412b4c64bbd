"""Nearest neighbours and the lists made of them, against plain loops."""

from collections import Counter

import numpy as np
import pytest

from trainer.metrics import neighbours


def plain_nearest(unit_ND: np.ndarray, k: int) -> list[list[int]]:
    cosine_NN = unit_ND.astype(np.float64) @ unit_ND.T.astype(np.float64)
    others = [[b for b in range(len(unit_ND)) if b != a] for a in range(len(unit_ND))]
    return [sorted(each, key=lambda b, a=a: (-cosine_NN[a, b], b))[:k] for a, each in enumerate(others)]


@pytest.mark.parametrize(("size", "k"), [(2, 5), (30, 7), (100, 99)])
def test_the_nearest_are_those_of_a_sorted_list(monkeypatch, size, k) -> None:
    monkeypatch.setattr(neighbours, "COSINES", 4 * size)  # several blocks
    unit_ND = neighbours.unit(np.random.default_rng(size).standard_normal((size, 6)))
    found = neighbours.nearest(unit_ND, k)
    assert found.candidate_QK.tolist() == plain_nearest(unit_ND, k)
    expected = (unit_ND[:, None] * unit_ND[found.candidate_QK]).sum(2)
    np.testing.assert_allclose(found.cosine_QK, expected, atol=1e-6)


def test_ties_go_to_the_first_and_never_to_itself() -> None:
    found = neighbours.nearest(np.tile(np.float32([1, 0]), (6, 1)), 3)
    assert found.candidate_QK.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]


def test_vectors_that_are_no_numbers_are_the_farthest_of_all() -> None:
    unit_ND = neighbours.unit(np.random.default_rng(0).standard_normal((5, 3)))
    unit_ND[2] = np.nan
    found = neighbours.nearest(unit_ND, 4)
    assert [sorted(row) for row in found.candidate_QK.tolist()] == [[b for b in range(5) if b != a] for a in range(5)]
    assert (found.candidate_QK[[0, 1, 3, 4], 3] == 2).all() and (found.cosine_QK[2] == -np.inf).all()


def test_a_zero_vector_stays_and_others_have_length_one() -> None:
    unit_ND = neighbours.unit(np.array([[0.0, 0], [3, 4]]))
    np.testing.assert_allclose(unit_ND, [[0, 0], [0.6, 0.8]])


def test_the_most_repeated_are_listed_first_then_the_nearest() -> None:
    rng = np.random.default_rng(0)
    near = neighbours.nearest(neighbours.unit(rng.standard_normal((60, 5))), 10)
    sizes = rng.integers(0, 6, 25)
    offset_P1, track_M = np.append(0, np.cumsum(sizes)), np.concatenate([rng.choice(60, s, False) for s in sizes])
    listed_PK = neighbours.most_repeated(near, offset_P1, track_M, 12)
    hit_PK = neighbours.hits(listed_PK, offset_P1, track_M, 60)
    for playlist, listed in enumerate(listed_PK):
        own = track_M[offset_P1[playlist] : offset_P1[playlist + 1]]
        brought = [(b, float(c)) for a in own for b, c in zip(near.candidate_QK[a], near.cosine_QK[a], strict=True)]
        times, total = Counter(b for b, _ in brought), Counter[int]()
        for b, cosine in brought:
            total[b] += cosine
        expected = sorted(times, key=lambda b: (-times[b], -total[b], b))[:12]
        assert listed[: len(expected)].tolist() == expected and (listed[len(expected) :] == -1).all()
        assert hit_PK[playlist].tolist() == [b in own for b in listed]
