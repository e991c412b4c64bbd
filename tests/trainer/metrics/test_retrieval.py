from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from sklearn.metrics.pairwise import cosine_similarity, euclidean_distances

from pairmine.errors import UsageError
from trainer.metrics import retrieval


def expected(similarity: list[int], relevant: list[bool], cutoffs: tuple[int, ...]) -> tuple[float, list[float]]:
    """Return average precision and hits as exact means over all orders that keep similarities descending."""
    precisions, hits, orders = Fraction(0), [Fraction(0)] * len(cutoffs), 0
    for order in permutations(range(len(similarity))):
        ranked = [similarity[place] for place in order]
        if ranked != sorted(ranked, reverse=True):
            continue
        orders += 1
        found = [relevant[place] for place in order]
        places = [place for place, hit in enumerate(found) if hit]
        precisions += sum(Fraction(sum(found[: place + 1]), place + 1) for place in places) / sum(relevant)
        hits = [total + sum(found[:k]) for total, k in zip(hits, cutoffs, strict=True)]
    return float(precisions / orders), [float(total / orders) for total in hits]


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_ties_count_as_the_mean_over_all_their_orders(candidates) -> None:
    similarity, relevant = ([*column] for column in zip(*candidates, strict=True))
    relevant[0] = True
    angles = np.array([0, *(np.pi / 3 * (2 - value) for value in similarity)])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    labels = np.array([0, *(0 if hit else 1 for hit in relevant)])
    precision, hits = expected(similarity, relevant, (1, 3))
    for distance in retrieval.DISTANCES:
        found = retrieval.leave_one_out(vectors, labels, np.array([0]), (1, 3), distance)
        assert found.average_precision_Q == pytest.approx([precision], rel=1e-12)
        assert found.hits_QK[0] == pytest.approx(hits, rel=1e-12)
        assert found.relevant_Q.tolist() == [sum(relevant)]


@pytest.mark.parametrize("distance", retrieval.DISTANCES)
def test_without_ties_it_is_what_scikit_learn_computes(distance, monkeypatch) -> None:
    monkeypatch.setattr(retrieval, "CELLS", 500)  # several blocks
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 90)
    vectors = rng.standard_normal((90, 5)) * rng.uniform(0.5, 2, (90, 1)) + labels[:, None] / 3
    queries = np.flatnonzero(labels > 0)
    found = retrieval.leave_one_out(vectors.astype(np.float32), labels, queries, (1, 7), distance)
    exact = vectors.astype(np.float32).astype(np.float64)
    similarity = cosine_similarity(exact) if distance == "cosine" else -euclidean_distances(exact)
    for place, query in enumerate(queries):
        others = np.delete(np.arange(90), query)
        hit = labels[others] == labels[query]
        own = average_precision_score(hit, similarity[query, others])
        ranked = hit[np.argsort(-similarity[query, others])]
        assert found.average_precision_Q[place] == pytest.approx(own, rel=1e-12)
        assert found.hits_QK[place].tolist() == [ranked[:1].sum(), ranked[:7].sum()]


def test_perfect_vectors_score_1_and_equal_ones_chance() -> None:
    labels = np.repeat(np.arange(7), [2, 3, 3, 4, 5, 5, 9])
    queries = np.arange(len(labels))
    perfect = retrieval.leave_one_out(np.eye(7)[labels], labels, queries, (1,), "cosine")
    assert (perfect.average_precision_Q == 1).all() and (perfect.hits_QK == 1).all()
    chance = retrieval.chance(len(labels) - 1, perfect.relevant_Q, (1, 5))
    assert chance.hits_QK == pytest.approx(perfect.relevant_Q[:, None] / 30 * [1, 5])
    for vector in (np.zeros(13), np.random.default_rng(0).standard_normal(13)):
        for distance in retrieval.DISTANCES:
            equal = retrieval.leave_one_out(np.tile(vector, (31, 1)), labels, queries, (1, 5), distance)
            assert equal.average_precision_Q == pytest.approx(chance.average_precision_Q, rel=1e-12)
            assert equal.hits_QK == pytest.approx(chance.hits_QK, rel=1e-12)


def test_chance_is_the_mean_of_random_orders() -> None:
    rng = np.random.default_rng(1)
    hit = rng.permuted(np.tile(np.arange(20) < 4, (20_000, 1)), axis=1)
    precisions = (hit * np.cumsum(hit, axis=1) / np.arange(1, 21)).sum(1) / 4
    found = retrieval.chance(20, np.array([4, 4]), (1,))
    error = precisions.std() / len(precisions) ** 0.5
    assert found.average_precision_Q == pytest.approx([precisions.mean()] * 2, abs=4 * error)


def test_an_unknown_distance_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'cosine'"):
        retrieval.leave_one_out(np.eye(2), np.zeros(2, int), np.array([0]), (1,), "cosin")
