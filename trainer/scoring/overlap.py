"""Which tracks of a table are those tested: by key, by link, by title and artist; and which share an artist with them.

Names are compared as linking compares them (`pairmine.kernels`): "Beatles, The (2)" is "Beatles", a credit "A & B feat.
C" counts as A, B, C, and as a whole; "Song (feat. X) - Remastered 2011" is "Song", "Song - Live" is "Song (Live)".
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.kernels.artists import artist_words, folded_artists, split_names, tidy_artist
from pairmine.kernels.folding import fold_text
from pairmine.kernels.titles import canonical_words, split_title
from trainer.keys import EXTENSIONS, annotation_key

BY_KEY, BY_LINK, BY_NAME, BY_ARTIST = WAYS = "key", "link", "title and artist", "artist"
NOBODIES = "Various Artists", "Various", "V.A.", "Unknown Artist", "Unknown", "Anonymous"
NOBODY = frozenset(artist_words(name, fold_text(name)) for name in NOBODIES)
TRACKS = ["key", "title", "artist"]
EXAMPLES = 5
UNLIKE_KEYS = rf"(?i)\\|^[.]/|({'|'.join(each.replace('.', '[.]') for each in EXTENSIONS)})$"

Ints = npt.NDArray[np.int64]
Of = Mapping[str, Sequence[str]]


class Links(NamedTuple):
    """Links of a source: its own keys, and those of the same recordings in another source."""

    own: pa.Array
    other: pa.Array


@dataclass(frozen=True)
class Found:
    """What was found one way.

    Attributes:
        tested: tested tracks.
        rows: of the table searched, ascending.
        examples: a few (tested track, key in the table), of different tested tracks.
    """

    tested: frozenset[str]
    rows: Ints
    examples: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, rows: Ints, values: Sequence[Any], of: Mapping[Any, Sequence[str]], keys: pa.Array) -> Self:
        """Return what rows with these values are found to be.

        Args:
            rows: of the table; a row may come more than once.
            values: by which each was found.
            of: the tested tracks of a value.
            keys: of the table.
        """
        first_row = dict(zip(reversed(values), reversed(rows.tolist()), strict=True))
        first_tested = {of[value][0]: row for value, row in reversed(first_row.items())}
        examples = tuple((key, keys[row].as_py()) for key, row in islice(first_tested.items(), EXAMPLES))
        return cls(frozenset[str]().union(*(of[value] for value in first_row)), np.unique(rows), examples)


class Sought:
    """Tested tracks, ready to be looked for.

    Args:
        keys: as the annotations name them.
        names: (title, artist) of those that have names.
        embedding_key: by which key a tested track's embedding goes.
    """

    def __init__(self, keys: Sequence[str], names: Mapping[str, tuple[str, str]], embedding_key: Callable[[str], str]):
        self.keys = keys
        self.of_key: dict[str, list[str]] = defaultdict(list)
        self.of_artist: dict[str, list[str]] = defaultdict(list)
        self.of_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in keys:
            for known in {key, annotation_key(embedding_key(key))}:
                self.of_key[known].append(key)
        self.named = [key for key in keys if key in names]
        self.with_artist = [key for key in self.named if names[key][1].strip()]
        for key in self.named:
            self._add_name(key, *names[key])

    def search(self, tracks: pa.Table, links: Iterable[Links]) -> dict[str, Found]:
        """Search a table with the columns key, title and artist.

        Args:
            tracks: the table.
            links: those of its source.

        Returns:
            What was found, by way.
        """
        keys, linked = _array(tracks, "key"), self._linked(links)
        rows, artists = self._artists(_array(tracks, "artist"))
        titles = _titles(_array(tracks, "title").take(pa.array(rows)))
        known = _among(titles, {title for title, _ in self.of_name})
        names = list(
            zip(titles.take(pa.array(known)).to_pylist(), artists.take(pa.array(known)).to_pylist(), strict=True)
        )
        same = [place for place, name in enumerate(names) if name in self.of_name]
        return {
            BY_KEY: _by_text(annotation_keys(keys), self.of_key, keys),
            BY_LINK: _by_text(keys, linked, keys),
            BY_NAME: Found.of(rows[known[same]], [names[place] for place in same], self.of_name, keys),
            BY_ARTIST: Found.of(rows, artists.to_pylist(), self.of_artist, keys),
        }

    def names_in(self, tracks: pa.Table, links: Iterable[Links]) -> dict[str, tuple[str, str]]:
        """Return (title, artist) of the tested tracks that a table has by key or by link, where it names an artist."""
        keys, titles, artists = (_array(tracks, column) for column in TRACKS)
        found: dict[str, tuple[str, str]] = {}
        for texts, of in ((annotation_keys(keys), self.of_key), (keys, self._linked(links))):
            for row in _among(texts, of).tolist():
                title, artist = titles[row].as_py() or "", artists[row].as_py()
                found |= {key: (title, artist) for key in of[texts[row].as_py()] if artist and key not in found}
        return found

    def _add_name(self, key: str, title: str, credit: str) -> None:
        compared = compared_title(title)
        for artist in {artist_words(name, fold_text(name)) for name in names_in(credit)} - NOBODY - {""}:
            self.of_artist[artist].append(key)
            if compared:
                self.of_name[compared, artist].append(key)

    def _linked(self, links: Iterable[Links]) -> dict[str, list[str]]:
        """Return which tested tracks the keys of a linked source are."""
        linked: dict[str, list[str]] = defaultdict(list)
        for own, other in links:
            others = annotation_keys(other)
            for row in _among(others, self.of_key).tolist():
                linked[own[row].as_py()] += self.of_key[others[row].as_py()]
        return linked

    def _artists(self, credit_N: pa.Array) -> tuple[Ints, pa.Array]:
        """Return the rows whose credit names tested artists, with the artist; a row for each of several."""
        encoded = credit_N.dictionary_encode()
        names = [names_in(credit) for credit in encoded.dictionary.to_pylist()]
        artists = folded_artists([name for each in names for name in each])
        credit_P = np.repeat(np.arange(len(names)), [len(each) for each in names])
        known = _among(artists, self.of_artist)
        table = pa.table({"credit": credit_P[known], "artist": artists.take(pa.array(known))})
        rows = pa.table({"credit": encoded.indices.cast(pa.int64()), "row": np.arange(len(credit_N))})
        joined = rows.join(table.group_by(["credit", "artist"]).aggregate([]), "credit", join_type="inner")
        joined = joined.sort_by([("row", "ascending"), ("artist", "ascending")])
        return joined["row"].to_numpy(), _array(joined, "artist")


def names_in(credit: str) -> list[str]:
    """Return whose a track is by its credit: the whole, and every name in it."""
    whole = tidy_artist(credit)
    return list(dict.fromkeys([whole, *split_names(whole)]))


def compared_title(title: str) -> str:
    """Return a title as two are compared: its canonical core and the kinds of version; "" where there is none."""
    parts = split_title(title)
    return " ".join([canonical_words(fold_text(parts.core)), *parts.kinds]).strip()


def _titles(texts: pa.Array) -> pa.Array:
    """Return `compared_title` of every text; nulls stay null."""
    encoded = texts.dictionary_encode()
    return pa.array(map(compared_title, encoded.dictionary.to_pylist()), pa.string()).take(encoded.indices)


def annotation_keys(keys: pa.Array) -> pa.Array:
    """Return `annotation_key` of every key; only those it might change are looked at one by one."""
    odd = pc.or_(pc.match_substring_regex(keys, UNLIKE_KEYS), pc.invert(pc.string_is_ascii(keys)))
    changed = [annotation_key(key) for key in keys.filter(odd).to_pylist()]
    return pc.replace_with_mask(keys, odd, pa.array(changed, pa.string()))


def _by_text(texts: pa.Array, of: Of, keys: pa.Array) -> Found:
    rows = _among(texts, of)
    return Found.of(rows, texts.take(pa.array(rows)).to_pylist(), of, keys)


def _among(texts: pa.Array, known: Collection[str]) -> Ints:
    """Return the places of texts that are known."""
    return np.flatnonzero(pc.is_in(texts, value_set=pa.array(list(known), pa.string())))


def _array(tracks: pa.Table, column: str) -> pa.Array:
    """Return a column of texts as one array."""
    return pa.concat_arrays([pa.array([], pa.string()), *tracks.column(column).cast(pa.string()).chunks])
