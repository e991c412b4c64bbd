import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels import groups
from tests.kernels import oracles

TRACKS = 12
LISTS = st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=10), max_size=12)


def lists_of(result: groups.Groups) -> list[list[int]]:
    spans = zip(result.offsets[:-1], result.offsets[1:], strict=True)
    return [result.members[first:last].tolist() for first, last in spans]


@given(
    LISTS,
    st.lists(st.booleans(), min_size=TRACKS, max_size=TRACKS),
    st.none() | st.integers(2, 8),
    st.integers(1, 5),
)
def test_distinct_keeps_first_standings_of_kept_tracks_and_drops_long_and_short_groups(
    lists, kept, max_size, least
) -> None:
    expected = [[track for track in group if kept[track]] for group in oracles.distinct_lists(lists)]
    most = TRACKS if max_size is None else max_size
    expected = [group if least <= len(group) <= most else [] for group in expected]
    result = groups.distinct(oracles.groups_of(lists), np.array(kept), max_size, least)
    assert lists_of(result) == expected
    assert groups.membership_counts(result.members, TRACKS).tolist() == [
        sum(t in g for g in expected) for t in range(TRACKS)
    ]


@given(LISTS)
def test_transposed_tells_the_groups_of_each_track_ascending(lists) -> None:
    result = groups.transposed(oracles.groups_of(lists), TRACKS)
    expected = [[g for g, members in enumerate(lists) for m in members if m == track] for track in range(TRACKS)]
    assert lists_of(result) == expected
    assert lists_of(groups.transposed(result, len(lists))) == [sorted(members) for members in lists]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, TRACKS - 1))))
def test_grouped_keeps_the_order_of_rows(rows) -> None:
    ids, members = np.array(rows, np.int32).reshape(-1, 2).T
    expected = [[member for group, member in rows if group == each] for each in range(6)]
    assert lists_of(groups.grouped(ids, members, 6)) == expected


@given(LISTS, st.lists(st.lists(st.integers(0, 9), max_size=4), min_size=TRACKS, max_size=TRACKS))
def test_composed_tells_the_groups_of_the_members_of_a_group(lists, others) -> None:
    result = groups.composed(oracles.groups_of(lists), oracles.groups_of(others))
    assert lists_of(result) == [[other for member in members for other in others[member]] for members in lists]
