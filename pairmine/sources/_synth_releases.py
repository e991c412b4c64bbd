"""Releases of the synthetic world as a Discogs dump would list them: which tracks, of which kind, from when.

Runs of CHUNK releases cover ALBUMS albums each, in the order of fame: every album once, then again and again, the
first albums more often; besides singles, best-ofs and compilations of Various drawn from them. A run's order is
shuffled. So a track is on about five releases in a dump of any size, and a smaller dump is the beginning of a larger.
"""

from dataclasses import dataclass

import numpy as np

from pairmine import seeding
from pairmine.sources._synth_shelves import NOBODY, Array, Flags, Floats, Shelves, below, heavy, luck

CHUNK, ALBUMS = 512, 76
EDITION, SINGLE, BEST_OF, COMPILATION = range(4)
KINDS = np.repeat([EDITION, SINGLE, BEST_OF, COMPILATION], [346, 110, 25, 31])
FAME = 24  # how evenly re-editions are spread over the albums of a run
YEARS = (1955, 2020)


@dataclass(frozen=True)
class Releases:
    """A run of releases: numbers from 0, and their tracks (world numbers), release after release."""

    numbers: Array
    kinds: Array
    first_editions: Flags
    albums: Array
    masters: Array
    offsets: Array
    tracks: Array
    artists: tuple[Array, Array]
    years: Array

    @property
    def counts(self) -> Array:
        """Tracks of each release."""
        return np.diff(self.offsets)


def draw(shelves: Shelves, first: int, end: int) -> Releases:
    """Draw the releases `first` (a multiple of CHUNK) to below `end`."""
    seed = shelves.world.seed
    numbers = np.arange(first, -(-end // CHUNK) * CHUNK)
    slots = _shuffled(seed, numbers)[: end - first]
    numbers = numbers[: end - first]
    kinds = KINDS[slots]
    known = heavy(luck(seed, "which album", numbers), ALBUMS, FAME)
    places = numbers // CHUNK * ALBUMS + np.where(slots < ALBUMS, slots, known)
    rounds, places = np.divmod(places, len(shelves.albums))
    albums = shelves.albums[places]
    starts, counts = _ranges(shelves, numbers, kinds, albums)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    release = np.repeat(np.arange(len(numbers)), counts)
    tracks = starts[release] + np.arange(offsets[-1]) - offsets[release]
    tracks = np.where(kinds[release] == COMPILATION, _gathered(shelves, numbers[release], tracks), tracks)
    artists = shelves.artists(tracks)
    is_first = (slots < ALBUMS) & (rounds == 0)
    return Releases(
        numbers=numbers,
        kinds=kinds,
        first_editions=is_first,
        albums=albums,
        masters=np.where((kinds == EDITION) & _has_master(shelves, albums), places, NOBODY),
        offsets=offsets,
        tracks=tracks,
        artists=_release_artists(kinds, offsets, release, artists),
        years=_years(seed, numbers, albums, is_first),
    )


def _shuffled(seed: int, numbers: Array) -> Array:
    """Return the slot of every release in its run."""
    keys = seeding.mix(seeding.stream(seed, "synth", "discogs", "slot"), numbers).reshape(-1, CHUNK)
    slots: Array = np.argsort(keys, axis=1, kind="stable").ravel().astype(np.int64)
    return slots


def _has_master(shelves: Shelves, albums: Array) -> Flags:
    return luck(shelves.world.seed, "master", albums) < 0.8


def _ranges(shelves: Shelves, numbers: Array, kinds: Array, albums: Array) -> tuple[Array, Array]:
    """Return the first track of every release, and how many follow one another, all of one album or artist."""
    seed = shelves.world.seed
    begin, end = shelves.album_first[albums], shelves.album_first[albums + 1]
    artist = shelves.world.tracks.artist_of[end - 1]
    artist_begin, artist_end = (shelves.world.tracks.artist_first[artist + i].astype(np.int64) for i in (0, 1))
    u = luck(seed, "size", numbers)
    is_short = end - begin < 4
    bonus = below(u, 5) * (luck(seed, "bonus", numbers) < 0.2)
    sizes = np.where(is_short, 2 + below(u * luck(seed, "b-sides", albums), 14), end - begin + bonus)
    single_start = begin + below(luck(seed, "hit", numbers) ** 2, end - begin)
    best_of_start = artist_begin + below(luck(seed, "hit", numbers), np.maximum(artist_end - artist_begin - 12, 1))
    starts = np.choose(kinds, [begin, single_start, best_of_start, np.zeros_like(begin)])
    counts = np.choose(kinds, [sizes, 1 + below(u**2, 5), 10 + below(u, 12), 8 + below(u**2, 34)])
    return starts, np.where(kinds == COMPILATION, counts, np.minimum(counts, artist_end - starts))


def _gathered(shelves: Shelves, numbers: Array, places: Array) -> Array:
    """Return tracks of a compilation: any of the albums its run covers."""
    seed = shelves.world.seed
    known = heavy(luck(seed, "compiled album", numbers, places), ALBUMS, FAME)
    album = shelves.albums[(numbers // CHUNK * ALBUMS + known) % len(shelves.albums)]
    begin, end = shelves.album_first[album], shelves.album_first[album + 1]
    return np.asarray(begin + below(luck(seed, "compiled track", numbers, places) ** 2, end - begin), np.int64)


def _release_artists(kinds: Array, offsets: Array, release: Array, artists: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the artists in front of the release: those of its tracks where they agree; NOBODY stands for Various."""
    first, second = (each[offsets[:-1]] for each in artists)
    last = artists[0][offsets[1:] - 1]
    second = np.where(last != first, last, second)
    is_various = kinds == COMPILATION
    return np.where(is_various, NOBODY, first), np.where(is_various, NOBODY, second)


def _years(seed: int, numbers: Array, albums: Array, is_first: Flags) -> Array:
    first = first_years(seed, albums)
    later = below(luck(seed, "years later", numbers) ** 2, YEARS[1] - first)
    return np.where(is_first, first, first + later)


def first_years(seed: int, albums: Array) -> Array:
    """Return the year of the first edition of albums."""
    low, high = YEARS
    years: Array = low + below(np.sqrt(luck(seed, "year", albums)), high - low - 5)
    return years


def first_editions(shelves: Shelves, places: Array) -> Array:
    """Return the number of the first release of albums, by their place in the order of fame."""
    chunks, chunk_of = np.unique(places // ALBUMS, return_inverse=True)
    numbers = (chunks[:, None] * CHUNK + np.arange(CHUNK)).ravel()
    by_slot = np.argsort(_shuffled(shelves.world.seed, numbers).reshape(-1, CHUNK), axis=1)
    return np.asarray(chunks[chunk_of] * CHUNK + by_slot[chunk_of, places % ALBUMS], np.int64)


def quantiles(u: Floats, shares: tuple[float, ...]) -> Array:
    """Return the class, by its share, that every number in [0, 1) falls in; what is left over is the last class."""
    return np.searchsorted(np.cumsum(shares), u, side="right").astype(np.int64)
