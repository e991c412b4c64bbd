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
from pairmine.kernels.numbering import Numbers
from pairmine.kernels.pooling import group_rows, pooled, sorted_distinct
from pairmine.kernels.text_order import number_texts
from pairmine.parallel import in_order
from pairmine.progress import bar
from pairmine.sources._arrow import array, text_arrays
from pairmine.sources._discogs_identity import take_range
from pairmine.sources._parts import Parts

RELATIONS = {"track_artists": "artist_id", "track_releases": "release_id", "track_labels": "label_id"}

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Known:
    """What the releases and artists of a dump are, by their numbers."""

    releases: Numbers
    titles: pa.LargeStringArray
    titled: Bools
    """Whether a release has a title."""
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
    with bar("writing tracks", len(ranges)) as progress:
        for tracks in in_order(lambda path: read_tracks(take_range(path), known), ranges, threads):
            ids = np.arange(first, first + tracks.table.num_rows, dtype=np.int32)
            tables["tracks"].add(tracks.table.append_column("track_id", pa.array(ids)))
            for name, groups in tracks.related.items():
                tables[name].add(_relation(name, ids, groups, known))
            first += ids.size
            disagreeing += tracks.disagreeing
            progress(1)
    for parts in tables.values():
        parts.finish()
    return disagreeing


def _relation(name: str, ids: Int32s, groups: Groups, known: Known) -> pa.Table:
    tracks, members = pa.array(np.repeat(ids, np.diff(groups.offsets))), pa.array(groups.members)
    if name in RELATIONS:
        return pa.table({"track_id": tracks, RELATIONS[name]: members})
    kinds, tags = (texts.take(members) for texts in known.tag_texts)
    return pa.table({"track_id": tracks, "kind": kinds, "tag": tags})


def read_tracks(rows: pa.Table, known: Known) -> Tracks:
    """Return the tracks of all their occurrences, in the order of their keys."""
    group_of, count = number_texts(*text_arrays(array(rows, "key")))
    release = array(rows, "release").to_numpy()
    ranks = known.releases.ids[release].astype(np.int64) << 32 | array(rows, "place").to_numpy()
    met = np.argsort(ranks, kind="stable")
    offsets, places = group_rows(group_of[met], count)
    occurrences = Groups(offsets, met[places].astype(np.int32))
    artists = array(rows, "artists").take(pa.array(occurrences.members[offsets[:-1]]))
    table = _track_table(rows, occurrences, release, known).append_column("artist", _joined(artists, known))
    disagreeing = pooling.disagreeing(*occurrences, *text_arrays(array(rows, "title")))
    releases = sorted_distinct(Groups(offsets.copy(), release[occurrences.members]))
    related = {
        "track_artists": sorted_distinct(_numbers(artists, known.artists)),
        "track_releases": releases,
        "track_labels": pooled(releases, known.labels),
        "track_tags": pooled(releases, known.tags),
    }
    return Tracks(table, related, disagreeing)


def _track_table(rows: pa.Table, occurrences: Groups, release: Int32s, known: Known) -> pa.Table:
    """Return what the first occurrence that has it says, column by column; occurrences stand in their order."""
    columns = {}
    for name in ("key", "title", "duration_ms"):
        column = array(rows, name)
        columns[name] = column.take(_first(occurrences, column.is_valid().to_numpy(False)))
    with_album = _first(occurrences, known.titled[release])
    return pa.table({**columns, "album": known.titles.take(pa.array(release).take(with_album))})


def _first(occurrences: Groups, present: Bools) -> pa.Array:
    """Return the first row of each track that is present, null where none is."""
    rows = pooling.first_present(*occurrences, present)
    return pa.array(rows, mask=rows < 0)


def _numbers(artists: pa.LargeListArray, known: Numbers) -> Groups:
    offsets = artists.offsets.to_numpy()
    return Groups(offsets - offsets[0], known.of(artists.flatten().to_numpy()))


def _joined(artists: pa.LargeListArray, known: Known) -> pa.LargeStringArray:
    """Return the names of each track's artists, joined by ", "; null where none has one."""
    offsets, numbers = _numbers(artists, known.artists)
    names = known.names.take(pa.array(numbers))
    named = np.append(0, np.cumsum(names.is_valid().to_numpy(False)))
    lists = pa.LargeListArray.from_arrays(named[offsets], names.drop_null())
    joined = pc.binary_join(lists, pa.scalar(", ", pa.large_string()))
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), None, joined)
