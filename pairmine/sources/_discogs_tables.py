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
from pairmine.kernels.numbering import Ids, Numbers
from pairmine.kernels.pooling import grouped, sorted_distinct
from pairmine.kernels.tracklists import RULES, TAKEN
from pairmine.sources._arrow import array
from pairmine.sources._discogs_dump import Dump
from pairmine.sources._discogs_identity import RANGE_ENTRIES, lay_down
from pairmine.sources._discogs_relations import Known, write_tracks
from pairmine.sources._parts import Parts

Int32s = npt.NDArray[np.int32]
BATCH_ROWS = 500_000
CREDITS = {
    "release labels": ("Not On Label", "without id or name"),
    "artist credits": ("Various", "Unknown Artist", "No Artist", "without id"),
}
"""What releases and tracks name, and the rules by which some of it is skipped."""


class _Named:
    """A table of artists, releases or labels as it was written: Discogs ids and names by number.

    Labels that have no id have one past all int32.
    """

    def __init__(self, ids: Ids, names: pa.LargeStringArray, disagreeing: int) -> None:
        self.numbers, self.names, self.disagreeing = Numbers(ids), names, disagreeing


def finish(
    writer: Writer, threads: int | None, range_entries: int = RANGE_ENTRIES
) -> tuple[list[Tally], dict[str, int]]:
    """Write the contract's tables from the `dump_*` tables that the writer has.

    Without releases there are only artists and labels, as far as there are dumps of them. The files do not depend on
    `threads` and `range_entries`, how many tracklist entries are sorted at a time.

    Returns:
        The tallies of tracklist entries, release labels and artist credits, and how many keys have occurrences that
        disagree: in their names (artists, labels) or in the title as written (tracks).
    """
    dump = Dump(writer.partial)
    with_releases = dump.rows("releases") > 0
    with dump.open(writer.scratch, threads) as connection:
        connection.execute(f"create temp table label_names as {engine.statement('catalogue/discogs_label_names')}")
        named = {
            name: _write_named(writer, connection, name, text)
            for name, text in (("artists", "name"), ("labels", "name"), ("releases", "title"))
            if with_releases or dump.rows(name)
        }
        by_name = _columns(connection, "labels_by_name")
        credits = _columns(connection, "credits")
    conflicts = {name: table.disagreeing for name, table in named.items() if name != "releases"}
    if not with_releases:
        return [], conflicts
    ranges, counts = lay_down(dump, named["releases"].numbers, writer.scratch, threads, range_entries)
    conflicts["tracks"] = write_tracks(writer, ranges, _known(dump, named, by_name), threads)
    return [_entries(counts), *_credits(credits)], conflicts


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> pa.Table:
    return connection.sql(engine.statement(f"catalogue/discogs_{name}")).to_arrow_table()


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
    return _Named(np.concatenate(ids or [np.zeros(0, np.int32)]), all_names, disagreeing)


def _known(dump: Dump, named: dict[str, _Named], by_name: pa.Table) -> Known:
    """Return what releases and artists are, in memory."""
    releases = named["releases"].numbers
    tags, tag_texts = _tags(dump, releases)
    return Known(
        releases,
        named["releases"].names,
        named["releases"].names.is_valid().to_numpy(False),
        named["artists"].numbers,
        named["artists"].names,
        _labels(dump, releases, named["labels"].numbers, by_name),
        tags,
        tag_texts,
    )


def _labels(dump: Dump, releases: Numbers, labels: Numbers, by_name: pa.Table) -> Groups:
    """Return the labels of each release, those given by name only among them."""
    of, numbered = dump.numbers("release_labels", "release", "label")
    of = np.concatenate([of, array(by_name, "release").to_numpy()])
    numbers = np.concatenate([labels.of(numbered), labels.of(array(by_name, "id").to_numpy())])
    return sorted_distinct(grouped(releases.of(of), numbers, releases.ids.size))


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


def _entries(counts: Counter[int]) -> Tally:
    return Tally("tracklist entries", counts[TAKEN], {rule: counts[verdict] for verdict, rule in RULES.items()})


def _credits(counted: pa.Table) -> list[Tally]:
    counts = {(row["unit"], row["verdict"]): row["count"] for row in counted.to_pylist()}
    return [
        Tally(unit, counts.get((unit, "taken"), 0), {rule: counts.get((unit, rule), 0) for rule in rules})
        for unit, rules in CREDITS.items()
    ]
