"""64-bit hashes of texts, entries and playlists: the same on every machine, over decoded values.

    fold(h, w)           = g ^ (g >> 32)  where  g = (h ^ w) · 0x9E3779B97F4A7C15
    finish(h)            = fold(h ^ (h >> 29), 0xBF58476D1CE4E5B9)
    text(bytes, column)  = finish(fold(… fold(fold(column, length + 1), word₀) …, wordₙ)); words of 8 bytes,
                           little-endian, the last filled up with zeros; no text: length −1 and no words
    entry                = low ^ (high with its lower half cleared)  where  low = fold(uri, rest),
                           high = finish(uri ^ (rest rotated by 32)), uri = text(track_uri, 0) and
                           rest = finish(fold(… fold(track_name, artist_uri) …, album_name, duration_ms)),
                           texts by their columns 1 … 5; no number: −1
    digest of a playlist = finish of fold(pid, entries) into which are folded in turn: name (column 6),
                           description (column 7), the numbers of `playlist_arrays.NUMBERS`, and of each entry
                           its position and its hash

All modulo 2⁶⁴. They are no defence against somebody who looks for collisions.
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import Int, load64

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

_FACTOR, _FINISH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
_TRACK_URI, _TRACK_NAME, _ARTIST_URI, _ARTIST_NAME, _ALBUM_URI, _ALBUM_NAME = range(6)
_NAME, _DESCRIPTION = 6, 7
_HIGH = np.uint64(0xFFFFFFFF00000000)


@nb.njit(nogil=True, cache=True, inline="always")
def fold(h: np.uint64, word: np.uint64) -> np.uint64:
    """Take one word into a hash."""
    h = (h ^ word) * _FACTOR
    return h ^ (h >> np.uint64(32))


@nb.njit(nogil=True, cache=True, inline="always")
def finish(h: np.uint64) -> np.uint64:
    """Spread the last words over all bits."""
    return fold(h ^ (h >> np.uint64(29)), _FINISH)


@nb.njit(nogil=True, cache=True)
def text_hash(buffer: Bytes, place: int, length: Int, column: int) -> np.uint64:
    """Hash the text buffer[place : place + length] (length −1: none); reads up to 8 bytes behind it."""
    h = fold(np.uint64(column), np.uint64(length + 1))
    stop = place + length
    while place + 8 <= stop:
        h = fold(h, load64(buffer, place))
        place += 8
    if place < stop:
        mask = (np.uint64(1) << np.uint64(8 * (stop - place))) - np.uint64(1)
        h = fold(h, load64(buffer, place) & mask)
    return finish(h)


@nb.njit(nogil=True, cache=True, inline="always")
def pair_low(a: np.uint64, b: np.uint64) -> np.uint64:
    """Low 64 bits of the 96-bit hash of a pair of hashes; for one `a`, distinct `b` give distinct values."""
    return fold(a, b)


@nb.njit(nogil=True, cache=True, inline="always")
def pair_high(a: np.uint64, b: np.uint64) -> np.uint64:
    """High 32 bits (in the upper half) of the 96-bit hash of a pair of hashes."""
    return finish(a ^ (b << np.uint64(32) | b >> np.uint64(32))) & _HIGH


@nb.njit(nogil=True, cache=True)
def hash_entries(
    buffer: Bytes,
    spans: npt.NDArray[np.int32],
    durations: npt.NDArray[np.int64],
    count: int,
    hashes: Words,
) -> None:
    """Write the 96-bit hash of each entry's values: hashes[2i], and the upper half of hashes[2i + 1]."""
    for row in range(count):
        uri = text_hash(buffer, spans[row, 0], spans[row, 1], _TRACK_URI)
        name = text_hash(buffer, spans[row, 2], spans[row, 3], _TRACK_NAME)
        artist_uri = text_hash(buffer, spans[row, 4], spans[row, 5], _ARTIST_URI)
        artist = text_hash(buffer, spans[row, 6], spans[row, 7], _ARTIST_NAME)
        album_uri = text_hash(buffer, spans[row, 8], spans[row, 9], _ALBUM_URI)
        album = text_hash(buffer, spans[row, 10], spans[row, 11], _ALBUM_NAME)
        rest = fold(fold(fold(fold(name, artist_uri), artist), album_uri), album)
        rest = finish(fold(rest, np.uint64(durations[row])))
        hashes[2 * row] = pair_low(uri, rest)
        hashes[2 * row + 1] = pair_high(uri, rest)


@nb.njit(nogil=True, cache=True)
def digest_playlists(
    buffer: Bytes,
    playlists: npt.NDArray[np.int64],
    positions: npt.NDArray[np.int32],
    hashes: Words,
    count: int,
) -> None:
    """Write each playlist's digest into its row."""
    for row in range(count):
        playlist = playlists[row]
        h = fold(np.uint64(playlist[layout.PID]), np.uint64(playlist[layout.ENTRIES]))
        h = fold(h, text_hash(buffer, playlist[layout.NAME], playlist[layout.NAME + 1], _NAME))
        h = fold(h, text_hash(buffer, playlist[layout.DESCRIPTION], playlist[layout.DESCRIPTION + 1], _DESCRIPTION))
        for column in range(layout.NUMBER, layout.PLAYLIST_COLUMNS):
            h = fold(h, np.uint64(playlist[column]))
        first = playlist[layout.FIRST]
        for entry in range(first, first + playlist[layout.ENTRIES]):
            h = fold(fold(h, np.uint64(positions[entry])), hashes[2 * entry] ^ hashes[2 * entry + 1])
        playlist[layout.DIGEST] = np.int64(finish(h))


@nb.njit(nogil=True, cache=True)
def hash_texts(buffer: Bytes, places: npt.NDArray[np.int64], lengths: npt.NDArray[np.int32], hashes: Words) -> None:
    """Write the hash of each text."""
    for row in range(places.size):
        hashes[row] = text_hash(buffer, places[row], np.int64(lengths[row]), 0)
