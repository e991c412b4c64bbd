"""The common end of the sources of playlists: rows of entries, laid down as they come, become the contract's tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.catalogue import Ingested, Tally, Writer
from pairmine.errors import InputError
from pairmine.sources._parts import write_parts
from pairmine.sources._rejects import Rejects

ROWS_IN_MEMORY = 200_000
BATCH_ROWS = 500_000
STEPS = ("lists", "digests", "kept", "keys", "entries", "mentions")
TABLES = (
    "playlists", "playlist_tracks", "tracks", "artists", "track_artists", "releases", "track_releases", "track_tags",
)  # fmt: skip

ROWS = pa.schema(
    [
        pa.field("part", pa.int64(), False),  # tells apart playlists that share a key: the file, or the place in it
        pa.field("row", pa.int64(), False),  # order within the part
        pa.field("playlist", pa.string(), False),
        pa.field("track", pa.string(), False),
        pa.field("position", pa.int64()),
        pa.field("title", pa.string()),
        pa.field("artist", pa.string()),
        pa.field("album", pa.string()),
        pa.field("duration_ms", pa.int64()),
        pa.field("playlist_title", pa.string()),
    ]
)
FACTS = pa.schema(
    [
        pa.field("part", pa.int64(), False),
        pa.field("playlist", pa.string(), False),
        pa.field("title", pa.string()),
        pa.field("num_followers", pa.int64()),
        pa.field("modified_at", pa.timestamp("ms")),
        pa.field("tags", pa.list_(pa.string())),
    ]
)
SONGS = pa.schema(
    [
        pa.field("key", pa.string(), False),
        pa.field("title", pa.string()),
        pa.field("artists", pa.list_(pa.struct([("key", pa.string()), ("name", pa.string())])), False),
        pa.field("release", pa.string()),
        pa.field("album", pa.string()),
        pa.field("year", pa.int32()),
        pa.field("tags", pa.list_(pa.struct([("kind", pa.string()), ("tag", pa.string())])), False),
    ]
)
_SCHEMAS = {"rows": ROWS, "facts": FACTS, "songs": SONGS}


class PlaylistSpool:
    """Takes what is read, in Arrow tables or row by row, and lays it down in scratch files.

    `rows` are entries of playlists, `facts` are playlists with what is known of them (needed only where something is),
    `songs` are tracks with all that is known of them (of a source that describes them apart from its playlists).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts = dict.fromkeys(_SCHEMAS, 0)
        self._waiting: dict[str, list[Sequence[Any]]] = {name: [] for name in _SCHEMAS}
        self._parts = dict.fromkeys(_SCHEMAS, 0)

    def add(self, name: str, values: Sequence[Any]) -> None:
        """Take one row, its values in the order of the schema."""
        self._waiting[name].append(values)
        if len(self._waiting[name]) >= ROWS_IN_MEMORY:
            self._flush(name)

    def add_table(self, name: str, table: pa.Table) -> None:
        """Take many rows; columns that are missing are null."""
        schema = _SCHEMAS[name]
        there = set(table.column_names)
        columns = [
            table.column(field.name).cast(field.type) if field.name in there else pa.nulls(table.num_rows, field.type)
            for field in schema
        ]
        pq.write_table(pa.table(columns, schema), self.folder / f"{name}-{self._parts[name]}.parquet")
        self._parts[name] += 1
        self.counts[name] += table.num_rows

    def _flush(self, name: str) -> None:
        waiting, self._waiting[name] = self._waiting[name], []
        columns = list(zip(*waiting, strict=True)) or [() for _ in _SCHEMAS[name]]
        names = _SCHEMAS[name].names
        arrays = [pa.array(c, field.type) for c, field in zip(columns, _SCHEMAS[name], strict=True)]
        self.add_table(name, pa.table(arrays, names))

    def open(self, threads: int | None) -> duckdb.DuckDBPyConnection:
        """Return a connection with the views `rows`, `facts` and `songs`; nothing more can be taken."""
        connection = engine.connect(self.folder, threads)
        for name in _SCHEMAS:
            if self._waiting[name] or not self._parts[name]:
                self._flush(name)
            connection.execute(
                f"create view {name} as select * from {engine.parquet(self.folder, f'{name}-*.parquet')}"
            )
        return connection


def finish(
    writer: Writer,
    rows: PlaylistSpool,
    rejects: Rejects,
    files: int,
    skipped: dict[str, int],
    threads: int | None,
    where: str = "byte",
) -> Ingested:
    """Write the tables of the contract and commit the source.

    A playlist is the rows of one part with one key, in the order of their positions, or of the rows where some have
    none or two the same. One met again with the same content is left out; two that differ get `#` and 8 hex digits of
    their content's MD5 behind their key. Of a track each column is taken from the first entry that has it, by playlist
    key and position, or from `songs` if it is there.

    Args:
        writer: where to.
        rows: what was read.
        rejects: what was not taken, of the units playlists, entries, songs, fields and files.
        files: how many files were met.
        skipped: entries left out by each rule.
        threads: of the queries.
        where: what the rejects' positions count.

    Raises:
        InputError: there is no playlist; the source is left as it was.
    """
    with rows.open(threads) as connection:
        if not rows.counts["rows"] and not rows.counts["facts"]:
            why = rejects.example(where) or "there is nothing in it"
            raise InputError(f"nothing could be read ({why}): source {writer.final.name!r} is left as it was")
        for step in STEPS:
            connection.execute(f"create temp table {step} as {engine.statement(f'catalogue/playlists_{step}')}")
        for table in TABLES:
            write_parts(writer, table, _stream(connection, table))
        playlists, repeated, entries, in_repeated, colliding, disagreeing, songs = _counts(connection)
    writer.write("rejects", rejects.sorted())
    rejected = rejects.counts
    tallies = [
        Tally("playlists", playlists, {"repeated": repeated}, rejected["playlists"]),
        Tally("entries", entries, {"in repeated playlists": in_repeated} | skipped, rejected["entries"]),
        Tally("malformed fields", rejected=rejected["fields"]),
        Tally("files", files - rejected["files"], rejected=rejected["files"]),
    ]
    if rows.counts["songs"] or rejected["songs"]:
        tallies.append(Tally("songs", songs, {"repeated": rows.counts["songs"] - songs}, rejected["songs"]))
    return writer.commit(tallies, {"playlists": colliding, "tracks": disagreeing})


def _stream(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[pa.Table]:
    result = connection.sql(engine.statement(f"catalogue/playlists_to_{table}"))
    for batch in result.to_arrow_reader(BATCH_ROWS):
        yield pa.Table.from_batches([batch])


def _counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    counts: tuple[int, ...] = connection.sql(engine.statement("catalogue/playlists_counts")).fetchall()[0]
    return counts
