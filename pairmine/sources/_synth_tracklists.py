"""Tracklists of synthetic releases: tracks, and the headings, index tracks and repeats editors put among them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pairmine.sources._synth_credits import artist_elements, artist_lists, credit_elements
from pairmine.sources._synth_editors import Editors
from pairmine.sources._synth_elements import digits, grouped, joined, runs, where, wrapped
from pairmine.sources._synth_releases import Releases
from pairmine.sources._synth_shelves import NOBODY, Array, Flags, Floats, Shelves, below, luck
from pairmine.sources._synth_world import durations

TRACK, PART, HEADING, INDEX, REPEAT, NAMELESS = range(6)
ODDITIES = pa.array([None, "sub-track", "heading", "index", "repeated title", "no title"])
HEADED, INDEXED, REPEATED, UNNAMED = 0.12, 0.06, 0.06, 0.02  # of the releases
UNTIMED = 0.46  # releases without any duration
CREDITED = 0.2  # releases with credits of tracks, besides guests and remixers
HEADINGS = ("This Side", "That Side", "Bonus Tracks", "Disc One", "Live")
SUITES = ("Suite", "Medley:", "Concerto No. 2", "Megamix")
PARTS = 4  # of an index track
LONGEST = 3 * 3600  # seconds
_KEYS = 8  # order keys a track has, so that other rows can stand before it


@dataclass(frozen=True)
class Rows:
    """The entries of tracklists in document order: which release, what kind, its place there, its track.

    `track` is the one that gives title and artists, also for a repeat; NOBODY for headings and index tracks.
    """

    release: Array
    numbers: Array
    kind: Array
    place: Array
    order: Array
    track: Array
    counts: Array

    @property
    def is_recording(self) -> Flags:
        """Which are recordings of the world that can be told by their title."""
        return self.kind <= PART

    def luck(self, seed: int, what: str) -> Floats:
        """Return a number in [0, 1) for every entry."""
        return luck(seed, what, self.numbers, self.order)


def rows(seed: int, releases: Releases) -> Rows:
    """Lay out the entries of every release."""
    counts, numbers = releases.counts, releases.numbers
    release, place = runs(counts)
    kind = np.where((luck(seed, "nameless", numbers) < UNNAMED)[release] & (place == 0), NAMELESS, TRACK)
    half = counts // 2
    is_part = ((luck(seed, "index", numbers) < INDEXED) & (counts >= 6))[release]
    is_part &= (place >= half[release]) & (place < half[release] + PARTS)
    parts = [(release, np.where(is_part, PART, kind), place * _KEYS + 4)]
    headed = np.flatnonzero((luck(seed, "heading", numbers) < HEADED) & (counts >= 4))
    indexed = np.unique(release[is_part])
    repeated = np.flatnonzero((luck(seed, "repeat", numbers) < REPEATED) & (counts >= 3))
    for where_, what, key in (
        (headed, HEADING, np.zeros_like(headed)),
        (headed, HEADING, half[headed] * _KEYS),
        (indexed, INDEX, half[indexed] * _KEYS + 2),
        (repeated, REPEAT, counts[repeated] * _KEYS),
    ):
        parts.append((where_, np.full(len(where_), what), key))
    of, kinds, keys = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(of * (_KEYS << 12) + keys, kind="stable")
    of, kinds, places = of[order], kinds[order], keys[order] // _KEYS
    sizes = np.bincount(of, minlength=len(numbers))
    tracks = releases.tracks[releases.offsets[of] + np.where(kinds == REPEAT, 1, np.minimum(places, counts[of] - 1))]
    tracks = np.where((kinds == HEADING) | (kinds == INDEX), NOBODY, tracks)
    return Rows(of, numbers[of], kinds, places, runs(sizes)[1], tracks, sizes)


def render(shelves: Shelves, releases: Releases, entries: Rows, editors: Editors, has_sides: Flags) -> pa.Array:
    """Return the content of every release's tracklist."""
    seed = shelves.world.seed
    is_music = entries.track != NOBODY
    last_part = (entries.kind == PART) & (np.append(entries.kind[1:], TRACK) != PART)
    endings = where(
        entries.kind == INDEX, "<sub_tracks>", where(last_part, "</track></sub_tracks></track>", "</track>")
    )
    tracks = joined(
        "<track>",
        editors.element("position", where(is_music, _positions(releases, entries, has_sides[entries.release]))),
        editors.element("title", _titles(seed, entries, editors)),
        editors.element("duration", where(is_music, _durations(shelves, entries))),
        _artists(shelves, releases, entries, editors),
        _credits(shelves, entries, editors),
        endings,
    )
    return grouped(tracks, entries.counts)


def _positions(releases: Releases, entries: Rows, has_sides: Flags) -> pa.Array:
    """Return positions: sides of a record (A1, B2, only A where a side has one), else numbers (3, 1-03)."""
    counts = releases.counts[entries.release]
    sides = np.where(counts > 12, 4, 2)
    a_side = -(-counts // sides)
    letters = pa.array(list("ABCDE")).take(pa.array(np.minimum(entries.place // a_side, 4)))
    on_side = joined(letters, where(a_side > 1, digits(entries.place % a_side + 1)))
    disc = joined(
        digits(entries.place // 12 + 1), "-", where(entries.place % 12 < 9, "0"), digits(entries.place % 12 + 1)
    )
    return where(has_sides, on_side, where(counts > 18, disc, digits(entries.place + 1)))


def _titles(seed: int, entries: Rows, editors: Editors) -> pa.Array:
    titles = editors.titles(np.maximum(entries.track, 0))
    u = entries.luck(seed, "heading title")
    headings = editors.table(HEADINGS).take(pa.array(below(u, len(HEADINGS))))
    suites = editors.table(SUITES).take(pa.array(below(u, len(SUITES))))
    titles = where(entries.kind == HEADING, headings, where(entries.kind == INDEX, suites, titles))
    return where(entries.kind != NAMELESS, titles)


def _durations(shelves: Shelves, entries: Rows) -> pa.Array:
    """Return lengths as written, a second off now and then; most releases have all of them or none."""
    seed = shelves.world.seed
    milliseconds = durations(shelves.world, np.maximum(entries.track, 0))
    off = np.array([-1, 0, 0, 0, 1])[below(entries.luck(seed, "a second off"), 5)]
    seconds = np.clip((milliseconds + 500) // 1000 + off, 1, LONGEST)
    is_timed = (luck(seed, "untimed", entries.numbers) >= UNTIMED) & (entries.luck(seed, "timed") < 0.97)
    return where(is_timed & (milliseconds > 0), _CLOCK.take(pa.array(seconds)))


def _clock(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    if minutes > 60 and seconds % 2:
        return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"
    return f"{minutes}:{second:02d}"


_CLOCK = pa.array([_clock(seconds) for seconds in range(LONGEST + 1)])


def _artists(shelves: Shelves, releases: Releases, entries: Rows, editors: Editors) -> pa.Array:
    """Return the artists of entries that are not the release's."""
    artists = shelves.artists(np.maximum(entries.track, 0))
    is_own = (entries.track != NOBODY) & np.logical_or(
        *(own != front[entries.release] for own, front in zip(artists, releases.artists, strict=True))
    )
    people, counts = artist_lists(*(np.where(is_own, each, NOBODY) for each in artists))
    group, place = runs(counts)
    ids = entries.numbers[group], 4 * entries.order[group] + place + 4
    return wrapped("artists", artist_elements(shelves.world.seed, editors, people, counts, *ids), counts)


def _credits(shelves: Shelves, entries: Rows, editors: Editors) -> pa.Array:
    """Return the credits of entries: who is featured, who remixed it, and on some releases who wrote it."""
    seed = shelves.world.seed
    is_music = entries.track != NOBODY
    featured, remixer = (np.where(is_music, who, NOBODY) for who in editors.guests(np.maximum(entries.track, 0)))
    is_credited = is_music & (luck(seed, "credited", entries.numbers) < CREDITED)
    others = np.where(is_credited, below(entries.luck(seed, "credits"), 5), 0)
    counts = (featured != NOBODY) + (remixer != NOBODY) + others
    group, place = runs(counts)
    artist = shelves.world.tracks.artist_of[entries.track[group]].astype(np.int64)
    ids = entries.numbers[group], 8 * entries.order[group] + place
    named = np.where(place == 0, np.where(featured != NOBODY, featured, remixer)[group], NOBODY)
    named = np.where((place == 1) & ((featured != NOBODY) & (remixer != NOBODY))[group], remixer[group], named)
    people = np.where(named != NOBODY, named, shelves.helper(artist, luck(seed, "writer", *ids)))
    fixed = where(named == remixer[group], "Remix", "Featuring")
    elements = credit_elements(seed, editors, people, where(named != NOBODY, fixed, ""), ids)
    return wrapped("extraartists", elements, counts)
