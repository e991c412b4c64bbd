"""One number for each distinct entry, artist and album: open addressing on 96-bit hashes, texts kept once.

A table has two words a slot: the low 64 bits of a hash; its high 32 bits and the number + 1 (0: a free slot).
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import PADDING, Int, load64
from pairmine.kernels.memory import prefetch
from pairmine.kernels.text_hashes import pair_high, pair_low, text_hash

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

# Columns of a track variant.
URI_LENGTH, TITLE_LENGTH, ARTIST, ALBUM = 0, 1, 2, 3
# State: what is used of the arena, and how many variants there are.
ARENA, TRACKS, ARTISTS, ALBUMS = 0, 1, 2, 3
_AHEAD = 16
_SEPARATOR = np.frombuffer(b" / " + bytes(PADDING), np.uint8)
_SEPARATOR_BYTES = 3
_NUMBER = np.uint64(0xFFFFFFFF)
_ONE = np.uint64(1)


@nb.njit(nogil=True, cache=True, inline="always")
def _slot(table: Words, low: np.uint64, high: np.uint64) -> Int:
    """Index in the table of a hash's slot, or of the free slot where it belongs."""
    mask = np.int64(table.size // 2 - 1)
    slot = np.int64(low & np.uint64(mask))
    while True:
        word = table[2 * slot + 1]
        if word == 0 or (table[2 * slot] == low and word & ~_NUMBER == high):
            return 2 * slot
        slot = (slot + 1) & mask


@nb.njit(nogil=True, cache=True)
def rehash(old: Words, new: Words) -> None:
    """Put all that stands in a table into a larger one, which is all zeros."""
    for index in range(0, old.size, 2):
        word = old[index + 1]
        if word != 0:
            place = _slot(new, old[index], word & ~_NUMBER)
            new[place], new[place + 1] = old[index], word


@nb.njit(nogil=True, cache=True)
def _keep(buffer: Bytes, place: int, length: int, arena: Bytes, state: Int64s) -> None:
    """Copy a text to the end of the arena, which has room for it and 8 bytes more."""
    used = state[ARENA]
    for offset in range(0, length, 8):
        word = load64(buffer, place + offset)
        for index in range(8):
            arena[used + offset + index] = np.uint8(word >> np.uint64(8 * index))
    state[ARENA] = used + max(length, 0)


@nb.njit(nogil=True, cache=True)
def _intern_name(
    buffer: Bytes,
    span: Int32s,
    column: int,
    owner: int,
    table: Words,
    places: Int64s,
    lengths: Int32s,
    arena: Bytes,
    state: Int64s,
    which: int,
) -> Int:
    """Return the number of a (uri, name), −1 if there is neither.

    Names without a uri are told apart by their owner too, the text in that column (−1: they have none).
    """
    uri_length, name_length = span[column + 1], span[column + 3]
    if uri_length < 0 and name_length < 0:
        return -1
    uri = text_hash(buffer, span[column], uri_length, 0)
    name = text_hash(buffer, span[column + 2], name_length, 1)
    owned = owner >= 0 and uri_length <= 0 and name_length > 0
    owner_length = max(span[owner + 1], 0) if owned else 0
    if owned:
        name ^= text_hash(buffer, span[owner], owner_length, 2)
    low, high = pair_low(uri, name), pair_high(uri, name)
    slot = _slot(table, low, high)
    if table[slot + 1] != 0:
        return np.int64(table[slot + 1] & _NUMBER) - 1
    number = np.int64(state[which])
    state[which] += 1
    table[slot], table[slot + 1] = low, high | np.uint64(number + 1)
    places[number] = state[ARENA]
    lengths[number, 0], lengths[number, 1] = uri_length, name_length
    lengths[number, 2] = owner_length + _SEPARATOR_BYTES if owned else 0
    _keep(buffer, span[column], uri_length, arena, state)
    if owned:
        _keep(buffer, span[owner], owner_length, arena, state)
        _keep(_SEPARATOR, 0, _SEPARATOR_BYTES, arena, state)
    _keep(buffer, span[column + 2], name_length, arena, state)
    return number


@nb.njit(nogil=True, cache=True)
def intern_entries(
    buffer: Bytes,
    spans: Int32s,
    durations: Int64s,
    hashes: Words,
    numbers: Int32s,
    state: Int64s,
    arena: Bytes,
    track_table: Words,
    track_places: Int64s,
    track_columns: Int32s,
    track_durations: Int64s,
    artist_table: Words,
    artist_places: Int64s,
    artist_lengths: Int32s,
    album_table: Words,
    album_places: Int64s,
    album_lengths: Int32s,
) -> None:
    """Write the number of each entry's variant, and take up the variants that are new.

    Args:
        buffer: where the entries' texts stand, padded.
        spans: (entries, SPAN_COLUMNS) int32.
        durations: (entries,) int64.
        hashes: (2 × entries,) uint64, of `hash_entries`.
        numbers: (entries,) int32, written.
        state: what is used so far; see the constants above.
        arena: the texts, uri then title or name; with room for all of the buffer's twice.
        track_table: slots; like the other tables with free ones left after all entries.
        track_places: where a variant's texts stand in the arena.
        track_columns: (variants, 4) int32: lengths of uri and title (−1 none), numbers of artist and album.
        track_durations: (variants,) int64.
        artist_table: slots.
        artist_places: where a variant's texts stand in the arena.
        artist_lengths: (variants, 3) int32 lengths of uri and name (−1 none), and of what stands between them.
        album_table: slots.
        album_places: as for artists.
        album_lengths: as for artists.
    """
    mask = np.uint64(track_table.size // 2 - 1)
    for row in range(min(_AHEAD, numbers.size)):
        prefetch(track_table, np.int64(2 * (hashes[2 * row] & mask)))
    for row in range(numbers.size):
        if row + _AHEAD < numbers.size:
            prefetch(track_table, np.int64(np.uint64(2) * (hashes[2 * (row + _AHEAD)] & mask)))
        low, high = hashes[2 * row], hashes[2 * row + 1]
        slot = _slot(track_table, low, high)
        if track_table[slot + 1] != 0:
            numbers[row] = np.int64(track_table[slot + 1] & _NUMBER) - 1
            continue
        number = state[TRACKS]
        state[TRACKS] += 1
        numbers[row] = number
        track_table[slot], track_table[slot + 1] = low, high | np.uint64(number + 1)
        span = spans[row]
        track_places[number] = state[ARENA]
        track_columns[number, URI_LENGTH] = span[layout.TRACK_URI + 1]
        track_columns[number, TITLE_LENGTH] = span[layout.TRACK_NAME + 1]
        track_durations[number] = durations[row]
        _keep(buffer, span[layout.TRACK_URI], span[layout.TRACK_URI + 1], arena, state)
        _keep(buffer, span[layout.TRACK_NAME], span[layout.TRACK_NAME + 1], arena, state)
        track_columns[number, ARTIST] = _intern_name(
            buffer,
            span,
            layout.ARTIST_URI,
            -1,
            artist_table,
            artist_places,
            artist_lengths,
            arena,
            state,
            ARTISTS,
        )
        track_columns[number, ALBUM] = _intern_name(
            buffer,
            span,
            layout.ALBUM_URI,
            layout.ARTIST_NAME,
            album_table,
            album_places,
            album_lengths,
            arena,
            state,
            ALBUMS,
        )
