"""Compiled loops of the synthetic world: cutting discographies into albums, and filling playlists.

Tracks are numbered so that an album's, an artist's, a style's and a genre's tracks each stand together. A
pool of tracks is then a range of numbers, and a weighted draw a binary search in the weights' running total.
"""

from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.mixing import mix

Ints = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

# Share of a playlist's steps that go on with the album, or the artist: SHARE · r ** POWER with r uniform in
# (0, 1) for each playlist, so that few playlists hold most of them. In the excerpts 13.7 % of neighbours
# share the album and 22 to 24 % the artist.
ALBUM_SHARE, ALBUM_POWER = 0.8, 5
ARTIST_SHARE, ARTIST_POWER = 0.55, 4
# 181 of 700 real playlists repeat a track, 598 of 43,146 entries are repeats.
REPEATING_PLAYLISTS, REPEAT_SHARE = 0.5, 0.11
# Half of the playlists keep to one style; the others draw up to half of their tracks from a second one,
# which mostly belongs to the same genre.
SINGLE_STYLE, SECOND_SHARE, SAME_GENRE = 0.4, 0.5, 0.7
MIN_ARTISTS = 3  # of every MPD playlist; each album belongs to at most two artists, so there are 2 albums as well
FRESH = 2.0  # a step beyond all shares: a fresh draw
TRIES = 24  # draws of a track that is already there before a repeat is let in
SLOTS = 1024  # of a hash set that holds a playlist's at most 250 tracks or artists


class Tracks(NamedTuple):
    """What playlists are drawn from; `first` arrays have one element more than there are groups."""

    artist_of: Ids
    album_of: Ids
    style_of_artist: Ids
    artist_first: Ids
    style_first: Ids
    genre_first: Ids
    genre_of_style: Ids
    total: Ints  # running totals over tracks (one element more), of all weight and of its parts that are drawn
    by_style: Ints  # by listeners of the track's style,
    by_genre: Ints  # by listeners of its genre (over genre_tracks),
    genre_tracks: Ids
    genre_tracks_first: Ids
    by_all: Ints  # and by everyone (over all_tracks)
    all_tracks: Ids
    style_share: Floats  # of the draws of a style's listener that go to by_style;
    genre_share: Floats  # of the other draws, by genre, that go to by_genre


@nb.njit(cache=True)
def cut_albums(tracks: Ids, style: Ids, sizes: Ids, shared: float, stream: np.uint64) -> Ids:
    """Return the album of every track, albums numbered from 0 along the tracks.

    `tracks` and `style` are per artist, `sizes` is a table of equally likely album sizes, and `shared` the
    chance that an artist of a single track has it on the last album of the artist before (of the same style).
    """
    album_of = np.empty(tracks.sum(), np.int32)
    state = np.array([stream], np.uint64)
    track, album, joined = 0, -1, False
    for artist in range(len(tracks)):
        left = tracks[artist]
        joins = (
            artist > 0 and not joined and left == 1 and style[artist - 1] == style[artist] and _uniform(state) < shared
        )
        joined = joins
        while left > 0:
            size = min(left, sizes[int(_uniform(state) * len(sizes))])
            album += 0 if joins else 1
            joins = False
            album_of[track : track + size] = album
            track += size
            left -= size
    return album_of


@nb.njit(inline="always")
def _uniform(state: npt.NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1) of a SplitMix64 stream."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 2.0**-53


@nb.njit(inline="always")
def _pick(running: Ints, low: int, high: int, u: float) -> int:
    """Return the track of low … high−1 at the share `u` of their weight."""
    target = running[low] + np.int64(u * (running[high] - running[low]))
    left = high - low
    while left > 1:
        half = left >> 1
        low = low + half if running[low + half] <= target else low  # compiles to a move, no branch to mispredict
        left -= half
    return low


@nb.njit(inline="always")
def _slot(members: Ids, member: int) -> int:
    """Return the place of a member in a hash set, or the free place where it would go."""
    slot = (member * 0x9E3779B1 >> 7) & (SLOTS - 1)
    while members[slot] != member and members[slot] >= 0:
        slot = (slot + 1) & (SLOTS - 1)
    return slot


@nb.njit(inline="always")
def _fresh(world: Tracks, state: npt.NDArray[np.uint64], style: int, faithful: float) -> int:
    """Return a track that a listener of a style draws."""
    genre = world.genre_of_style[style]
    if _uniform(state) < faithful:
        return _pick(world.by_style, world.style_first[style], world.style_first[style + 1], _uniform(state))
    if _uniform(state) < world.genre_share[genre]:
        first = world.genre_tracks_first
        return int(world.genre_tracks[_pick(world.by_genre, first[genre], first[genre + 1], _uniform(state))])
    return int(world.all_tracks[_pick(world.by_all, 0, len(world.all_tracks), _uniform(state))])


@nb.njit(inline="always")
def _style_within(world: Tracks, low: int, high: int, u: float) -> int:
    """Return the style of a track drawn by weight from a range."""
    return int(world.style_of_artist[world.artist_of[_pick(world.total, low, high, u)]])


@nb.njit(inline="always")
def _main_style(world: Tracks, state: npt.NDArray[np.uint64]) -> int:
    """Return the style that most of a playlist is drawn from: the first draw of its stream."""
    return _style_within(world, 0, len(world.artist_of), _uniform(state))


@nb.njit(inline="always")
def _start(stream: np.uint64, pid: int) -> np.uint64:
    """Return the first state of a playlist's random stream."""
    return (mix(stream, np.uint64(pid)) << np.uint64(32)) ^ stream


@nb.njit(inline="always")
def _swing(mean: float, u: float) -> float:
    """Return a share as far above or below its mean, half of the time each, as 0 and 1 let it."""
    return mean + (1.0 if u < 0.5 else -1.0) * min(mean, 1.0 - mean)


@nb.njit(cache=True)
def _fill(
    world: Tracks, state: npt.NDArray[np.uint64], playlist: Ids, taste: Ids, known: npt.NDArray[np.int32]
) -> float:
    """Fill a playlist with tracks, `taste` with its main and second style; return the second one's share."""
    count = len(world.artist_of)
    main = _main_style(world, state)
    genre = world.genre_of_style[main]
    near = _uniform(state) < SAME_GENRE
    low, high = (world.genre_first[genre], world.genre_first[genre + 1]) if near else (0, count)
    second = _style_within(world, low, high, _uniform(state))
    mixed = _uniform(state) >= SINGLE_STYLE
    second_share = SECOND_SHARE * _uniform(state) if mixed else 0.0
    swing = _uniform(state)
    repeat = REPEAT_SHARE * _uniform(state) ** 3 if _uniform(state) < REPEATING_PLAYLISTS else 0.0
    album_run = repeat + ALBUM_SHARE * _uniform(state) ** ALBUM_POWER
    artist_run = album_run + ARTIST_SHARE * _uniform(state) ** ARTIST_POWER
    known[:] = -1
    placed, artists, tries = 0, 0, 0
    while placed < len(playlist):
        missing = MIN_ARTISTS - artists
        must_widen = len(playlist) - placed <= missing
        step = FRESH if placed == 0 or must_widen or tries > TRIES // 2 else _uniform(state)
        if step < repeat:
            playlist[placed] = playlist[int(_uniform(state) * placed)]
            placed += 1
            continue
        last = playlist[placed - 1]
        if step < album_run:
            track = last + 1
            if track == count or world.album_of[track] != world.album_of[last]:
                track = last
        elif step < artist_run:
            artist = world.artist_of[last]
            track = _pick(world.total, world.artist_first[artist], world.artist_first[artist + 1], _uniform(state))
        else:
            style = second if mixed and _uniform(state) < second_share else main
            track = _fresh(world, state, style, _swing(world.style_share[style], swing))
        tries += 1
        slot, artist_slot = _slot(known[0], track), _slot(known[1], world.artist_of[track])
        artist_is_new = known[1, artist_slot] < 0
        if (known[0, slot] >= 0 and tries <= TRIES) or (must_widen and not artist_is_new):
            continue
        known[0, slot], known[1, artist_slot] = track, world.artist_of[track]
        artists += artist_is_new
        playlist[placed] = track
        placed += 1
        tries = 0
    taste[0], taste[1] = main, second if mixed else main
    return second_share


@nb.njit(nogil=True, cache=True)
def draw_playlists(world: Tracks, stream: np.uint64, pids: Ids, offsets: Ints) -> tuple[Ids, Ids, Floats]:
    """Fill playlists; each depends on nothing but the world, the stream and its pid.

    `offsets` (one element more than `pids`) says where each playlist's entries lie. Returns the track of
    every entry, the main and the second style (n × 2) and the share of the second style of every playlist.
    """
    entries = np.empty(offsets[-1], np.int32)
    tastes = np.empty((len(pids), 2), np.int32)
    shares = np.empty(len(pids), np.float64)
    known = np.empty((2, SLOTS), np.int32)
    state = np.empty(1, np.uint64)
    for i in range(len(pids)):
        state[0] = _start(stream, pids[i])
        tastes[i, 0] = _main_style(world, state)
    for i in np.argsort(tastes[:, 0]):  # style by style: its tracks stay in the cache
        state[0] = _start(stream, pids[i])
        shares[i] = _fill(world, state, entries[offsets[i] : offsets[i + 1]], tastes[i], known)
    return entries, tastes, shares


@nb.njit(nogil=True, cache=True)
def count_groups(entries: Ids, offsets: Ints, group_of: Ids) -> Ids:
    """Return how many groups (artists, albums) the tracks of each playlist, at most 250, belong to."""
    counts = np.zeros(len(offsets) - 1, np.int32)
    known = np.empty(SLOTS, np.int32)
    for i in range(len(counts)):
        known[:] = -1
        for entry in entries[offsets[i] : offsets[i + 1]]:
            slot = _slot(known, group_of[entry])
            counts[i] += known[slot] < 0
            known[slot] = group_of[entry]
    return counts
