"""Word2Vec CBOW with a whole playlist as context, in a time linear in its length.

T. Mikolov, K. Chen, G. Corrado, J. Dean: Efficient estimation of word representations in vector space, 2013; negative
sampling as in their Distributed representations of words and phrases and their compositionality, NIPS 2013.

With the whole playlist as window the context of word i is the mean of the others, h_i = (S − v_i) / (n − 1), where S is
the sum of all n vectors: no loop over pairs of words. Each word moves the output vectors of its track and of its
negatives at once, as in gensim; what it owes to the vectors of its context, g_i, is added up and given to them once a
playlist: v_i += G − g_i, where G is the sum of all g. As in gensim the gradient is not divided by n − 1.
"""

from collections.abc import Callable

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel, seeding
from pairmine.kernels.groups import Groups, membership_counts
from pairmine.kernels.memory import prefetch
from pairmine.kernels.mixing import below, mix, random_bits

POWER = 0.75
LINE = 16
AHEAD = 2
CHUNK = 4096

Vectors = npt.NDArray[np.float32]


def train(
    groups: Groups,
    tracks: int,
    *,
    dimensions: int,
    epochs: int,
    negatives: int,
    rate: float,
    final_rate: float,
    stream: int,
    sample: float = 0.0,
    threads: int | None = None,
    advance: Callable[[int], None] = lambda words: None,
) -> Vectors:
    """Return the vectors (T, D) of all tracks; those that share no playlist with another keep their random start.

    The same for the same stream with one thread. Several threads update the same vectors without waiting for each
    other (F. Niu et al.: Hogwild!, NIPS 2011), so that the last bits differ from run to run.

    Args:
        groups: distinct members; a playlist of one track teaches nothing.
        tracks: number of tracks T.
        dimensions: D, a multiple of 16 is fastest.
        epochs: visits of each playlist, in another seeded order each.
        negatives: random tracks against each word, drawn by (number of playlists)^0.75.
        rate: learning rate at the start; it falls linearly with the words seen.
        final_rate: learning rate at the end.
        stream: names the start, the orders and the draws.
        sample: a track in more than this share of all entries is left out now and then, as in Word2Vec; 0 for never.
        threads: threads to use, None for one a core.
        advance: called with words done.
    """
    counts = membership_counts(groups.members, tracks)
    start = seeding.rng(stream, "start")
    vectors = (start.random(tracks * dimensions, np.float32) - np.float32(0.5)) / np.float32(dimensions)
    outputs = np.zeros_like(vectors)
    chances, others = _alias(counts.astype(np.float64) ** POWER)
    keep = _kept_shares(counts, sample)
    words = epochs * groups.members.size
    sizes = np.diff(groups.offsets)
    for epoch in range(epochs):
        order = seeding.order(seeding.stream(stream, epoch, "visit"), sizes.size)
        before = np.concatenate(([0], np.cumsum(sizes[order]))) + epoch * groups.members.size
        rates = (rate - (rate - final_rate) * before[:-1] / max(words, 1)).astype(np.float32)
        draws = np.uint64(seeding.stream(stream, epoch, "draws"))

        def visit(begin: int, order=order, rates=rates, before=before, draws=draws) -> int:  # type: ignore[no-untyped-def]
            end = min(begin + CHUNK, order.size)
            chunk = order[begin:end], rates[begin:end]
            _visit(*groups, *chunk, vectors, outputs, dimensions, chances, others, negatives, keep, draws)
            return int(before[end] - before[begin])

        for done in parallel.in_order(visit, range(0, order.size, CHUNK), threads):
            advance(done)
    return vectors.reshape(tracks, dimensions)


def _kept_shares(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.uint64]:
    """Return with what chance (of 2³²) an entry of each track is kept: √(s/f) + s/f at a share f of all entries."""
    if not sample:
        return np.empty(0, np.uint64)
    ratio = sample * counts.sum() / np.maximum(counts, 1)
    shares: npt.NDArray[np.float64] = np.minimum(np.sqrt(ratio) + ratio, 1.0) * 2.0**32
    return shares.astype(np.uint64)


@nb.njit(cache=True, nogil=True)
def _alias(weights):  # type: ignore[no-untyped-def]
    """Return Walker's alias table: take entry i at random, then i with chance (of 2³²), else its other."""
    size = weights.size
    scaled = weights * (size / weights.sum())
    others = np.arange(size).astype(np.int32)
    chances = np.full(size, np.uint64(1) << np.uint64(32), np.uint64)
    small, large = np.empty(size, np.int32), np.empty(size, np.int32)
    smalls, larges = 0, 0
    for i in range(size):
        if scaled[i] < 1:
            small[smalls] = i
            smalls += 1
        else:
            large[larges] = i
            larges += 1
    while smalls and larges:
        smalls -= 1
        i, j = small[smalls], large[larges - 1]
        chances[i], others[i] = np.uint64(scaled[i] * 2.0**32), j
        scaled[j] -= 1 - scaled[i]
        if scaled[j] < 1:
            larges -= 1
            small[smalls] = j
            smalls += 1
    return chances, others


@nb.njit(cache=True, nogil=True)
def draw(chances, others, state, drawn):  # type: ignore[no-untyped-def]
    """Fill `drawn` with tracks by the alias table and return the state behind them."""
    for i in range(drawn.size):
        state, bits = random_bits(state)
        entry = below(bits, chances.size)
        drawn[i] = entry if (bits & np.uint64(0xFFFFFFFF)) < chances[entry] else others[entry]
    return state


@nb.njit(cache=True, nogil=True)
def sentence(members, keep, state, taken):  # type: ignore[no-untyped-def]
    """Write the tracks of a playlist that subsampling keeps into `taken`; return how many, and the state behind."""
    size = 0
    for track in members:
        if keep.size:
            state, bits = random_bits(state)
            if (bits >> np.uint64(32)) >= keep[track]:
                continue
        taken[size] = track
        size += 1
    return size, state


@nb.njit(inline="always")
def _fetch(rows, track, dimensions):  # type: ignore[no-untyped-def]
    for line in range(track * dimensions, (track + 1) * dimensions, LINE):
        prefetch(rows, line)


@nb.njit(cache=True, nogil=True, fastmath=True)
def _visit(offsets, members, order, rates, vectors, outputs, dim, chances, others, negatives, keep, draws):  # type: ignore[no-untyped-def]
    longest = 0
    for group in order:
        longest = max(longest, offsets[group + 1] - offsets[group])
    taken = np.empty(longest, np.int64)
    drawn = np.empty(longest * negatives, np.int64)
    owed = np.empty((longest, dim), np.float32)
    total, hidden, given = np.empty(dim, np.float32), np.empty(dim, np.float32), np.empty(dim, np.float32)
    for i in range(order.size):
        group = np.int64(order[i])
        state = mix(draws, np.uint64(group)) << np.uint64(32)
        size, state = sentence(members[offsets[group] : offsets[group + 1]], keep, state, taken)
        if size < 2:
            continue
        for j in range(size):
            _fetch(vectors, taken[j], dim)
        draw(chances, others, state, drawn[: size * negatives])
        total[:] = 0
        for j in range(size):
            row = vectors[taken[j] * dim : (taken[j] + 1) * dim]
            for d in range(dim):
                total[d] += row[d]
        given[:] = 0
        share = np.float32(1.0 / (size - 1))
        for j in range(size):
            ahead = j + AHEAD
            if ahead < size:
                _fetch(outputs, taken[ahead], dim)
                for k in range(ahead * negatives, (ahead + 1) * negatives):
                    _fetch(outputs, drawn[k], dim)
            row = vectors[taken[j] * dim : (taken[j] + 1) * dim]
            for d in range(dim):
                hidden[d] = (total[d] - row[d]) * share
            _learn(outputs, taken[j], drawn[j * negatives : (j + 1) * negatives], hidden, owed[j], rates[i])
            for d in range(dim):
                given[d] += owed[j, d]
        for j in range(size):
            row = vectors[taken[j] * dim : (taken[j] + 1) * dim]
            for d in range(dim):
                row[d] += given[d] - owed[j, d]


@nb.njit(cache=True, nogil=True, fastmath=True)
def _learn(outputs, track, drawn, hidden, owed, rate):  # type: ignore[no-untyped-def]
    """Move the output vectors of a word and its negatives; put what the word owes to its context into `owed`."""
    dim = hidden.size
    owed[:] = 0
    for k in range(-1, drawn.size):
        other = track if k < 0 else drawn[k]
        if k >= 0 and other == track:
            continue
        row = outputs[other * dim : (other + 1) * dim]
        product = np.float32(0)
        for d in range(dim):
            product += hidden[d] * row[d]
        wanted = np.float32(1 if k < 0 else 0)
        step = (wanted - np.float32(1) / (np.float32(1) + np.exp(-product))) * rate
        for d in range(dim):
            owed[d] += step * row[d]
            row[d] += step * hidden[d]
