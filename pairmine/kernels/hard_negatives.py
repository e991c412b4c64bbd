"""Hard negatives: a track that stands with the anchor in some playlists, but in fewer than its best partners."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.kernels.groups import Groups
from pairmine.kernels.memory import prefetch
from pairmine.kernels.mixing import below, mix, random_bits

AHEAD = 4
CHUNK = 4096


def band_negatives(
    groups: Groups,
    of_track: Groups,
    anchor: npt.NDArray[np.int32],
    positive: npt.NDArray[np.int32],
    band: tuple[int, int],
    stream: int,
    threads: int | None = None,
) -> npt.NDArray[np.int32]:
    """Return a negative for each pair (int32, −1 for none): one of the anchor's partners ranked within a band.

    Partners are ranked by the number of groups they share with the anchor, ties at random; the rank is drawn uniformly
    from those of the band that the anchor has. Counted for these anchors only, so that memory grows with the tracks
    and the threads, not with the pairs of tracks. The pair's own positive is no negative.

    Args:
        groups: distinct members.
        of_track: the same, transposed.
        anchor: (P) tracks.
        positive: (P) their positives.
        band: first and last rank, from 1.
        stream: names the draws; each depends on anchor and positive alone.
        threads: default one a core.
    """
    negative = np.full(anchor.size, -1, np.int32)
    tracks = of_track.offsets.size - 1
    free = [np.zeros(tracks, np.uint32) for _ in range(parallel.threads_or_default(threads))]

    def draw(begin: int) -> None:
        counts = free.pop()
        part = slice(begin, begin + CHUNK)
        draws = np.uint64(stream)
        _draw(*groups, *of_track, anchor[part], positive[part], band[0] - 1, band[1], draws, counts, negative[part])
        free.append(counts)

    for _ in parallel.in_order(draw, range(0, anchor.size, CHUNK), threads):
        pass
    return negative


@nb.njit(cache=True, nogil=True)
def _draw(offsets, members, starts, places, anchor, positive, first, last, stream, counts, negative):  # type: ignore[no-untyped-def]
    touched = np.empty(counts.size, np.int32)
    for i in range(anchor.size):
        size = _count(offsets, members, starts, places, anchor[i], positive[i], counts, touched)
        if size > first:
            state = mix(stream, np.uint64(anchor[i])) << np.uint64(32) | np.uint64(positive[i])
            state, bits = random_bits(state)
            rank = first + below(bits, min(last, size) - first)
            negative[i] = _at_rank(counts, touched[:size], rank, state)
        for j in range(size):
            counts[touched[j]] = 0


@nb.njit(cache=True, nogil=True)
def _count(offsets, members, starts, places, anchor, positive, counts, touched):  # type: ignore[no-untyped-def]
    """Count how many groups the anchor shares with every other track, its positive left out."""
    size = 0
    for i in range(starts[anchor], starts[anchor + 1]):
        ahead = places[min(i + AHEAD, starts[anchor + 1] - 1)]
        prefetch(members, offsets[ahead])
        for j in range(offsets[places[i]], offsets[places[i] + 1]):
            track = members[j]
            if track != anchor and track != positive:
                if counts[track] == 0:
                    touched[size] = track
                    size += 1
                counts[track] += 1
    return size


@nb.njit(cache=True, nogil=True)
def _at_rank(counts, touched, rank, state):  # type: ignore[no-untyped-def]
    """Return the track at a rank (from 0, the most shared first); among equals one at random."""
    shared = np.empty(touched.size, np.uint32)
    for i in range(touched.size):
        shared[i] = counts[touched[i]]
    value = np.partition(shared, touched.size - 1 - rank)[touched.size - 1 - rank]
    equals = np.sum(shared == value)
    _, bits = random_bits(state)
    wanted = below(bits, equals)
    for i in range(touched.size):
        if shared[i] == value:
            if wanted == 0:
                return touched[i]
            wanted -= 1
    return np.int32(-1)
