"""The fixed world of `synth`: artists, albums and tracks, their tastes and weights, the same for every size.

Everything is drawn by the seeded integer mix and weighed in integers, so no machine's rounding can change it.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.kernels import world as kernel

Array = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

GENRES, STYLES_PER_GENRE = 24, 16
ARTISTS = 370_000
WEIGHT_UNIT = 1024  # a weight of 1024 is one expected entry in a million playlists

# How often artists are wanted in a million playlists, by rank: the published 20, then the excerpts' shape.
# Each knot is set so that what is then drawn (hardly a track twice in a playlist, runs of albums and artists)
# comes out as published.
ARTIST_ENTRIES = (
    (1, 600_000), (2, 345_000), (3, 285_000), (4, 300_000), (5, 280_000), (7, 255_000), (10, 230_000),
    (15, 190_000), (20, 185_000), (100, 82_000), (300, 37_000), (1_000, 12_000), (3_000, 3_400),
    (10_000, 680), (30_000, 150), (100_000, 20), (370_000, 2.3),
)  # fmt: skip
# The same for tracks. Beyond the published 20 by the numbers of distinct tracks: 25,093 in 43,146 entries,
# 153,241 in 467,631 and 2.26 M in 66.35 M.
TRACK_ENTRIES = (
    (1, 73_000), (5, 63_000), (6, 55_000), (20, 49_000), (100, 36_500), (300, 23_000), (1_000, 10_900),
    (3_000, 4_230), (10_000, 1_060), (30_000, 250), (100_000, 61), (300_000, 12), (1_000_000, 1.4),
    (2_000_000, 0.56), (4_500_000, 0.18),
)  # fmt: skip
# Tracks of artists by rank: 7.6 a seen artist on average; Drake has 118 in only 700 playlists.
ARTIST_TRACKS = ((1, 450), (100, 320), (1_000, 220), (10_000, 65), (100_000, 10), (370_000, 3))
# Albums: 3.1 seen tracks each on average.
ALBUM_SIZES = np.array([1] * 8 + [2, 2, 4, 5, 10, 11, 12, 13, 15, 18], np.int32)
SHARED_ALBUMS = 0.05  # 1.1 % of the albums of the excerpts have several artists

# The most of a style's, and of a genre's, draws that one track and one artist may take; what is above goes to
# all listeners of the genre, then to everyone. With these a hit's best partner stands in about half of its
# playlists, as in 4,769 real ones (49 %).
STYLE_CAPS = (0.006, 0.01)  # of a track, of an artist
GENRE_CAPS = (0.03, 0.065)

TASTES = 8  # dimensions of taste
# Quantiles of track lengths in 700 playlists, in ms.
DURATIONS = (
    (0, 0), (0.00004, 0), (0.0005, 30_000), (0.01, 114_000), (0.05, 157_000), (0.25, 199_900), (0.5, 226_400),
    (0.75, 260_500), (0.95, 340_000), (0.99, 470_200), (0.999, 768_700), (0.9999, 3_700_000), (1, 4_400_000),
)  # fmt: skip


def curve(knots: tuple[tuple[float, float], ...], ranks: Array) -> Floats:
    """Return the values at ranks of a curve that is straight between its knots on log-log paper."""
    x, y = np.array(knots).T
    grid = np.unique(np.round(np.geomspace(x[0], x[-1], 400)))
    values = np.exp(np.interp(np.log(grid), np.log(x), np.log(y)))
    result: Floats = np.interp(ranks, grid, np.round(values, 4))
    return result


def lognormal(stream: int, ids: Array | Ids, sigma: float) -> Floats:
    """Return a log-normal number of mean 1 and log-deviation sigma for every id, from 4,096 quantiles."""
    normal = NormalDist()
    table = [round(math.exp(sigma * normal.inv_cdf((i + 0.5) / 4096) - sigma**2 / 2), 6) for i in range(4096)]
    return np.array(table)[(seeding.mix(stream, ids) >> np.uint64(20)).astype(np.int64)]


def named(seed: int, what: str) -> int:
    """Return the random stream of one property of the world."""
    return seeding.stream(seed, "synth", what)


def uniform(stream: int, ids: npt.ArrayLike) -> Floats:
    """Return a number in [0, 1) for every id."""
    return seeding.mix(stream, ids) / np.float64(2**32)


@dataclass(frozen=True)
class World:
    """The world of one seed: its tracks as the kernel draws them, and how often each is wanted (`weight`)."""

    seed: int
    tracks: kernel.Tracks
    weight: Array


def build(seed: int) -> World:
    """Make the world of a seed."""
    style = _styles_of_artists(seed)
    order = np.argsort(style, kind="stable")  # artists are renumbered style by style
    rank, style = order, style[order]
    count = np.maximum(
        1, (curve(ARTIST_TRACKS, rank + 1) * lognormal(named(seed, "tracks"), rank, 0.5)).astype(np.int64)
    )
    artist_first = _running(count)
    artist_of = np.repeat(np.arange(ARTISTS, dtype=np.int32), count)
    album_of = kernel.cut_albums(
        count.astype(np.int32), style.astype(np.int32), ALBUM_SIZES, SHARED_ALBUMS, np.uint64(named(seed, "albums"))
    )
    weight = _weights(seed, rank, artist_first, artist_of, album_of)
    return World(seed, _pools(weight, style, artist_first, artist_of, album_of), weight)


def _running(counts: npt.ArrayLike) -> Array:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _styles_of_artists(seed: int) -> Array:
    """Return every artist's style, by rank: big styles have more, and the best known keep to the biggest."""
    genre_size = 1.0 / (np.arange(GENRES) + 4.0)
    style_size = 1.0 / (np.arange(STYLES_PER_GENRE) + 3.0)
    ranks = np.arange(ARTISTS)
    genre = _classes(genre_size, uniform(named(seed, "genre"), ranks))
    u = uniform(named(seed, "style"), ranks)
    is_mainstream = uniform(named(seed, "mainstream"), ranks) < 0.8 * (ranks < 3_000)
    return genre * STYLES_PER_GENRE + np.where(is_mainstream, _classes(style_size**2, u), _classes(style_size, u))


def _classes(sizes: npt.NDArray[Any], u: Floats) -> Array:
    """Return the class, by its share of the sizes, that every number in [0, 1) falls in."""
    ends = np.cumsum(sizes) / sizes.sum()
    return np.searchsorted(ends[:-1], u, side="right").astype(np.int64)


def _weights(seed: int, rank: Array, artist_first: Array, artist_of: Ids, album_of: Ids) -> Array:
    """Return the weight of every track: the curve over tracks, given out by artist, album and luck."""
    tracks = np.arange(len(artist_of))
    luck = lognormal(named(seed, "album luck"), album_of, 1.0) * lognormal(named(seed, "track luck"), tracks, 1.2)
    wanted = np.round(curve(ARTIST_ENTRIES, rank + 1) * WEIGHT_UNIT)
    target = np.round(curve(TRACK_ENTRIES, tracks + 1) * WEIGHT_UNIT).astype(np.int64)
    score = np.round(luck * 2**16).astype(np.int64) + 1
    scale = wanted / np.add.reduceat(score, artist_first[:-1])
    for _ in range(2):
        weight = np.empty_like(target)
        weight[_best_first(score * scale[artist_of])] = target
        scale *= wanted / np.add.reduceat(weight, artist_first[:-1])
    return weight


def _best_first(scores: Floats) -> Array:
    """Return the places of positive scores, the greatest (as float32) first, then the last."""
    keys = scores.astype(np.float32).view(np.uint32).astype(np.uint64) << np.uint64(32)
    keys |= np.arange(len(scores), dtype=np.uint64)
    keys.sort()  # of distinct integers: much faster than argsort, and the same on every machine
    best_first: Array = (keys[::-1] & np.uint64(seeding.MASK_32)).astype(np.int64)
    return best_first


def _pools(weight: Array, style: Array, artist_first: Array, artist_of: Ids, album_of: Ids) -> kernel.Tracks:
    """Share every track's weight among the listeners of its style, of its genre, and everyone."""
    styles = GENRES * STYLES_PER_GENRE
    style_first = artist_first[np.searchsorted(style, np.arange(styles + 1))]
    genre_first = style_first[::STYLES_PER_GENRE]
    style_of = style[artist_of]
    in_style, in_genre = np.add.reduceat(weight, style_first[:-1]), np.add.reduceat(weight, genre_first[:-1])
    of_artist = np.add.reduceat(weight, artist_first[:-1])[artist_of]
    by_style = _capped(weight, of_artist, in_style[style_of], STYLE_CAPS)
    by_genre = np.minimum(
        weight - by_style, _capped(weight, of_artist, in_genre[style_of // STYLES_PER_GENRE], GENRE_CAPS)
    )
    by_all = weight - by_style - by_genre
    wider, everyones = np.flatnonzero(by_genre).astype(np.int32), np.flatnonzero(by_all).astype(np.int32)
    genre_parts, all_parts = (
        np.add.reduceat(by_genre, genre_first[:-1]),
        np.add.reduceat(by_all, genre_first[:-1]),
    )
    return kernel.Tracks(
        artist_of,
        album_of,
        style.astype(np.int32),
        artist_first.astype(np.int32),
        style_first.astype(np.int32),
        genre_first.astype(np.int32),
        (np.arange(styles) // STYLES_PER_GENRE).astype(np.int32),
        _running(weight),
        _running(by_style),
        _running(by_genre[wider]),
        wider,
        np.searchsorted(wider, genre_first).astype(np.int32),
        _running(by_all[everyones]),
        everyones,
        np.add.reduceat(by_style, style_first[:-1]) / in_style,
        genre_parts / np.maximum(genre_parts + all_parts, 1),
    )


def _capped(weight: Array, of_artist: Array, of_group: Array, caps: tuple[float, float]) -> Array:
    """Return the weights, cut so that no track and no artist takes more than its cap of the group's."""
    by_track = caps[0] * of_group
    by_artist = weight * np.minimum(1.0, caps[1] * of_group / of_artist)
    capped: Array = np.minimum(by_track, by_artist).astype(np.int64)
    return capped


@dataclass(frozen=True)
class Latents:
    """What tracks are like: the style they are listened to with, and how they would sound."""

    style: npt.NDArray[np.int32]
    taste: npt.NDArray[np.float32]
    tempo: npt.NDArray[Any]
    tonic: Array
    minor: npt.NDArray[np.bool_]
    register: npt.NDArray[Any]


def latents(world: World, numbers: Array) -> Latents:
    """Return the latent factors of tracks: their style's, plus their artist's and their own."""
    seed = world.seed
    artist = world.tracks.artist_of[numbers]
    style = world.tracks.style_of_artist[artist]
    own = 0.25 * _normals(seed, "artist taste", artist, TASTES) + 0.15 * _normals(seed, "taste", numbers, TASTES)
    sound = _normals(seed, "style sound", style, 2) + 0.3 * _normals(seed, "sound", numbers, 2)
    return Latents(
        style,
        (_style_tastes(world)[style] + own).astype(np.float32),
        np.round(np.clip(118 + 24 * sound[:, 0], 50, 210), 1),
        (12 * uniform(named(seed, "tonic"), numbers)).astype(np.int64),
        uniform(named(seed, "minor"), numbers) < 0.2 + 0.5 * uniform(named(seed, "style minor"), style),
        np.round(60 + 6 * sound[:, 1], 1),
    )


def tastes_of_playlists(
    world: World, styles: npt.NDArray[np.int32], second_share: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Return the mean taste that each playlist's tracks are drawn from."""
    tastes = _style_tastes(world)
    share = second_share[:, None]
    return (tastes[styles[:, 0]] * (1 - share) + tastes[styles[:, 1]] * share).astype(np.float32)


def _style_tastes(world: World) -> Floats:
    styles = np.arange(GENRES * STYLES_PER_GENRE)
    genres = _normals(world.seed, "genre taste", styles // STYLES_PER_GENRE, TASTES)
    return genres + 0.6 * _normals(world.seed, "style taste", styles, TASTES)


def _normals(seed: int, what: str, ids: npt.ArrayLike, width: int) -> Floats:
    """Return normal numbers, in sixteenths, `width` for every id."""
    normal = NormalDist()
    table = np.array([round(16 * normal.inv_cdf((i + 0.5) / 4096)) / 16 for i in range(4096)])
    columns = [
        table[(seeding.mix(named(seed, f"{what} {i}"), ids) >> np.uint64(20)).astype(np.int64)] for i in range(width)
    ]
    return np.stack(columns, axis=1)


def durations(world: World, numbers: npt.ArrayLike) -> Array:
    """Return the length of tracks in milliseconds."""
    u = uniform(named(world.seed, "duration"), numbers)
    shares, lengths = np.array(DURATIONS).T
    milliseconds: Array = np.interp(u, shares, lengths).astype(np.int64)
    return milliseconds
