"""Names as editors of a discography write them: namesakes numbered, guests taken out of titles, all XML-escaped."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.sources import _synth_text
from pairmine.sources._synth_elements import element
from pairmine.sources._synth_shelves import ARTIST_BASE, LABELS, NOBODY, VARIOUS, Array, Flags
from pairmine.sources._synth_world import ARTISTS, GENRES

GENRE_NAMES = (
    "Rock", "Electronic", "Pop", "Folk, World, & Country", "Classical", "Jazz", "Funk / Soul", "Hip Hop",
    "Stage & Screen", "Latin", "Blues", "Reggae", "Non-Music", "Children's", "Brass & Military", "Gospel", "Ambient",
    "Metal", "Punk", "Chanson", "Ska", "Swing", "Opera", "Drone",
)  # fmt: skip
STYLE_WORDS = (
    "Deep", "Hard", "Soft", "Free", "Modern", "Acoustic", "Progressive", "Symphonic", "Minimal", "Tropical", "Garage",
    "Psychedelic", "Abstract", "Northern", "Lo-Fi", "Space",
)  # fmt: skip
LABEL_ENDINGS = (" Records", "", " Music", " Recordings", " & Sons", " Ltd.", " Discos", " (Editions)")


class Generation(StrEnum):
    """The form of a dump: as of 2020 or as of 2026 (no images, no empty elements, raw UTF-8)."""

    older = "2020"
    newer = "2026"


def escape(text: str, generation: Generation = Generation.newer) -> str:
    """Return text as it stands in an element or attribute of a dump."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    if generation is Generation.newer or text.isascii():
        return text
    return text.encode("ascii", "xmlcharrefreplace").decode()


def element_when_empty(tag: str, generation: Generation) -> str:
    """Return what a dump has for an element without content."""
    return f"<{tag}/>" if generation is Generation.older else ""


@dataclass(frozen=True)
class People:
    """Everybody with a name: the world's artists, guests and remixers, then Various; escaped, with a variation.

    `met` marks those whom `meet` was asked for; several threads may ask, as each only ever sets True.
    """

    names: pa.Array
    variations: pa.Array
    met: Flags

    @property
    def various(self) -> int:
        """The place of Various."""
        return len(self.names) - 1

    def meet(self, places: Array) -> pa.Array:
        """Return the names of people and mark them as met."""
        self.met[places] = True
        return self.names.take(pa.array(places))

    def ids(self, places: Array) -> Array:
        """Return the Discogs ids of people."""
        return np.where(places == self.various, VARIOUS, ARTIST_BASE + places)

    @staticmethod
    def of(seed: int, escaped: Callable[[str], str]) -> "People":
        """Name everybody; namesakes get numbers from (2) on."""
        guests = pa.array([name for _, name in _guests(seed)], pa.string())
        artists = pc.utf8_trim_whitespace(_synth_text.Text(seed).artists(np.arange(ARTISTS)))
        names = pa.concat_arrays([artists, guests, pa.array(["Various"])])
        numbered = pc.binary_join_element_wise(names, _namesake_numbers(names), "")
        return People(_each(escaped, numbered), _each(escaped, _variations(names)), np.zeros(len(names), np.bool_))


def _variations(names: pa.Array) -> pa.Array:
    """Return another spelling of every name: without "The", with an initial, or in capitals."""
    short = pc.replace_substring_regex(names, "^The ", "")
    short = pc.replace_substring_regex(short, r"^(\pL)\pL+ (\S+)$", r"\1. \2")
    return pc.if_else(pc.equal(short, names), pc.utf8_upper(names), short)


def _each(function: Callable[[str], str], texts: pa.Array) -> pa.Array:
    return pa.array([function(text) for text in texts.to_pylist()], pa.string())


def _namesake_numbers(names: pa.Array) -> pa.Array:
    """Return "" for the first of each name, " (2)" for the next, …"""
    codes = names.dictionary_encode().indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    rank = np.empty(len(codes), np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(starts, append=len(codes)))
    numbers = pc.binary_join_element_wise(" (", pa.array(rank + 1).cast(pa.string()), ")", "")
    return pc.if_else(pa.array(rank > 0), numbers, "")


def _guests(seed: int) -> list[tuple[int, str]]:
    """Return (place among the suffixes, name) of everybody whom titles name as guest or remixer."""
    suffixes = _synth_text.track_suffixes(_synth_text.made_up_words(seed))
    cut = {"guest": slice(8, -1), "remix": slice(3, -6)}
    return [(place, suffix[cut[kind]]) for place, (kind, suffix) in enumerate(suffixes) if kind in cut]


def _editorial(kind: str, suffix: str) -> str:
    """Return what is left in an editor's title of a streaming service's suffix: " - Live" is " (Live)"."""
    if kind in ("guest", "remaster", "plain"):
        return ""
    return f" ({suffix.removeprefix(' - ')})" if suffix.startswith(" - ") else suffix


class Editors:
    """Names and titles of one seed's world as editors write them, as escaped Arrow strings."""

    def __init__(self, seed: int, generation: Generation):
        self._seed, self.generation = seed, generation
        self.escaped: Callable[[str], str] = lambda text: escape(text, generation)
        self._text = _synth_text.Text(seed, self.escaped)
        self.people = People.of(seed, self.escaped)
        suffixes = _synth_text.track_suffixes(_synth_text.made_up_words(seed))
        self._suffixes = self.table([_editorial(kind, suffix) for kind, suffix in suffixes])
        guest_of = np.full(len(suffixes), NOBODY)
        places = [place for place, _ in _guests(seed)]
        guest_of[places] = ARTISTS + np.arange(len(places))
        is_remix = np.array([kind == "remix" for kind, _ in suffixes])
        self._featured_of = np.where(is_remix, NOBODY, guest_of)
        self._remixer_of = np.where(is_remix, guest_of, NOBODY)
        self.genres = self.table(GENRE_NAMES[:GENRES])
        self.styles = self.table([f"{word} {genre.split(',')[0]}" for genre in GENRE_NAMES for word in STYLE_WORDS])
        self.labels = _label_names(self._text, LABELS, self.table(LABEL_ENDINGS))
        self.met_labels: Flags = np.zeros(LABELS, np.bool_)

    def element(self, tag: str, texts: pa.Array) -> pa.Array:
        """Return elements around texts; what is empty is left out, or in an older dump an empty element."""
        return element(tag, texts, element_when_empty(tag, self.generation))

    def label_names(self, labels: Array) -> pa.Array:
        """Return the names of labels and mark them as met; NOBODY is "Not On Label"."""
        self.met_labels[labels[labels != NOBODY]] = True
        names = self.labels.take(pa.array(np.maximum(labels, 0)))
        return pc.if_else(pa.array(labels == NOBODY), "Not On Label", names)

    def table(self, texts: list[str] | tuple[str, ...]) -> pa.Array:
        """Return escaped texts."""
        return pa.array([self.escaped(text) for text in texts], pa.string())

    def titles(self, tracks: Array) -> pa.Array:
        """Titles of tracks, without guests."""
        suffixes = self._suffixes.take(pa.array(_synth_text.suffix_places(self._seed, tracks)))
        return pc.binary_join_element_wise(self._text.bare_tracks(tracks), suffixes, "")

    def albums(self, albums: Array) -> pa.Array:
        """Titles of albums."""
        return self._text.releases(albums)

    def guests(self, tracks: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return who is featured on tracks and who remixed them: places in `people`, or NOBODY."""
        places = _synth_text.suffix_places(self._seed, tracks)
        return self._featured_of[places], self._remixer_of[places]


def _label_names(text: _synth_text.Text, count: int, endings: pa.Array) -> pa.Array:
    """Return distinct names of labels; every one ends in its own way or number."""
    numbers = np.arange(count)
    plain = text.releases(10_000_000 + numbers)
    names = pc.binary_join_element_wise(plain, endings.take(pa.array(numbers % len(endings))), "")
    return pc.binary_join_element_wise(names, _namesake_numbers(names), "")
