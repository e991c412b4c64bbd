"""Entries of Discogs tracklists: which are tracks, whose they are, and the keys that identify them."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.comparing import same_bytes

TAKEN, WITHOUT_TITLE, INDEX, HEADING, PART = range(5)
RULES = {WITHOUT_TITLE: "without title", INDEX: "index tracks", HEADING: "headings", PART: "parts of a track"}

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]

_DIGITS = 10  # of an int32
_COLON, _ZERO, _PLUS, _SLASH, _SHARP, _R = b":0+/#r"
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_MAX_CLOCK = 12  # characters, so that nothing overflows


@nb.njit(cache=True, nogil=True)
def parent_rows(starts, places, parents):  # type: ignore[no-untyped-def]
    """Return the row of the index track each entry is a part of (int64), −1 for none.

    Args:
        starts: (releases + 1,) int64, where the entries of each release begin.
        places: (entries,) int32 place in its release, one after the other.
        parents: (entries,) int32 place of the index track, −1 for none.
    """
    rows = np.full(places.size, -1, np.int64)
    for release in range(starts.size - 1):
        for row in range(starts[release], starts[release + 1]):
            parent = row - places[row] + parents[row]
            if parents[row] >= 0 and starts[release] <= parent < row:
                rows[row] = parent
    return rows


@nb.njit(cache=True, nogil=True)
def judge(starts, parents, index, has_position, has_title, has_duration):  # type: ignore[no-untyped-def]
    """Return for each entry whether it is TAKEN as a track, or the rule it is skipped by (uint8).

    Args:
        starts: (releases + 1,) int64, where the entries of each release begin.
        parents: of `parent_rows`.
        index: (entries,) bool, whether it has sub-tracks; the rest likewise.
        has_position: whether a position is printed.
        has_title: whether it has a title.
        has_duration: whether a duration is printed.
    """
    verdicts = np.empty(parents.size, np.uint8)
    for release in range(starts.size - 1):
        start, stop = starts[release], starts[release + 1]
        printed = False
        for row in range(start, stop):
            printed |= has_position[row]
        for row in range(start, stop):
            parent = parents[row]
            if not has_title[row]:
                verdicts[row] = WITHOUT_TITLE
            elif index[row] and not has_position[row]:
                verdicts[row] = INDEX
            elif has_position[row] or has_duration[row] or not printed:
                verdicts[row] = TAKEN
            elif parent < 0:
                verdicts[row] = HEADING
            else:
                verdicts[row] = PART if has_position[parent] else TAKEN
    return verdicts


@nb.njit(cache=True, nogil=True)
def sort_by_track(offsets, rows, tracks):  # type: ignore[no-untyped-def]
    """Sort the rows of each release (int32, overwritten) by track, stably.

    Most are: only an index track may name its artists behind its parts.
    """
    for release in range(offsets.size - 1):
        some = rows[offsets[release] : offsets[release + 1]]
        for index in range(1, some.size):
            if tracks[some[index]] < tracks[some[index - 1]]:
                some[:] = some[np.argsort(tracks[some], kind="mergesort")]
                break


@nb.njit(cache=True, nogil=True)
def artists_of(starts, places, parents, own_starts, own_stops, own_tracks, releases, artist_offsets):  # type: ignore[no-untyped-def]
    """Return where each entry's artists stand: whether among its own or an index track's, from and to (int64).

    Args:
        starts: (releases + 1,) int64, where the entries of each release begin.
        places: (entries,) int32 place in its release.
        parents: of `parent_rows`.
        own_starts: (releases,) int64, where the artists of a release's entries begin in `own_tracks`.
        own_stops: (releases,) int64, and where they end.
        own_tracks: int32 place of the entry an artist belongs to, ascending in each release.
        releases: (releases,) int32 number of each release.
        artist_offsets: where the artists of each release begin, by its number.
    """
    own = np.zeros(places.size, np.bool_)
    begins = np.zeros(places.size, np.int64)
    ends = np.zeros(places.size, np.int64)
    for release in range(starts.size - 1):
        read, stop = own_starts[release], own_stops[release]
        for row in range(starts[release], starts[release + 1]):
            while read < stop and own_tracks[read] < places[row]:
                read += 1
            first = read
            while read < stop and own_tracks[read] == places[row]:
                read += 1
            if read > first:
                own[row], begins[row], ends[row] = True, first, read
            elif parents[row] >= 0:
                parent = parents[row]
                own[row], begins[row], ends[row] = own[parent], begins[parent], ends[parent]
            else:
                number = releases[release]
                begins[row], ends[row] = artist_offsets[number], artist_offsets[number + 1]
    return own, begins, ends


@nb.njit(cache=True, nogil=True)
def credited(own, begins, ends, own_artists, release_artists):  # type: ignore[no-untyped-def]
    """Return the distinct artists of each entry in the order of its credits: offsets (int64), Discogs ids (int32).

    Args:
        own: of `artists_of`; so are `begins` and `ends`.
        begins: where an entry's artists begin.
        ends: where they end.
        own_artists: Discogs ids of the entries' artists, −1 for one that is none.
        release_artists: the same of the releases' artists.
    """
    offsets = np.zeros(own.size + 1, np.int64)
    artists = np.empty((ends - begins).sum(), np.int32)
    put = 0
    for row in range(own.size):
        source = own_artists if own[row] else release_artists
        first = put
        for index in range(begins[row], ends[row]):
            artist = source[index]
            if artist >= 0 and not _among(artists, first, put, artist):
                artists[put] = artist
                put += 1
        offsets[row + 1] = put
    return offsets, artists[:put]


@nb.njit(cache=True, nogil=True)
def _among(values, begin, end, value):  # type: ignore[no-untyped-def]
    for index in range(begin, end):  # noqa: SIM110 - numba compiles no generator
        if values[index] == value:
            return True
    return False


@nb.njit(cache=True, nogil=True)
def write_keys(starts, release_ids, artist_offsets, artists, title_offsets, titles):  # type: ignore[no-untyped-def]
    """Return the key of each entry as Arrow offsets (int64) and bytes.

    Args:
        starts: (releases + 1,) int64, where the entries of each release begin.
        release_ids: (releases,) int32 Discogs ids.
        artist_offsets: (entries + 1,) int64.
        artists: Discogs ids, distinct for each entry.
        title_offsets: (entries + 1,) int64 of the folded titles.
        titles: their bytes.
    """
    entries = title_offsets.size - 1
    room = (_DIGITS + 1) * (artists.size + 2 * entries) + 3 * entries + title_offsets[-1] - title_offsets[0]
    keys = np.empty(room, np.uint8)
    offsets = np.zeros(entries + 1, np.int64)
    ends = np.zeros(entries, np.int64)
    firsts = np.empty(_slots(starts), np.int64)
    times = np.empty(firsts.size, np.int64)
    for release in range(starts.size - 1):
        slots = _slots(starts[release : release + 2])
        firsts[:slots] = -1
        for row in range(starts[release], starts[release + 1]):
            own = artists[artist_offsets[row] : artist_offsets[row + 1]]
            put = _put_artists(keys, offsets[row], own, release_ids[release])
            for index in range(title_offsets[row], title_offsets[row + 1]):
                keys[put] = titles[index]
                put += 1
            ends[row] = put
            ordinal = _ordinal(keys, offsets, ends, row, firsts[:slots], times)
            offsets[row + 1] = ends[row]
            if ordinal > 1:
                keys[ends[row]] = _SHARP
                offsets[row + 1] = _put_number(keys, ends[row] + 1, ordinal)
    return offsets, keys[: offsets[-1]]


@nb.njit(cache=True, nogil=True)
def _slots(starts):  # type: ignore[no-untyped-def]
    """Return the slots of a table for the largest release: a power of two, at most half of them taken."""
    largest = 1
    for release in range(starts.size - 1):
        largest = max(largest, starts[release + 1] - starts[release])
    slots = 2
    while slots < 2 * largest:
        slots *= 2
    return slots


@nb.njit(cache=True, nogil=True)
def _put_artists(keys, put, artists, release):  # type: ignore[no-untyped-def]
    """Write `1+23/`, or `r45/` where there are no artists, and return the place behind it."""
    if artists.size == 0:
        keys[put] = _R
        put = _put_number(keys, put + 1, release)
    elif artists.size == 1:
        put = _put_number(keys, put, artists[0])
    else:
        ascending = np.sort(artists)
        for index in range(ascending.size):
            if index:
                keys[put] = _PLUS
                put += 1
            put = _put_number(keys, put, ascending[index])
    keys[put] = _SLASH
    return put + 1


@nb.njit(cache=True, nogil=True)
def _put_number(keys, put, number):  # type: ignore[no-untyped-def]
    """Write a number that is not negative and return the place behind it."""
    digits, power = 1, 10
    while number >= power:
        digits, power = digits + 1, power * 10
    for index in range(digits - 1, -1, -1):
        keys[put + index] = _ZERO + number % 10
        number //= 10
    return put + digits


@nb.njit(cache=True, nogil=True)
def _ordinal(keys, begins, ends, row, firsts, times):  # type: ignore[no-untyped-def]
    """Return how often the key of this row came in its release so far, this time included.

    Args:
        keys: bytes of all keys.
        begins: where each begins.
        ends: where each ends, without an ordinal.
        row: the row.
        firsts: slots of a table: the first row of each key, −1 for a free one.
        times: how often it came.
    """
    begin, length = begins[row], ends[row] - begins[row]
    slot = _hash(keys, begin, ends[row]) & (firsts.size - 1)
    while firsts[slot] >= 0:
        other = begins[firsts[slot]]
        if ends[firsts[slot]] - other == length and same_bytes(keys, begin, keys, other, length):
            times[slot] += 1
            return times[slot]
        slot = (slot + 1) & (firsts.size - 1)
    firsts[slot], times[slot] = row, 1
    return 1


@nb.njit(cache=True, nogil=True)
def _hash(data, begin, end):  # type: ignore[no-untyped-def]
    value = np.uint64(_FNV_OFFSET)
    for index in range(begin, end):
        value = (value ^ np.uint64(data[index])) * np.uint64(_FNV_PRIME)
    return np.int64((value ^ (value >> np.uint64(32))) & np.uint64(0x7FFFFFFF))


@nb.njit(cache=True, nogil=True)
def durations(offsets, texts):  # type: ignore[no-untyped-def]
    """Return the milliseconds `m:ss` or `h:mm:ss` stand for (int64), −1 for any other text.

    Minutes of `m:ss` may pass 59, as in 148:00. Texts of more than 12 characters stand for nothing.

    Args:
        offsets: (entries + 1,) int64 of the texts.
        texts: their bytes.
    """
    lengths = np.empty(offsets.size - 1, np.int64)
    for row in range(lengths.size):
        lengths[row] = _clock(texts, offsets[row], offsets[row + 1])
    return lengths


@nb.njit(cache=True, nogil=True)
def _clock(texts, begin, end):  # type: ignore[no-untyped-def]
    total, field, digits, colons = 0, 0, 0, 0
    if end - begin > _MAX_CLOCK:
        return -1
    for index in range(begin, end):
        byte = texts[index]
        if byte == _COLON:
            if digits == 0 or (colons and digits != 2):
                return -1
            total, field, digits, colons = (total + field) * 60, 0, 0, colons + 1
        elif _ZERO <= byte <= _ZERO + 9:
            field, digits = field * 10 + byte - _ZERO, digits + 1
            if colons and field > 59:
                return -1
        else:
            return -1
    return 1000 * (total + field) if digits == 2 and 1 <= colons <= 2 else -1
