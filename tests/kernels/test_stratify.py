"""Iterative stratification against a plain rendering, and in cases whose answer is known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels.stratify import stratified


def plain(tags_of: list[list[int]], order: list[int], shares: list[float]) -> list[int]:
    split = [-1] * len(tags_of)
    every = {tag for tags in tags_of for tag in tags}
    wanted = {(s, tag): share * sum(tag in tags for tags in tags_of) for tag in every for s, share in enumerate(shares)}
    room = [share * len(tags_of) for share in shares]
    while left := [(sum(split[i] < 0 and tag in tags for i, tags in enumerate(tags_of)), tag) for tag in every]:
        left = [each for each in left if each[0]]
        if not left:
            break
        tag = min(left)[1]
        for item in order:
            if split[item] < 0 and tag in tags_of[item]:
                best = max(range(len(shares)), key=lambda s: (wanted[s, tag], room[s], -s))
                split[item] = best
                room[best] -= 1
                for each in tags_of[item]:
                    wanted[best, each] -= 1
    for item in order:
        if split[item] < 0:
            split[item] = int(np.argmax(room))
            room[split[item]] -= 1
    return split


@given(st.lists(st.lists(st.integers(0, 4), unique=True, max_size=3), min_size=1, max_size=25), st.randoms())
def test_it_is_the_plain_algorithm(tags_of, chance) -> None:
    order = list(range(len(tags_of)))
    chance.shuffle(order)
    shares = [0.5, 0.25, 0.25]  # exact in binary, so that sums in another order are the same
    offsets = np.cumsum([0, *map(len, tags_of)])
    tags = np.array([tag for tags in tags_of for tag in tags], np.int32)
    split = stratified(offsets, tags, np.array(order, np.int32), np.array(shares))
    assert split.tolist() == plain(tags_of, order, shares)


def test_one_tag_each_is_split_exactly() -> None:
    tags = np.repeat(np.arange(5, dtype=np.int32), 100)
    order = np.random.default_rng(0).permutation(500).astype(np.int32)
    split = stratified(np.arange(501), tags, order, np.array([0.8, 0.1, 0.1]))
    for tag in range(5):
        assert np.bincount(split[tags == tag]).tolist() == [80, 10, 10]
