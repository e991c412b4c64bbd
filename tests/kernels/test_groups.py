import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels import groups
from tests.kernels import oracles

TRACKS = 12


@given(
    st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=10), max_size=12),
    st.lists(st.booleans(), min_size=TRACKS, max_size=TRACKS),
    st.none() | st.integers(2, 8),
)
def test_distinct_keeps_first_standings_of_kept_tracks_and_drops_long_groups(lists, kept, max_size) -> None:
    expected = [[track for track in group if kept[track]] for group in oracles.distinct_lists(lists)]
    expected = [group if max_size is None or len(group) <= max_size else [] for group in expected]
    result = groups.distinct(oracles.groups_of(lists), np.array(kept), max_size)
    spans = zip(result.offsets[:-1], result.offsets[1:], strict=True)
    assert [result.members[first:last].tolist() for first, last in spans] == expected
    assert groups.membership_counts(result.members, TRACKS).tolist() == [
        sum(t in g for g in expected) for t in range(TRACKS)
    ]
