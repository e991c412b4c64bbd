"""The tables of tracks, artists and releases: where occurrences disagree the first wins, column by column.

The names of artist and album are taken together with the relation to them, so they never contradict it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.catalogue import Writer
from pairmine.kernels import gathering
from pairmine.kernels.interning import ALBUM, ARTIST, TITLE_LENGTH, URI_LENGTH
from pairmine.kernels.text_hashes import hash_texts
from pairmine.sources._columns import Texts, number_column, numbers_of, parts
from pairmine.sources._dictionary import Dictionary, Names

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

_NAME_PREFIX = np.frombuffer(b"name:", np.uint8)


@dataclass
class Variants:
    """What occurrences say of their track; `track` is the track each belongs to, of `tracks` in all."""

    dictionary: Dictionary
    track: Int32s
    tracks: int
    rank: Int64s
    """Where each is met first, in the order of (playlist key, position)."""

    def winners(self, present: Bools) -> Int32s:
        """Return for each track the first variant of those present, −1 if none is."""
        winners: Int32s = gathering.first_of(self.track, self.rank, present, self.tracks)
        return winners


def number_tracks(dictionary: Dictionary) -> Variants:
    """Give each variant its track's id; where each is met first is not known yet."""
    uris = Texts(dictionary.arena, dictionary.places, np.ascontiguousarray(dictionary.columns[:, URI_LENGTH]))
    track, tracks = numbers_of(uris.array())
    return Variants(dictionary, track, tracks, np.full(track.size, -1, np.int64))


def write_track_tables(writer: Writer, variants: Variants) -> dict[str, int]:
    """Write tracks, artists, releases and their relations; returns the conflicts of each."""
    dictionary, columns = variants.dictionary, variants.dictionary.columns
    artist, album = np.ascontiguousarray(columns[:, ARTIST]), np.ascontiguousarray(columns[:, ALBUM])
    return {
        "tracks": _write_tracks(writer, variants, artist, album),
        "artists": _write_names(
            writer, variants, dictionary.artists, artist, ("artists", "name", "track_artists", "artist_id")
        ),
        "releases": _write_names(
            writer, variants, dictionary.albums, album, ("releases", "title", "track_releases", "release_id")
        ),
    }


def _of_name(names: Names, link: Int32s, present: Bools) -> Bools:
    """Return which variants link to a name of those present."""
    return np.append(present, False)[link]


def _uris(dictionary: Dictionary, names: Names) -> Texts:
    return Texts(dictionary.arena, names.places, np.ascontiguousarray(names.lengths[:, 0]))


def _names(dictionary: Dictionary, names: Names) -> Texts:
    places = names.places + np.maximum(names.lengths[:, 0], 0) + names.lengths[:, 2]
    return Texts(dictionary.arena, places, np.ascontiguousarray(names.lengths[:, 1]))


def _hashes(texts: Texts) -> Words:
    hashes = np.empty(texts.places.size, np.uint64)
    hash_texts(texts.source, texts.places, texts.lengths, hashes)
    return hashes


def _chosen(variants: Variants, names: Names, link: Int32s) -> Int32s:
    """Return which of `names` each track is related to, −1 for none: those with a uri go before all others."""
    has_uri, has_name = names.lengths[:, 0] > 0, names.lengths[:, 1] > 0
    by_uri = variants.winners(_of_name(names, link, has_uri))
    by_name = variants.winners(_of_name(names, link, has_name & ~has_uri))
    chosen: Int32s = np.append(link, np.int32(-1))[np.where(by_uri >= 0, by_uri, by_name)]
    return chosen


def _named(variants: Variants, names: Names, link: Int32s, has_text: Bools) -> Int32s:
    """Return which of `names` names each track's artist or album: the one it is related to, if that has a text."""
    chosen = _chosen(variants, names, link)
    first = np.append(link, np.int32(-1))[variants.winners(_of_name(names, link, has_text))]
    return np.where(np.append(has_text, False)[chosen], chosen, first)


def _write_tracks(writer: Writer, variants: Variants, artist: Int32s, album: Int32s) -> int:
    """Write the table tracks; returns for how many of them occurrences disagree in some column."""
    dictionary = variants.dictionary
    uri_lengths = np.ascontiguousarray(dictionary.columns[:, URI_LENGTH])
    uris = Texts(dictionary.arena, dictionary.places, uri_lengths)
    title_lengths = np.ascontiguousarray(dictionary.columns[:, TITLE_LENGTH])
    titles = Texts(dictionary.arena, dictionary.places + uri_lengths, title_lengths)
    has_duration = dictionary.durations >= 0
    marks = np.zeros(variants.tracks, np.bool_)

    def mark(values: Words, present: Bools) -> None:
        gathering.mark_disagreement(variants.track, values, present, marks)

    mark(_hashes(titles), titles.lengths >= 0)
    mark(dictionary.durations.view(np.uint64), has_duration)
    winners = {
        "key": variants.winners(np.ones(uris.places.size, np.bool_)),
        "title": variants.winners(titles.lengths >= 0),
    }
    texts = {"key": uris, "title": titles}
    for column, names, link in (("artist", dictionary.artists, artist), ("album", dictionary.albums, album)):
        texts[column] = _names(dictionary, names)
        winners[column] = _named(variants, names, link, texts[column].lengths >= 0)
        for part in (texts[column], _uris(dictionary, names)):
            lowest = 0 if part is texts[column] else 1  # an empty uri is as good as none
            mark(np.append(_hashes(part), np.uint64(0))[link], _of_name(names, link, part.lengths >= lowest))
    durations = np.append(dictionary.durations, -1)[variants.winners(has_duration)]
    writer.write("tracks", _track_parts(texts, winners, durations))
    return int(marks.sum())


def _track_parts(texts: dict[str, Texts], winners: dict[str, Int32s], durations: Int64s) -> Iterator[pa.Table]:
    for part in parts(*(texts[name].take(winners[name]).lengths for name in texts)):
        rows = durations[part]
        table = {"track_id": pa.array(np.arange(part.start, part.start + rows.size, dtype=np.int32))}
        for name in texts:
            table[name] = texts[name].take(winners[name][part]).array()
        yield pa.table({**table, "duration_ms": number_column(rows, pa.int64())})


def _write_names(
    writer: Writer, variants: Variants, names: Names, link: Int32s, tables: tuple[str, str, str, str]
) -> int:
    """Write a table of artists or releases and the relation to tracks; returns how many have several names.

    Args:
        writer: where to.
        variants: the track variants.
        names: the distinct (uri, name) of artists or releases.
        link: which of `names` a variant has, −1 for none.
        tables: name of the table, of its text column, of the relation, of the id.
    """
    table, text_column, relation, id_column = tables
    dictionary = variants.dictionary
    texts = _names(dictionary, names)
    chosen = _chosen(variants, names, link)
    ids, keys = _name_ids(dictionary, names, chosen)
    rank = gathering.lowest_rank(variants.rank, link, names.places.size)
    named = gathering.first_of(ids, rank, texts.lengths >= 0, len(keys))
    writer.write(table, _name_parts(keys, texts.take(named), id_column, text_column))
    of_track = np.append(ids, np.int32(-1))[chosen]
    related = np.flatnonzero(of_track >= 0).astype(np.int32)
    writer.write(relation, pa.table({"track_id": related, id_column: of_track[related]}))
    marks = np.zeros(len(keys), np.bool_)
    gathering.mark_disagreement(ids, _hashes(texts), texts.lengths >= 0, marks)
    return int(marks.sum())


def _name_ids(dictionary: Dictionary, names: Names, chosen: Int32s) -> tuple[Int32s, pa.LargeStringArray]:
    """Return (id of each name, −1 for those no track has; keys by id): the uri, else `name:` and the name."""
    has_uri, has_name = names.lengths[:, 0] > 0, names.lengths[:, 1] > 0
    keyed = np.flatnonzero(has_uri | has_name).astype(np.int32)
    uris, texts = _uris(dictionary, names), _names(dictionary, names)
    owners = names.lengths[:, 2]
    places = np.where(has_uri, uris.places, texts.places - owners)[keyed]
    lengths = np.where(has_uri, uris.lengths, texts.lengths + owners)[keyed]
    all_keys = Texts(dictionary.arena, places, lengths).array(_NAME_PREFIX, ~has_uri[keyed])
    groups, count = numbers_of(all_keys)
    group = np.full(has_uri.size, -1, np.int32)
    group[keyed] = groups
    used = np.zeros(count, np.bool_)
    used[group[chosen[chosen >= 0]]] = True
    id_of = np.append(np.where(used, np.cumsum(used) - 1, -1), -1).astype(np.int32)
    example = np.zeros(count, np.int64)
    example[groups] = np.arange(keyed.size)
    return id_of[group], all_keys.take(pa.array(example[used]))


def _name_parts(keys: pa.LargeStringArray, texts: Texts, id_column: str, text_column: str) -> Iterator[pa.Table]:
    for part in parts(texts.lengths, np.full(texts.lengths.size, 64, np.int32)):
        columns = {
            id_column: pa.array(np.arange(part.start, part.start + texts.lengths[part].size, dtype=np.int32)),
            "key": keys[part],
            text_column: Texts(texts.source, texts.places[part], texts.lengths[part]).array(),
        }
        yield pa.table(columns)
