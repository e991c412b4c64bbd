"""What stands behind the releases of the synthetic world: whose music, on which label, and who else is on it.

Artists and labels have the ids that a Discogs dump would give them; all is fixed by the seed.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.sources._synth_world import GENRES, STYLES_PER_GENRE, World, lognormal, named, uniform

Array = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NOBODY = -1
ARTIST_BASE, LABEL_BASE, MASTER_BASE = 200_000, 2_000, 1_000
VARIOUS, NOT_ON_LABEL = 194, 1818
LABELS_PER_STYLE = 200
LABELS = GENRES * STYLES_PER_GENRE * LABELS_PER_STYLE
LABEL_FLATNESS = 8  # the largest label of a style has about 3 % of its artists
CIRCLE = 8  # people an artist works with
SEVERAL_ARTISTS = 0.13  # of the albums


def below(u: Floats, counts: npt.ArrayLike) -> Array:
    """Return the whole numbers from 0 to below `counts` that the numbers in [0, 1) stand for."""
    numbers: Array = (u * np.asarray(counts)).astype(np.int64)
    return numbers


def heavy(u: Floats, count: int, flatness: int) -> Array:
    """Return ranks below `count`, the smaller the more frequent: a rank's share falls as 1 / (rank + flatness)."""
    return np.searchsorted(_running_shares(count, flatness), u, side="right").astype(np.int64)


@cache
def _running_shares(count: int, flatness: int) -> Floats:
    running = np.cumsum(2**32 // (np.arange(count - 1) + flatness))
    shares: Floats = running / (running[-1] + 2**32 // (count - 1 + flatness))
    return shares


def mixed(seed: int, what: str, ids: npt.ArrayLike, places: npt.ArrayLike = 0) -> Array:
    """Return 32-bit numbers for (id, place), as ids of further draws."""
    first = seeding.mix(seeding.stream(seed, "synth", "discogs", what), ids)
    second = np.asarray(places, np.uint64) * np.uint64(0x9E3779B1)
    return ((first ^ second) & np.uint64(seeding.MASK_32)).astype(np.int64)


def luck(seed: int, what: str, ids: npt.ArrayLike, places: npt.ArrayLike = 0) -> Floats:
    """Return a number in [0, 1) for (id, place)."""
    return uniform(seeding.stream(seed, "synth", "discogs", what, "luck"), mixed(seed, what, ids, places))


@dataclass(frozen=True)
class Shelves:
    """The world's albums, best known first, with what an editor would write down about them."""

    world: World

    def prepared(self) -> "Shelves":
        """Work out now what threads would each work out at first use, and return self."""
        _ = self.albums, self.artists_of_style
        return self

    @cached_property
    def album_first(self) -> Array:
        """First track of every album, and the number of tracks."""
        album_of = self.world.tracks.album_of
        starts = np.flatnonzero(np.diff(album_of, prepend=-1))
        return np.append(starts, len(album_of)).astype(np.int64)

    @cached_property
    def albums(self) -> Array:
        """All albums, the most wanted first, with some luck."""
        numbers = np.arange(len(self.album_first) - 1)
        wanted = np.add.reduceat(self.world.weight, self.album_first[:-1])
        score = np.round(wanted * lognormal(named(self.world.seed, "discogs luck"), numbers, 1.0) * 64)
        return np.lexsort((numbers, -score.astype(np.int64)))

    @cached_property
    def artists_of_style(self) -> Array:
        """First artist of every style, and the number of artists."""
        styles = np.arange(GENRES * STYLES_PER_GENRE + 1)
        return np.searchsorted(self.world.tracks.style_of_artist, styles).astype(np.int64)

    def artists(self, tracks: Array) -> tuple[Array, Array]:
        """Return the one or two artists of tracks (world numbers); the second is NOBODY where there is none."""
        first = self.world.tracks.artist_of[tracks].astype(np.int64)
        album = self.world.tracks.album_of[tracks]
        other = self.colleague(first, luck(self.world.seed, "second artist", album))
        has_other = (luck(self.world.seed, "several artists", album) < SEVERAL_ARTISTS) & (other != first)
        return first, np.where(has_other, other, NOBODY)

    def colleague(self, artists: Array, u: Floats) -> Array:
        """Return an artist of the same style, mostly one of its first."""
        style = self.world.tracks.style_of_artist[artists]
        low, high = self.artists_of_style[style], self.artists_of_style[style + 1]
        return low + below(u**4, high - low)

    def helper(self, artists: Array, u: Floats) -> Array:
        """Return who works with artists: often themselves, else one of a circle of their own."""
        place = below(u, 2 * CIRCLE)
        other = self.colleague(artists, luck(self.world.seed, "circle", artists, place))
        return np.where(place < CIRCLE, other, artists)

    def label(self, artists: Array, which: npt.ArrayLike) -> Array:
        """Return the label number of an artist's first (0), second, … home."""
        style = self.world.tracks.style_of_artist[artists].astype(np.int64)
        rank = heavy(luck(self.world.seed, "label", artists, which), LABELS_PER_STYLE, LABEL_FLATNESS)
        return style * LABELS_PER_STYLE + rank
