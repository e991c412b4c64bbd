"""Random constrained matching against the plain algorithm, by replay of what was free, and by chi-square."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine import seeding
from pairmine.kernels import constrained
from pairmine.kernels.groups import Groups, transposed
from tests.kernels import oracles

TRACKS, GROUPS, IDS = 24, 8, 9
STREAMS = st.integers(0, 2**63 - 1)
MEMBERS = st.lists(st.lists(st.integers(0, TRACKS - 1), max_size=16, unique=True), min_size=GROUPS, max_size=GROUPS)
APART = st.lists(st.sets(st.integers(0, IDS - 1), max_size=4), min_size=TRACKS, max_size=TRACKS)
PARTNERS = st.lists(st.lists(st.integers(-1, GROUPS - 1), min_size=3, max_size=3), min_size=GROUPS, max_size=GROUPS)


def run(
    groups: list[list[int]],
    apart: list[set[int]],
    partners: list[list[int]] | None,
    visit: int,
    choice: int,
    max_pairs: int | None = None,
) -> list[tuple[int, int, int]]:
    """Return an epoch's pairs (anchor, positive, via) in the order they were made."""
    ids = None if partners is None else np.array(partners, np.int32)
    scores = None if ids is None else ids.astype(np.float32)
    link = constrained.links(
        oracles.groups_of(groups), oracles.groups_of([sorted(each) for each in apart]), len(apart), ids, scores
    )
    matches = constrained.pair_constrained(link, visit, choice, max_pairs=max_pairs)
    return list(zip(*(column.tolist() for column in matches[:3]), strict=True))


def replay(
    pairs: list[tuple[int, int, int]],
    groups: list[list[int]],
    apart: list[set[int]],
    partners: list[list[int]],
    visit: int,
    max_pairs: int | None,
) -> None:
    """Assert that every pair follows the rule, and that no track was left alone while it had an eligible partner."""
    available, linked, left = set(range(len(apart))), Counter(), list(pairs)
    for track in sorted(available, key=lambda t: int(seeding.mix(visit, t))):
        if track not in available:
            continue
        eligible = {
            (other, group)
            for group, members in enumerate(groups)
            if track in members and (max_pairs is None or linked[group] < max_pairs)
            for partner in partners[group]
            if partner >= 0
            for other in groups[partner]
            if other in available - {track} and not apart[track] & apart[other]
        }
        if left and left[0][0] == track:
            _, other, via = left.pop(0)
            assert (other, via) in eligible
            available -= {track, other}
            linked[via] += 1
        else:
            assert not eligible
    assert not left


@pytest.mark.parametrize("large", [1, 64], ids=["blockades", "walks"])
@settings(max_examples=200)
@given(MEMBERS, APART, st.none() | PARTNERS, STREAMS, STREAMS, st.none() | st.integers(1, 2))
def test_pairs_are_those_of_the_plain_algorithm(large, groups, apart, partners, visit, choice, max_pairs) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constrained, "LARGE", large)
        pairs = run(groups, apart, partners, visit, choice, max_pairs)
    partners = partners or [[group] for group in range(GROUPS)]
    replay(pairs, groups, apart, partners, visit, max_pairs)
    assert pairs == oracles.constrained_epoch(groups, apart, partners, visit, choice, max_pairs, large)


INTERSECTING: dict[str, Callable[[int], set[int]]] = {
    "all on one release": lambda i: {0},
    "one release, and each on a single": lambda i: {0, 1 + i},
    "one release, and each on a hundred singles": lambda i: {0, *range(100 * i + 1, 100 * i + 101)},
    "two of three releases": lambda i: {*[(0, 1), (0, 2), (1, 2)][i % 3], 3 + i},
    "lines of the Fano plane": lambda i: {i % 7, (i + 1) % 7, (i + 3) % 7, 7 + i},
    "two of three releases, and each on a hundred singles": lambda i: {
        *[(0, 1), (0, 2), (1, 2)][i % 3],
        *range(100 * i + 3, 100 * i + 103),
    },
}


@pytest.mark.parametrize("apart_of", INTERSECTING.values(), ids=INTERSECTING)
def test_a_large_group_in_which_no_two_fit_is_walked_a_few_times_only(apart_of, monkeypatch) -> None:
    """A thousand tracks, no pair; every walk that fails notes a blockade, so these count the walks."""
    tracks, noted = 1000, []
    blockades = constrained._blockades

    def spy(groups):
        noted.append(blockades(groups))
        return noted[-1]

    monkeypatch.setattr(constrained, "_blockades", spy)
    assert run([list(range(tracks))], [apart_of(i) for i in range(tracks)], None, 1, 2) == []
    walks = noted[0][1][0]
    assert 1 <= walks <= 7


def test_when_an_artist_has_most_of_a_label_all_others_find_it() -> None:
    rng = np.random.default_rng(0)
    artist = np.where(rng.random(400) < 0.9, 0, np.arange(400))
    pairs = run([list(range(400))], [{int(each)} for each in artist], None, 3, 4)
    replay(pairs, [list(range(400))], [{int(each)} for each in artist], [[0]], 3, None)
    others = set(np.flatnonzero(artist).tolist())
    assert others <= {track for anchor, positive, _ in pairs for track in (anchor, positive)}


def chi_square(counts: Counter, expected: set, draws: int) -> None:
    """Assert that all expected outcomes were equally likely, and none else came."""
    assert counts.keys() == expected
    mean, freedom = draws / len(expected), len(expected) - 1
    statistic = sum((count - mean) ** 2 / mean for count in counts.values())
    assert statistic < freedom + 4 * np.sqrt(2 * freedom)


@pytest.mark.parametrize(("size", "eligible"), [(30, 29), (30, 11), (200, 3)], ids=str)
def test_every_eligible_member_is_equally_likely(size, eligible) -> None:
    """By tries where many are eligible, by the walk where few are; the first anchor sees all members available."""
    first = min(range(size), key=lambda t: int(seeding.mix(7, t)))
    fitting = {(first + 1 + (7 * i) % (size - 1)) % size for i in range(eligible)}
    apart = [set() if t in fitting else {0} for t in range(size)]
    link = constrained.links(oracles.groups_of([list(range(size))]), oracles.groups_of(list(map(list, apart))), size)
    draws = 4000
    found = Counter(int(constrained.pair_constrained(link, 7, choice).positive[0]) for choice in range(draws))
    chi_square(found, fitting, draws)


def test_every_group_of_a_track_is_equally_likely_whatever_its_size() -> None:
    groups = [[0, 1], [0, *range(2, 12)], [0, *range(12, 60)], [0]]
    visit = next(v for v in range(10**4) if np.argmin(seeding.mix(v, np.arange(60))) == 0)
    link = constrained.links(oracles.groups_of(groups), None, 60)
    draws = 3000
    found = Counter(int(constrained.pair_constrained(link, visit, choice).via[0]) for choice in range(draws))
    chi_square(found, {0, 1, 2}, draws)


def test_a_pair_from_group_to_group_carries_the_score_of_its_way() -> None:
    apart = transposed(Groups(np.array([0, 0]), np.empty(0, np.int32)), 4)
    partners = np.array([[1], [-1]], np.int32)
    link = constrained.links(oracles.groups_of([[0, 1], [2, 3]]), apart, 4, partners, np.array([[5], [0]], np.float32))
    matches = constrained.pair_constrained(link, 1, 2)
    assert set(matches.anchor.tolist()) == {0, 1}
    assert set(matches.positive.tolist()) == {2, 3}
    assert matches.score.tolist() == [5.0, 5.0]
    assert matches.via.tolist() == [0, 0]


def test_without_groups_there_are_no_pairs() -> None:
    empty = Groups(np.zeros(1, np.int64), np.empty(0, np.int32))
    assert constrained.pair_constrained(constrained.links(empty, None, 5), 0, 0).anchor.size == 0
