"""From the tables of a Discogs dump to those of the contract: tracks, artists, releases, labels, relations, tags."""

from collections import Counter

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine import engine
from pairmine.catalogue import Tally, Writer
from pairmine.kernels.groups import Groups
from pairmine.kernels.numbering import Numbers
from pairmine.kernels.pooling import grouped, sorted_distinct
from pairmine.kernels.tracklists import RULES, TAKEN
from pairmine.sources._discogs_arrow import array
from pairmine.sources._discogs_dump import Dump
from pairmine.sources._discogs_identity import RANGE_ENTRIES, lay_down
from pairmine.sources._discogs_parts import Parts
from pairmine.sources._discogs_relations import Known, write_tracks

Int32s = npt.NDArray[np.int32]
BATCH_ROWS = 500_000


class _Named:
    """A table of artists, releases or labels as it was written: Discogs ids and names by number."""

    def __init__(self, ids: Int32s, names: pa.LargeStringArray, disagreeing: int) -> None:
        self.numbers, self.names, self.disagreeing = Numbers(ids), names, disagreeing


def finish(
    writer: Writer, threads: int | None, range_entries: int = RANGE_ENTRIES
) -> tuple[list[Tally], dict[str, int]]:
    """Write the contract's tables from the `dump_*` tables that the writer has.

    Without releases there are only artists and labels, as far as there are dumps of them. The files do not depend on
    `threads` and `range_entries`, how many tracklist entries are sorted at a time.

    Returns:
        The tally of tracklist entries, and how many keys have occurrences that disagree: in their names (artists,
        labels) or in the title as written (tracks).
    """
    dump = Dump(writer.partial)
    with_releases = dump.rows("releases") > 0
    with dump.open(writer.scratch, threads) as connection:
        named = {
            name: _write_named(writer, connection, name, text)
            for name, text in (("artists", "name"), ("labels", "name"), ("releases", "title"))
            if with_releases or dump.rows(name)
        }
    conflicts = {name: table.disagreeing for name, table in named.items() if name != "releases"}
    if not with_releases:
        return [], conflicts
    ranges, counts = lay_down(dump, named["releases"].numbers, writer.scratch, threads, range_entries)
    conflicts["tracks"] = write_tracks(writer, ranges, _known(dump, named), threads)
    return [_tally(counts)], conflicts


def _write_named(writer: Writer, connection: duckdb.DuckDBPyConnection, name: str, text: str) -> _Named:
    """Write artists, labels or releases, ordered by key."""
    parts, ids, names, first, disagreeing = Parts(writer, name), [], [], 0, 0
    for batch in connection.sql(engine.statement(f"catalogue/discogs_{name}")).to_arrow_reader(BATCH_ROWS):
        table = pa.Table.from_batches([batch])
        ids.append(array(table, "id").to_numpy())
        names.append(array(table, text).cast(pa.large_string()))
        if "disagrees" in table.column_names:
            disagreeing += int(np.count_nonzero(array(table, "disagrees")))
        numbers = np.arange(first, first + table.num_rows, dtype=np.int32)
        first += table.num_rows
        parts.add(table.append_column(f"{name.removesuffix('s')}_id", pa.array(numbers)))
    parts.finish()
    all_names = pa.concat_arrays([pa.array([], pa.large_string()), *names])
    return _Named(np.concatenate([np.zeros(0, np.int32), *ids]), all_names, disagreeing)


def _known(dump: Dump, named: dict[str, _Named]) -> Known:
    """Return what releases and artists are, in memory."""
    releases = named["releases"].numbers
    of, labels = dump.numbers("release_labels", "release", "label")
    tags, tag_texts = _tags(dump, releases)
    return Known(
        releases,
        named["releases"].names,
        named["releases"].names.is_valid().to_numpy(False),
        named["artists"].numbers,
        named["artists"].names,
        sorted_distinct(grouped(releases.of(of), named["labels"].numbers.of(labels), releases.ids.size)),
        tags,
        tag_texts,
    )


def _tags(dump: Dump, releases: Numbers) -> tuple[Groups, tuple[pa.Array, pa.Array]]:
    """Return the tags of each release by their number, and kind and text of each, in the order of their bytes."""
    met: dict[tuple[str, str], int] = {}
    of, numbers = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for release, kinds, tags in dump.tags():
        of.append(releases.of(release))
        numbers.append(_provisional(kinds, tags, met))
    texts = sorted(met, key=lambda pair: (pair[0].encode(), pair[1].encode()))
    final = np.full(len(met) + 1, -1, np.int32)
    final[[met[pair] for pair in texts]] = np.arange(len(met))
    groups = sorted_distinct(grouped(np.concatenate(of), final[np.concatenate(numbers)], releases.ids.size))
    return groups, (
        pa.array([kind for kind, _ in texts], pa.string()),
        pa.array([tag for _, tag in texts], pa.string()),
    )


def _provisional(kinds: pa.DictionaryArray, tags: pa.DictionaryArray, met: dict[tuple[str, str], int]) -> Int32s:
    """Number the tags of some rows in the order they are met; −1 for a row that lacks kind or tag."""
    width = len(tags.dictionary)
    pairs = pc.add(pc.multiply(kinds.indices.cast(pa.int64()), width), tags.indices).fill_null(-1).to_numpy()
    number_of = np.full(width * len(kinds.dictionary) + 1, -1, np.int32)
    number_of[pairs] = 0
    number_of[-1] = -1
    for pair in np.flatnonzero(number_of == 0).tolist():
        kind, tag = kinds.dictionary[pair // width].as_py(), tags.dictionary[pair % width].as_py()
        number_of[pair] = met.setdefault((kind, tag), len(met))
    numbers: Int32s = number_of[pairs]
    return numbers


def _tally(counts: Counter[int]) -> Tally:
    return Tally("tracklist entries", counts[TAKEN], {rule: counts[verdict] for verdict, rule in RULES.items()})
