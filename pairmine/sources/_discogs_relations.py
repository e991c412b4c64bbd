"""The tables of tracks, and of what they are related to, range by range of their keys."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.catalogue import Writer
from pairmine.kernels import pooling
from pairmine.kernels.groups import Groups
from pairmine.kernels.pooling import Numbers, group_rows, pooled, sorted_distinct
from pairmine.kernels.text_order import number_texts
from pairmine.parallel import in_order
from pairmine.sources._discogs_arrow import array, text_arrays
from pairmine.sources._discogs_identity import read_range
from pairmine.sources._discogs_parts import Parts

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """What the releases and artists of a dump are, by their numbers."""

    releases: Numbers
    titles: pa.LargeStringArray
    artists: Numbers
    names: pa.LargeStringArray
    labels: Groups
    """The labels of each release."""
    tags: Groups
    """The tags of each release."""
    tag_texts: tuple[pa.StringArray, pa.StringArray]
    """Kind and text of each tag, in their byte order."""


class Tracks(NamedTuple):
    """The tracks of a range: their table without ids, what they are related to, and how many titles disagree."""

    table: pa.Table
    related: dict[str, Groups]
    disagreeing: int


def write_tracks(writer: Writer, ranges: list[Path], known: Known, threads: int | None) -> int:
    """Write tracks and their relations; returns for how many tracks the titles disagree."""
    tables = {name: Parts(writer, name) for name in ("tracks", *RELATIONS, "track_tags")}
    first, disagreeing = 0, 0
    for tracks in in_order(lambda path: read_tracks(read_range(path), known), ranges, threads):
        ids = np.arange(first, first + tracks.table.num_rows, dtype=np.int32)
        tables["tracks"].add(tracks.table.add_column(0, "track_id", pa.array(ids)))
        for name, groups in tracks.related.items():
            track = pa.array(np.repeat(ids, np.diff(groups.offsets)))
            tables[name].add(_relation(name, track, groups.members, known))
        first += ids.size
        disagreeing += tracks.disagreeing
    for parts in tables.values():
        parts.finish()
    return disagreeing


RELATIONS = {"track_artists": "artist_id", "track_releases": "release_id", "track_labels": "label_id"}


def _relation(name: str, track: pa.Array, members: Int32s, known: Known) -> pa.Table:
    if name in RELATIONS:
        return pa.table({"track_id": track, RELATIONS[name]: pa.array(members)})
    kinds, tags = (texts.take(pa.array(members)) for texts in known.tag_texts)
    return pa.table({"track_id": track, "kind": kinds, "tag": tags})


def read_tracks(rows: pa.Table, known: Known) -> Tracks:
    """Return the tracks of all their occurrences, in the order of their keys."""
    keys = array(rows, "key")
    group_of, count = number_texts(*text_arrays(keys))
    release = array(rows, "release").to_numpy()
    met = np.argsort(
        known.releases.ids[release].astype(np.int64) << 32 | array(rows, "place").to_numpy(), kind="stable"
    )
    offsets, places = group_rows(group_of[met], count)
    places = met[places]  # occurrences of each track, by Discogs id of the release and place
    first = places[offsets[:-1]]
    titles = array(rows, "title")
    has_album = known.titles.is_valid().to_numpy(False)[release]
    albums = np.append(release, -1)[pooling.first_present(offsets, places, has_album)]
    lengths = array(rows, "duration_ms")
    durations = pooling.first_present(offsets, places, lengths.is_valid().to_numpy(False))
    artists = array(rows, "artists").take(pa.array(first))
    table = pa.table(
        {
            "key": keys.take(pa.array(first)),
            "title": titles.take(pa.array(first)),
            "artist": _joined(artists, known),
            "album": known.titles.take(_or_null(albums)),
            "duration_ms": lengths.take(_or_null(durations)),
        }
    )
    disagreeing = pooling.disagreeing(offsets, places, *text_arrays(titles))
    releases = sorted_distinct(Groups(offsets, release[places]))
    related = {
        "track_artists": sorted_distinct(_numbers(artists, known.artists)),
        "track_releases": releases,
        "track_labels": pooled(releases, known.labels),
        "track_tags": pooled(releases, known.tags),
    }
    return Tracks(table, related, disagreeing)


def _numbers(artists: pa.LargeListArray, known: Numbers) -> Groups:
    offsets = artists.offsets.to_numpy()
    return Groups(offsets - offsets[0], known.of(artists.flatten().to_numpy()))


def _joined(artists: pa.LargeListArray, known: Known) -> pa.LargeStringArray:
    """Return the names of each track's artists, joined by ", "; null where none has one."""
    offsets, numbers = _numbers(artists, known.artists)
    names = known.names.take(pa.array(numbers))
    named = np.append(0, np.cumsum(names.is_valid().to_numpy(False)))
    lists = pa.LargeListArray.from_arrays(named[offsets], names.drop_null())
    return pc.if_else(
        pc.equal(pc.list_value_length(lists), 0), None, pc.binary_join(lists, pa.scalar(", ", pa.large_string()))
    )


def _or_null(rows: Int32s) -> pa.Array:
    """Return rows to take, null for −1."""
    return pa.array(rows, mask=rows < 0)
