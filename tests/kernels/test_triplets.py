"""Triplets against what the definition allows, and their chances against the definition's."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels import triplets

TRACKS = 9
EDGES = st.dictionaries(
    st.tuples(st.integers(0, TRACKS - 1), st.integers(0, TRACKS - 1)).filter(lambda edge: edge[0] < edge[1]),
    st.integers(1, 1000),
    min_size=1,
    max_size=20,
)


def graph_of(edges: dict[tuple[int, int], int]) -> triplets.Graph:
    a, b = (np.array(ends, np.int32) for ends in zip(*edges, strict=True))
    return triplets.graph(a, b, np.array(list(edges.values()), np.int64), TRACKS)


def neighbours(edges: dict[tuple[int, int], int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {track: {} for track in range(TRACKS)}
    for (a, b), count in edges.items():
        found[a][b] = found[b][a] = count
    return found


def chances(edges: dict[tuple[int, int], int], weighted: bool) -> dict[tuple[int, int, int], Fraction]:
    """The chance of every triplet by the definition: positives without a negative are never taken."""
    of = neighbours(edges)
    allowed = {a: {p: [n for n in of[p] if n != a and n not in of[a]] for p in of[a]} for a in range(TRACKS)}
    anchors = [a for a in allowed if any(allowed[a].values())]
    result = {}
    for a in anchors:
        weights = {p: of[a][p] if weighted else 1 for p, negatives in allowed[a].items() if negatives}
        for p, weight in weights.items():
            for n in allowed[a][p]:
                result[a, p, n] = Fraction(weight, len(anchors) * sum(weights.values()) * len(allowed[a][p]))
    return result


def drawn(graph: triplets.Graph, count: int, *, weighted: bool, first: int = 0) -> list[tuple[int, int, int]]:
    found = triplets.draw(graph, triplets.anchors(graph), first, count, 3, weighted=weighted)
    return list(zip(*(column.tolist() for column in found[:3]), strict=True))


@given(EDGES, st.booleans())
def test_only_what_the_definition_allows_and_all_of_it(edges, weighted) -> None:
    expected = chances(edges, weighted)
    graph = graph_of(edges)
    assert set(triplets.anchors(graph).tolist()) == {a for a, _, _ in expected}
    if expected:
        found = drawn(graph, 200, weighted=weighted)
        assert set(found) <= set(expected)


def chain(count: int) -> dict[tuple[int, int], int]:
    """A clique of 0 … 5 with a tail 5-6-7-8: most of a clique member's neighbours have no negative for it."""
    clique = {(a, b): 10 for a in range(6) for b in range(a + 1, 6)}
    return clique | {(0, 5): count, (5, 6): 3, (6, 7): 2, (7, 8): 1}


@pytest.mark.parametrize("weighted", [False, True])
def test_chances_are_those_of_the_definition(weighted) -> None:
    edges = chain(1)
    expected = chances(edges, weighted)
    draws = 400_000
    counts = Counter(drawn(graph_of(edges), draws, weighted=weighted))
    assert set(counts) == set(expected)
    chi_square = sum((counts[t] - draws * float(p)) ** 2 / (draws * float(p)) for t, p in expected.items())
    degrees = len(expected) - 1
    assert abs(chi_square - degrees) < 4 * (2 * degrees) ** 0.5


def test_a_rare_edge_to_the_only_fitting_positive_costs_no_endless_search() -> None:
    edges = chain(1) | {(0, b): 10**15 for b in range(1, 5)}
    assert {(a, p) for a, p, _ in drawn(graph_of(edges), 5_000, weighted=True) if a == 0} == {(0, 5)}


def test_a_triplet_depends_on_its_number_alone() -> None:
    graph = graph_of(chain(1))
    whole = drawn(graph, 300, weighted=False)
    assert drawn(graph, 100, weighted=False) + drawn(graph, 200, weighted=False, first=100) == whole


def test_the_edge_is_that_to_the_positive() -> None:
    edges = {(0, 1): 5, (1, 2): 7, (2, 3): 9}
    graph = graph_of(edges)
    found = triplets.draw(graph, triplets.anchors(graph), 0, 50, 1, weighted=True)
    np.testing.assert_array_equal(graph.neighbours[found.edge], found.positive)


def test_a_clique_has_no_triplet() -> None:
    assert triplets.anchors(graph_of({(0, 1): 1, (1, 2): 1, (0, 2): 1})).size == 0
