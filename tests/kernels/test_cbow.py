"""CBOW over whole playlists: against a slow float64 rendering, and on tastes that were planted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine import seeding
from pairmine.kernels import cbow
from pairmine.kernels.groups import Groups, membership_counts

PARAMETERS = {"dimensions": 16, "epochs": 3, "negatives": 4, "rate": 0.1, "final_rate": 0.01, "stream": 7}


def groups_of(playlists: list[list[int]]) -> Groups:
    members = np.array([track for playlist in playlists for track in playlist], np.int32)
    return Groups(np.cumsum([0, *map(len, playlists)]).astype(np.int64), members)


def plain(playlists, tracks, *, dimensions, epochs, negatives, rate, final_rate, stream, sample=0.0) -> np.ndarray:
    """Word by word as the papers say; only the random draws are the kernel's own."""
    groups = groups_of(playlists)
    counts = membership_counts(groups.members, tracks)
    start = seeding.rng(stream, "start").random(tracks * dimensions, np.float32)
    vectors = ((start - np.float32(0.5)) / np.float32(dimensions)).astype(np.float64).reshape(tracks, dimensions)
    outputs = np.zeros((tracks, dimensions))
    table = cbow._alias(counts**0.75)
    keep = cbow._kept_shares(counts, sample)
    done, words = 0, epochs * groups.members.size
    for epoch in range(epochs):
        draws = seeding.stream(stream, epoch, "draws")
        for group in seeding.order(seeding.stream(stream, epoch, "visit"), len(playlists)):
            step = rate - (rate - final_rate) * done / words
            done += len(playlists[group])
            state = seeding.mix(draws, [group])[0] << np.uint64(32)
            taken = np.empty(len(playlists[group]), np.int64)
            size, state = cbow.sentence(np.array(playlists[group], np.int32), keep, np.uint64(state), taken)
            taken = taken[:size]
            drawn = np.empty(size * negatives, np.int64)
            cbow.draw(*table, np.uint64(state), drawn)
            if size < 2:
                continue
            gradient = np.zeros((size, dimensions))
            for i in range(size):
                context = [j for j in range(size) if j != i]
                hidden = vectors[taken[context]].mean(axis=0)
                against = [n for n in drawn[i * negatives : (i + 1) * negatives] if n != taken[i]]
                for other, wanted in [(taken[i], 1.0), *((n, 0.0) for n in against)]:
                    error = step * (wanted - 1 / (1 + np.exp(-hidden @ outputs[other])))
                    gradient[context] += error * outputs[other]
                    outputs[other] += error * hidden
            vectors[taken] += gradient
    return vectors


@settings(max_examples=60)
@given(
    st.lists(st.lists(st.integers(0, 11), unique=True, min_size=1, max_size=6), min_size=1, max_size=12),
    st.sampled_from([0.0, 0.05]),
)
def test_it_is_word2vec(playlists, sample) -> None:
    found = cbow.train(groups_of(playlists), 12, **PARAMETERS, sample=sample, threads=1)
    np.testing.assert_allclose(found, plain(playlists, 12, **PARAMETERS, sample=sample), atol=2e-5)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40).filter(any))
def test_the_alias_table_holds_the_weights(weights) -> None:
    chances, others = cbow._alias(np.array(weights, np.float64))
    shares = np.zeros(len(weights))
    for i, chance in enumerate(chances / 2.0**32):
        shares[i] += chance / len(weights)
        shares[others[i]] += (1 - chance) / len(weights)
    np.testing.assert_allclose(shares, np.array(weights) / sum(weights), atol=1e-8)


def test_draws_follow_the_weights() -> None:
    weights = np.array([1.0, 2.0, 3.0, 0.0, 94.0])
    drawn = np.empty(100_000, np.int64)
    cbow.draw(*cbow._alias(weights), np.uint64(1), drawn)
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / drawn.size, weights / 100, atol=0.005)


def planted(seed: int, count: int = 9000) -> list[list[int]]:
    """Playlists of one of 10 tastes with 30 tracks each, a fifth of each playlist from anywhere."""
    rng = np.random.default_rng(seed)
    tastes = rng.integers(0, 10, count)
    return [
        np.unique(
            np.where(rng.random(12) < 0.8, taste * 30 + rng.integers(0, 30, 12), rng.integers(0, 300, 12))
        ).tolist()
        for taste in tastes
    ]


# Two threads write into each other's rows all the time here, where there are only 300: some quality is lost.
@pytest.mark.parametrize(("threads", "least"), [(1, 0.95), (2, 0.5)])
def test_planted_tastes_come_back(threads, least) -> None:
    parameters = PARAMETERS | {"epochs": 10, "rate": 0.05, "dimensions": 32}
    vectors = cbow.train(groups_of(planted(0)), 300, **parameters, threads=threads)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -1)
    nearest = np.argsort(-cosine, axis=1)[:, :10]
    same = (nearest // 30 == (np.arange(300) // 30)[:, None]).mean()
    assert same > least  # chance is 0.1


def test_one_thread_gives_the_same_bytes() -> None:
    groups = groups_of(planted(1, 500))
    first, second = (cbow.train(groups, 300, **PARAMETERS, threads=1) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_tracks_without_company_keep_their_start() -> None:
    first = cbow.train(groups_of([[0], [1], [2, 3]]), 4, **PARAMETERS, threads=1)
    start = seeding.rng(PARAMETERS["stream"], "start").random(4 * 16, np.float32)
    np.testing.assert_array_equal(first[:2].ravel(), ((start - np.float32(0.5)) / np.float32(16))[:32])
    assert not np.array_equal(first[2:].ravel(), ((start - np.float32(0.5)) / np.float32(16))[32:])
