"""What is true of a synthetic Discogs dump: which recording each tracklist entry is, and what was made odd."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.schema import DUMP_TRUTH
from pairmine.sources import _synth_tables
from pairmine.sources._synth_credits import artist_lists
from pairmine.sources._synth_elements import runs
from pairmine.sources._synth_records import Records
from pairmine.sources._synth_releases import Releases
from pairmine.sources._synth_shelves import ARTIST_BASE, LABEL_BASE, MASTER_BASE, NOBODY, Array, Flags
from pairmine.sources._synth_tracklists import ODDITIES, Rows
from pairmine.sources._synth_world import STYLES_PER_GENRE

KINDS = pa.array(["edition", "single", "best-of", "compilation"])


def tables(records: Records, releases: Releases, entries: Rows) -> dict[str, pa.Table]:
    """Return truth_releases and truth_entries of a run of releases."""
    return {
        "truth_releases": _releases(records, releases),
        "truth_entries": _entries(records, releases, entries),
    }


def _releases(records: Records, releases: Releases) -> pa.Table:
    labels, counts = records.labels(releases)
    group, place = runs(counts)
    is_new = (labels != NOBODY) & ~((place == 1) & (np.roll(labels, 1) == labels))
    style, _ = records.tags(releases)
    columns = [
        releases.numbers + 1,
        KINDS.take(pa.array(releases.kinds)),
        pc.if_else(pa.array(releases.masters != NOBODY), pa.array(MASTER_BASE + releases.masters), None),
        _artists(*releases.artists),
        _lists(LABEL_BASE + labels[is_new], np.bincount(group[is_new], minlength=len(counts))),
        style // STYLES_PER_GENRE,
        style,
        _texts(records.oddities(releases)),
    ]
    return _table("truth_releases", columns)


def _entries(records: Records, releases: Releases, entries: Rows) -> pa.Table:
    shelves, tracks = records.shelves, np.maximum(entries.track, 0)
    is_music = entries.track != NOBODY
    keys = pc.if_else(pa.array(entries.is_recording), _synth_tables.keys(shelves.world, "track", tracks), None)
    artists = (np.where(is_music, each, NOBODY) for each in shelves.artists(tracks))
    featured, _ = records.editors.guests(tracks)
    featured = np.where(is_music, featured, NOBODY)
    columns = [
        entries.numbers + 1,
        entries.order,
        keys,
        _artists(*artists),
        _artists(featured, np.full_like(featured, NOBODY)),
        ODDITIES.take(pa.array(entries.kind)),
    ]
    return _table("truth_entries", columns)


def _artists(first: Array, second: Array) -> pa.Array:
    people, counts = artist_lists(first, second)
    return _lists(ARTIST_BASE + people, counts)


def _lists(values: Array, counts: Array) -> pa.Array:
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.astype(np.int32)))


def _texts(flags: dict[str, Flags]) -> pa.Array:
    """Return for every release the names of the flags it has."""
    matrix = np.stack(list(flags.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(list(flags)).take(pa.array(np.nonzero(matrix)[1])))


def _table(name: str, columns: list[pa.Array | Array]) -> pa.Table:
    schema = DUMP_TRUTH[name].arrow
    return pa.table([pa.array(column).cast(field.type) for column, field in zip(columns, schema, strict=True)], schema)
