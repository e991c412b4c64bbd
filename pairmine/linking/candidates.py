"""The pairs of tracks worth comparing: both sources normalised, blocked and joined in DuckDB, which spills to disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine, progress, store
from pairmine.errors import InputError
from pairmine.linking import sides

MEMORY = "3GB"
SIDES = ("left", "right")
PRINTED_NAMES = {"dump_release_artists", "dump_track_artists", "track_artists", "artists"}


@contextmanager
def workbench(partial: Path, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in the folder's scratch, which spills there too."""
    scratch = partial / "scratch"
    scratch.mkdir()
    with engine.connect(scratch, threads) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        yield connection


def load_side(
    connection: duckdb.DuckDBPyConnection, workspace: Path, partial: Path, source: str, side: str
) -> dict[str, int]:
    """Make the tables `<side>_side` and `<side>_keys` of a source; return its tracks, and those that can be linked."""
    folder = partial / "scratch" / side
    folder.mkdir()
    place = engine.source_folder(workspace, source)
    tracks = sum(each["rows"] for each in store.read_manifest(place)["files"] if each["path"].startswith("tracks/"))
    with progress.bar(f"names of {source}", tracks) as advance:
        for rows in sides.prepare(place / "tracks", folder):
            advance(rows)
    aliases = _write_aliases(workspace, source, folder.with_suffix(".aliases.parquet"))
    connection.execute(
        f"""
        create table {side}_side as
        select side.*, coalesce(aliases, []) as aliases
        from read_parquet({engine.quote(f"{folder}/*.parquet")}) as side
        left join read_parquet({engine.quote(str(aliases))}) using (track_id)
        """
    )
    named = connection.execute(f"select count(*) from {side}_side").fetchall()[0][0]
    if named == 0:
        raise InputError(
            f"source {source!r} has no track with a title and an artist: ingest it with names (audio: tag the files), "
            "or join audio by keys with `pairmine features --key-map`"
        )
    connection.execute(f"create or replace view side as from {side}_side")
    connection.execute(f"create table {side}_keys as {engine.statement('linking/block_keys')}")
    return {"tracks": tracks, "named": named}


def _write_aliases(workspace: Path, source: str, path: Path) -> Path:
    """Write the other names of each track's artists, where a source knows any."""
    there = {each.name for each in engine.source_folder(workspace, source).iterdir()}
    if not there >= PRINTED_NAMES:
        schema = pa.schema({"track_id": pa.int32(), "aliases": pa.list_(pa.string())})
        pq.write_table(schema.empty_table(), path)
        return path
    with engine.open_source(workspace, source) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        found = connection.sql(engine.statement("linking/aliases")).to_arrow_table()
    pq.write_table(sides.with_folded_lists(found, "aliases"), path)
    return path


def find(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Make the table `candidates`; return how many pairs are compared, and what was too large to compare.

    Blocks of equal names that are too large are compared by album and by duration.
    """
    blocks = engine.statement("linking/blocks")
    connection.execute(f"create table blocks as {blocks}")
    for side in SIDES:
        connection.execute(f"create or replace view side as from {side}_side")
        connection.execute(f"create or replace view keys as from {side}_keys")
        connection.execute(f"insert into {side}_keys {engine.statement('linking/part_keys')}")
    connection.execute(f"insert into blocks select * from ({blocks}) where kind in (9, 10)")
    connection.execute(f"create table candidates as {engine.statement('linking/candidates')}")
    large = "select count(*), coalesce(sum(pairs), 0)::bigint from blocks where too_large"
    count, pairs = connection.execute(large).fetchall()[0]
    compared = connection.execute("select count(*) from candidates").fetchall()[0][0]
    return {"pairs_compared": compared, "blocks_too_large": count, "pairs_in_them": pairs}


def not_compared(connection: duckdb.DuckDBPyConnection, side: str) -> int:
    """Return how many tracks of a side are compared with none, for all their blocks are too large; drop its keys."""
    connection.execute(f"create or replace view keys as from {side}_keys")
    connection.execute(f"create or replace view compared as select {side}_id as track_id from candidates")
    tracks = connection.execute(f"select count(*) from ({engine.statement('linking/not_compared')})").fetchall()[0][0]
    connection.execute(f"drop table {side}_keys")
    return int(tracks)
