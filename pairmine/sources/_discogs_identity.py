"""Entries of Discogs tracklists become occurrences of tracks, laid down on disk in ranges of their keys.

An entry is a track if it has a title and

- is no index track (one that has sub-tracks and no position: the name of a suite or side), and
- has a position or a duration, or is a sub-track of an index track, or nothing on its release has a position
  (files). What has neither is a heading ("This Side"); below an entry with its own position it names a part of that.

Its artists are its own, else its index track's, else the release's, each once, by id. Various, Unknown Artist,
No Artist and names without a page (id 0) are none: what they alone sign is told apart by its release.
The key is `<artist ids ascending, joined by +>/<folded title>`, or `r<release id>/<folded title>`; the second,
third … time on one release `#2`, `#3` … follow. A folded title with a digit has no `#`, so this never clashes.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.kernels import tracklists
from pairmine.kernels.folding import fold
from pairmine.kernels.numbering import Numbers
from pairmine.kernels.pooling import group_rows, grouped
from pairmine.kernels.text_order import leading_words
from pairmine.parallel import in_order
from pairmine.progress import bar
from pairmine.sources._arrow import array, text_arrays, texts_of
from pairmine.sources._discogs_dump import Dump

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

NO_ARTISTS = (0, 194, 355, 118760)
RANGE_ENTRIES = 600_000
MAX_RANGES = 200  # each is an open file
SAMPLES, SAMPLE_ENTRIES = 8, 50_000
COLUMNS = ["release", "place", "parent", "index", "position", "title", "duration"]
OCCURRENCES = pa.schema(
    {
        "key": pa.large_string(),
        "release": pa.int32(),
        "place": pa.int32(),
        "title": pa.large_string(),
        "duration_ms": pa.int64(),
        "artists": pa.large_list(pa.int32()),
    }
)
"""One row per entry that is a track: release is its number, artists are Discogs ids in the order of the credits."""


class Tracklists(NamedTuple):
    """Entries of whole releases."""

    starts: Int64s
    """Where the entries of each release begin, and the last end."""
    releases: Int32s
    """The number of each release."""
    places: Int32s
    """The place of each entry in its release."""
    parents: Int64s
    """The row of the index track each is a part of, −1 for none."""


class Credits:
    """The artists of releases and of tracklist entries, as Discogs ids, −1 for what is none."""

    def __init__(self, dump: Dump, releases: Numbers) -> None:
        of, artists = dump.numbers("release_artists", "release", "artist")
        self._releases = grouped(releases.of(of), _known(artists), releases.ids.size)
        of, tracks, artists = dump.numbers("track_artists", "release", "track", "artist")
        self._own_offsets, rows = group_rows(releases.of(of), releases.ids.size)
        tracklists.sort_by_track(self._own_offsets, rows, tracks)
        self._own_tracks, self._own_artists = tracks[rows], _known(artists)[rows]

    def of(self, lists: Tracklists, taken: Bools) -> tuple[Int64s, Int32s]:
        """Return the artists of the entries that are taken: offsets, and Discogs ids in the order of the credits."""
        own, begins, ends = tracklists.artists_of(
            lists.starts,
            lists.places,
            lists.parents,
            self._own_offsets[:-1][lists.releases],
            self._own_offsets[1:][lists.releases],
            self._own_tracks,
            lists.releases,
            self._releases.offsets,
        )
        offsets, artists = tracklists.credited(
            own[taken], begins[taken], ends[taken], self._own_artists, self._releases.members
        )
        return offsets, artists


def _known(artists: Int32s) -> Int32s:
    return np.where(np.isin(artists, NO_ARTISTS), np.int32(-1), artists)


def whole_releases(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield the same rows cut between releases: the last of each table waits for the next."""
    rest: list[pa.Table] = []
    for table in tables:
        releases = table.column("release").to_numpy()
        last = int(np.flatnonzero(np.diff(releases, prepend=releases[:1]))[-1:].sum())
        if last:
            yield pa.concat_tables([*rest, table.slice(0, last)])
            rest = []
        rest.append(table.slice(last))
    if rest:
        yield pa.concat_tables(rest)


def occurrences(entries: pa.Table, credits: Credits, releases: Numbers) -> tuple[pa.Table, Counter[int]]:
    """Return the tracks of whole releases, one row an OCCURRENCE, and how many entries got each verdict."""
    entries = entries.combine_chunks()
    lists = _tracklists(entries, releases)
    verdicts = _judged(entries, lists)
    taken = verdicts == tracklists.TAKEN
    kept = entries.select(["place", "title", "duration"]).filter(pa.array(taken))
    titles = array(kept, "title")
    starts = np.append(0, np.cumsum(taken))[lists.starts]
    artists = credits.of(lists, taken)
    keys = tracklists.write_keys(starts, releases.ids[lists.releases], *artists, *text_arrays(fold(titles)))
    lengths = tracklists.durations(*text_arrays(array(kept, "duration")))
    columns = [
        texts_of(*keys),
        pa.array(np.repeat(lists.releases, np.diff(starts))),
        array(kept, "place"),
        titles.cast(pa.large_string()),
        pa.array(lengths, mask=lengths < 0),
        pa.LargeListArray.from_arrays(*artists),
    ]
    return pa.table(columns, schema=OCCURRENCES), Counter(dict(enumerate(np.bincount(verdicts).tolist())))


def _tracklists(entries: pa.Table, releases: Numbers) -> Tracklists:
    ids, places = array(entries, "release").to_numpy(), array(entries, "place").to_numpy()
    begins = np.flatnonzero(np.diff(ids, prepend=-1))
    starts = np.append(begins, ids.size)
    parents = tracklists.parent_rows(starts, places, array(entries, "parent").fill_null(-1).to_numpy())
    return Tracklists(starts, releases.of(ids[begins]), places, parents)


def _judged(entries: pa.Table, lists: Tracklists) -> npt.NDArray[np.uint8]:
    """Return the verdict on each entry."""
    has = {name: array(entries, name).is_valid().to_numpy(False) for name in ("position", "title", "duration")}
    index = array(entries, "index").to_numpy(False)
    verdicts: npt.NDArray[np.uint8] = tracklists.judge(
        lists.starts, lists.parents, index, has["position"], has["title"], has["duration"]
    )
    return verdicts


class Ranges:
    """Occurrences in files, each holding a range of keys; the ranges ascend."""

    def __init__(self, folder: Path, splitters: Words) -> None:
        """Open a file for each range; a splitter is the least first word (8 bytes) of a key in the range behind it."""
        self._folder, self._splitters, self._files = folder, splitters, ExitStack()
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._writers = [
            self._files.enter_context(pa.ipc.new_stream(str(path), OCCURRENCES, options=options)) for path in self.paths
        ]

    @property
    def paths(self) -> list[Path]:
        """The files of the ranges, in the order of their keys."""
        return [self._folder / f"occurrences-{number:04d}.arrow" for number in range(self._splitters.size + 1)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def sort(self, table: pa.Table) -> tuple[pa.Table, Int64s]:
        """Return occurrences sorted by their ranges, and where each range begins and the last ends."""
        words = leading_words(*text_arrays(array(table, "key")))
        ranges = np.searchsorted(self._splitters, words, "right").astype(np.int32)
        offsets, rows = group_rows(ranges, self._splitters.size + 1)
        return table.take(pa.array(rows)), offsets

    def add(self, table: pa.Table, offsets: Int64s) -> None:
        """Lay down occurrences that are sorted by range."""
        for writer, begin, end in zip(self._writers, offsets[:-1], offsets[1:], strict=True):
            if end > begin:
                writer.write_table(table.slice(begin, end - begin))


def take_range(path: Path) -> pa.Table:
    """Return the occurrences of a range, and remove its file."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
        rows = stream.read_all()
    path.unlink()
    return rows


def lay_down(
    dump: Dump, releases: Numbers, folder: Path, threads: int | None, range_entries: int = RANGE_ENTRIES
) -> tuple[list[Path], Counter[int]]:
    """Lay down all occurrences; returns the files of their ranges and how many entries got each verdict."""
    credits = Credits(dump, releases)
    splitters = _splitters(dump, credits, releases, range_entries)
    counts: Counter[int] = Counter()
    with Ranges(folder, splitters) as ranges, bar("telling tracks apart", dump.rows("tracks")) as progress:

        def work(entries: pa.Table) -> tuple[pa.Table, Int64s, Counter[int]]:
            table, verdicts = occurrences(entries, credits, releases)
            return *ranges.sort(table), verdicts

        batches = whole_releases(dump.row_groups("tracks", COLUMNS))
        for table, offsets, verdicts in in_order(work, batches, threads):
            ranges.add(table, offsets)
            counts += verdicts
            progress(verdicts.total())
        return ranges.paths, counts


def _splitters(dump: Dump, credits: Credits, releases: Numbers, range_entries: int) -> Words:
    """Return the first words that cut all occurrences into ranges of about so many entries, told from a sample."""
    count = min(-(-dump.rows("tracks") // range_entries), MAX_RANGES)
    if count < 2:
        return np.zeros(0, np.uint64)
    samples = dump.sample("tracks", COLUMNS, SAMPLES, SAMPLE_ENTRIES)
    tables = (occurrences(sample, credits, releases)[0] for sample in samples)
    met = np.sort(np.concatenate([leading_words(*text_arrays(array(table, "key"))) for table in tables]))
    return np.unique(met[np.arange(1, count) * met.size // count]) if met.size else met
