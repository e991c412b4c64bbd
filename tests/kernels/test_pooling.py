from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels import pooling
from tests.kernels.oracles import groups_of

VALUES = 9
LISTS = st.lists(st.lists(st.integers(0, VALUES - 1), max_size=40), min_size=1, max_size=VALUES)


def lists_of(offsets: np.ndarray, members: np.ndarray) -> list[list[int]]:
    return [members[first:last].tolist() for first, last in pairwise(offsets)]


@given(st.lists(st.tuples(st.integers(-1, 5), st.integers(0, 99)), max_size=60))
def test_rows_are_grouped_in_their_order(rows: list[tuple[int, int]]) -> None:
    group_of, values = np.array(rows, np.int32).reshape(-1, 2).T
    expected = [[value for group, value in rows if group == each] for each in range(6)]
    assert lists_of(*pooling.grouped(group_of, values, 6)) == expected


@given(LISTS)
def test_groups_become_sorted_sets(lists: list[list[int]]) -> None:
    groups = pooling.sorted_distinct(groups_of([[value - 2 for value in members] for members in lists]))
    assert lists_of(*groups) == [sorted({value - 2 for value in members if value >= 2}) for members in lists]


@given(LISTS, st.lists(st.lists(st.integers(0, 99), max_size=5), min_size=VALUES, max_size=VALUES))
def test_what_members_are_related_to_is_pooled(lists: list[list[int]], related: list[list[int]]) -> None:
    groups = pooling.pooled(groups_of(lists), groups_of(related))
    assert lists_of(*groups) == [
        sorted({value for member in members for value in related[member]}) for members in lists
    ]


@given(LISTS, st.lists(st.booleans(), min_size=VALUES, max_size=VALUES))
def test_the_first_row_that_is_present_wins(lists: list[list[int]], present: list[bool]) -> None:
    expected = [next((row for row in rows if present[row]), -1) for rows in lists]
    assert pooling.first_present(*groups_of(lists), np.array(present)).tolist() == expected


@given(LISTS, st.lists(st.sampled_from(["", "a", "b", "aa"]), min_size=VALUES, max_size=VALUES))
def test_groups_of_several_texts_are_counted(lists: list[list[int]], texts: list[str]) -> None:
    lists = [rows for rows in lists if rows]
    offsets = np.append(0, np.cumsum([len(text) for text in texts])).astype(np.int64)
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    expected = sum(len({texts[row] for row in rows}) > 1 for rows in lists)
    assert pooling.disagreeing(*groups_of(lists), offsets, data) == expected
