"""What of playlists is given, what is to be found, and the random tracks it is ranked among."""

from dataclasses import dataclass
from typing import Self

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.kernels.mixing import below, mix, random_bits

Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Draw:
    """What is given of P playlists, and their I further tracks, to be found; tracks are rows of `keys`.

    Attributes:
        query_PQ: the tracks given.
        item_I: the tracks to be found.
        playlist_I: of which playlist.
        offset_P1: playlist p holds the tracks of places offset[p] to offset[p + 1] …
        track_M: … of this array.
        tracks: how many there are.
        stream: of the random others.
    """

    query_PQ: Int32s
    item_I: Int32s
    playlist_I: Int32s
    offset_P1: Ints
    track_M: Int32s
    tracks: int
    stream: int

    @classmethod
    def of(cls, offset_P1: Ints, track_M: Ints, tracks: int, queries: int, seed: int) -> Self:
        """Draw so many tracks to be given of every playlist; each holds more of them."""
        sizes_P = np.diff(offset_P1)
        playlist_M = np.repeat(np.arange(len(sizes_P), dtype=np.int32), sizes_P)
        lot_M = seeding.rng(seed, "continuation").random(len(track_M))
        shuffled_M = track_M[np.lexsort((lot_M, playlist_M))].astype(np.int32)
        given_M = np.arange(len(track_M)) - offset_P1[playlist_M] < queries
        query_PQ = shuffled_M[given_M].reshape(-1, queries)
        stream = seeding.stream(seed, "continuation", "others")
        return cls(query_PQ, shuffled_M[~given_M], playlist_M[~given_M], offset_P1, shuffled_M, tracks, stream)

    def others(self, first: int, stop: int, count: int) -> Int32s:
        """Return random tracks beside items first … stop − 1, (items, count): each once, none of their playlist.

        Those of an item depend on its number alone, so that they need not be held: asked again, they are the same.
        """
        own = self.playlist_I[first:stop], self.offset_P1, self.track_M
        drawn: Int32s = _outside(np.uint64(self.stream), first, *own, self.tracks, count)
        return drawn


@nb.njit(cache=True, nogil=True)
def _outside(stream, first, playlist_I, offset_P1, track_M, tracks, count):  # type: ignore[no-untyped-def]
    other_IN = np.empty((len(playlist_I), count), np.int32)
    taken_by = np.full(tracks, -1, np.int64)  # the last item that a track must not be drawn for again
    for item in range(len(playlist_I)):
        playlist = playlist_I[item]
        for place in range(offset_P1[playlist], offset_P1[playlist + 1]):
            taken_by[track_M[place]] = item
        state, drawn = (mix(stream, np.uint64(first + item)) << np.uint64(32)) ^ stream, 0
        while drawn < count:
            state, bits = random_bits(state)
            track = below(bits, tracks)
            if taken_by[track] != item:
                taken_by[track] = item
                other_IN[item, drawn] = track
                drawn += 1
    return other_IN
