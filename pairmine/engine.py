"""The only place that opens DuckDB: memory limit, spill folder, threads, views, read-only access."""

import difflib
import json
import os
import re
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pairmine import parallel, progress, registry, resources, store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.pair_sets import command as build_command
from pairmine.schema import EPOCH_PART_ROWS

CATALOGUE_DATABASE = "catalogue.duckdb"
READABLE_STORAGE = "v1.0.0"
RESERVED_SCHEMAS = frozenset({"main", "temp", "system", "memory", "pg_catalog", "information_schema"})
ABANDONED_SECONDS = 3600
READING_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
EXECUTING_FUNCTIONS = {"query", "json_execute_serialized_sql"}
EXPLAIN_PREFIX = re.compile(r"explain (analyze )?(\( (analyze|format \w+)( , (analyze|format \w+))* \) )?(?=\S)")


Views = Iterator[tuple[str, str]]
ROW = f"{EPOCH_PART_ROWS} * regexp_extract(filename, 'part-([0-9]+)', 1)::bigint + file_row_number"


def statement(name: str) -> str:
    """Return the text of a file below sql/, e.g. `statement("strategies/tco")`."""
    return resources.path(f"sql/{name}.sql").read_text(encoding="utf-8")


def connect(spill: Path | None = None, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with the seeded mix defined; it spills to `spill`, else to the system's own place."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {parallel.threads_or_default(threads)}")
    connection.execute("set memory_limit = '60%'")
    connection.execute("set enable_progress_bar = false")
    if spill is not None:
        connection.execute(f"set temp_directory = {quote(str(spill))}")
    connection.execute(statement("catalogue/mix"))
    return connection


def create_marks(connection: duckdb.DuckDBPyConnection, kinds: Iterable[str]) -> None:
    """Create the view `marks` (track_id, kind, mark): the artists, releases, labels or playlists of every track."""
    tables = {"playlist": "playlist_tracks"}
    parts = [
        f"select track_id, '{kind}' as kind, {kind}_id as mark from {tables.get(kind, f'track_{kind}s')}"
        for kind in kinds
    ]
    connection.execute(f"create view marks as {' union all '.join(parts)}")


def set_variables(connection: duckdb.DuckDBPyConnection, variables: Mapping[str, Any]) -> None:
    """Set the variables a file of sql/ reads by `getvariable`; None leaves its default."""
    for name, value in variables.items():
        connection.execute(f"set variable {identifier(name)} = $1", [value])


def quote(text: str) -> str:
    """Return text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sources(workspace: Path) -> list[str]:
    """Names of the sources in a workspace, sorted."""
    return store.finished(workspace / "catalogue")


def pair_sets(workspace: Path) -> list[str]:
    """Names of the pair sets in a workspace's own folder, sorted."""
    return store.finished(workspace / "pairs")


def link_sets(workspace: Path) -> list[str]:
    """Names of the folders of links in a workspace, sorted."""
    return store.finished(workspace / "links")


def feature_stores(workspace: Path) -> list[str]:
    """Names of the feature stores in a workspace, sorted."""
    return store.finished(workspace / "features")


def source_folder(workspace: Path, source: str) -> Path:
    """Return the folder of a source.

    Raises:
        MissingError: it was not ingested yet.
    """
    folder = workspace / "catalogue" / source
    if (folder / store.MANIFEST).is_file():
        return folder
    known = sources(workspace)
    there = ", ".join(known) or "none yet"
    nearest = difflib.get_close_matches(source, known, n=1)
    ingest = f"{source} PATH" if source in registry.names("sources") else f"KIND PATH --name {source}"
    mend = f"did you mean {nearest[0]!r}?" if nearest else f"run `pairmine ingest {ingest}` first"
    raise MissingError(f"no source {source!r} in workspace {workspace} (there: {there}): {mend}")


def ingested_anew(workspace: Path, manifest: dict[str, Any]) -> str | None:
    """Return the source of a pair set or of links that was ingested anew since, None while ids are still the same.

    Raises:
        MissingError: the source is gone.
        DamagedError: its manifest is damaged.
    """
    for source, stated in _read_from(manifest).items():
        if store.read_manifest(source_folder(workspace, source))["fingerprint"] != stated:
            return source
    return None


def _read_from(manifest: dict[str, Any]) -> dict[str, str]:
    """Return the sources that a pair set or links were made from, with their fingerprints of then."""
    if "left" in manifest:
        return dict(zip((manifest["left"], manifest["right"]), manifest["source_fingerprints"], strict=True))
    return {manifest["source"]: manifest["catalogue_fingerprint"]}


def stale(workspace: Path, pair_set: Path) -> str | None:
    """Return why ids of a pair set are not those of its source, and how to mend it; None if they are.

    Raises:
        MissingError: the source is gone.
        DamagedError: its manifest, or the set's, is damaged.
    """
    manifest = store.read_manifest(pair_set)
    source = ingested_anew(workspace, manifest)
    mend = build_command(manifest, pair_set, workspace)
    return source and f"source {source!r} was ingested anew since: run `{mend}`"


def outdated(workspace: Path, source: str | None = None) -> list[str]:
    """Return the names of the pair sets and links of a workspace whose ids are no longer right.

    Args:
        workspace: the workspace.
        source: only those made from this source; what is damaged, or lacks its source, is not among them.
    """
    found = []
    for place, names in (("pairs", pair_sets(workspace)), ("links", link_sets(workspace))):
        for name in names:
            try:
                manifest = store.read_manifest(workspace / place / name)
                of_source = source in (None, *_read_from(manifest))
                found += [name] if of_source and ingested_anew(workspace, manifest) else []
            except (DamagedError, MissingError):
                continue  # refresh tells
    return found


def say_outdated(names: list[str]) -> None:
    """Tell in one line which pair sets and links are older than their source; nothing where there are none."""
    if names:
        progress.say(
            f"made before their source was ingested anew, so that ids differ: {', '.join(names)}: "
            "`pairmine check NAME` tells how to make each again"
        )


def check_schema(workspace: Path, folder: str, name: str, mend: str) -> None:
    """Raise UsageError unless FOLDER/NAME of the workspace can have the schema NAME, whatever the letters' case.

    Args:
        workspace: the workspace.
        folder: catalogue, pairs or links.
        name: of the source, pair set or links to be written.
        mend: what to do if it is reserved or taken.
    """
    if name.lower() in RESERVED_SCHEMAS:
        raise UsageError(f"the name {name!r} is reserved by DuckDB: {mend}")
    there = {"catalogue": sources(workspace), "pairs": pair_sets(workspace), "links": link_sets(workspace)}
    for place, names in there.items():
        for other in names:
            if other.lower() == name.lower() and (place, other) != (folder, name):
                raise UsageError(f"the name {name!r} is taken by {place}/{other}: {mend}")


def open_source(workspace: Path, source: str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a connection in which the tables of one source go by their plain names."""
    folder = source_folder(workspace, source)
    connection = connect(workspace / "tmp", threads)
    for name, query in _source_views(folder):
        connection.execute(_create_view(name, query))
    return connection


def open_pairs(workspace: Path, pair_set: Path, *, with_source: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a connection with the views `pairs`, `pair_tracks`, `excluded`, `vias` and its source's.

    Those of the source only while it is there, and the one the set was built from: else ids mean other tracks.
    """
    connection = connect(workspace / "tmp")
    for name, query in _pair_views(workspace, pair_set, with_source):
        connection.execute(_create_view(name, query))
    return connection


def _create_view(name: str, query: str) -> str:
    return f"create view {identifier(name)} as {query}"


def _source_views(folder: Path) -> Views:
    """Yield name and query of the view of every table of a source."""
    tables = sorted({Path(entry["path"]).parts[0] for entry in store.read_manifest(folder)["files"]})
    for table in tables:
        yield table, f"select * from {parquet(folder / table, '*.parquet')}"


def source_table(workspace: Path, source: str, table: str) -> str:
    """Return the call of read_parquet that is one table of a source."""
    return parquet(source_folder(workspace, source) / table, "*.parquet")


def parquet(folder: Path, pattern: str, options: str = "hive_partitioning = false") -> str:
    """Return a call of read_parquet; the folder's own name is no pattern and no partition, whatever is in it."""
    return f"read_parquet({quote(f'{_as_pattern(folder)}/{pattern}')}, {options})"


def _as_pattern(folder: Path) -> str:
    """Return the pattern that fits this folder alone."""
    return re.sub(r"([*?\[])", r"[\1]", str(folder.resolve()))


def _pair_views(workspace: Path, pair_set: Path, with_source: bool = True) -> Views:
    """Yield name and query of the views of a pair set, its source's tables among them while their ids are its own."""
    manifest = store.read_manifest(pair_set)
    options = "hive_partitioning = true, hive_types = {'epoch': integer}, filename = true, file_row_number = true"
    columns = ["epoch", "anchor", "positive", "via", "score"]
    columns += ["negative"] if manifest["kind"] == "triplets" else []
    columns += [f"{ROW} as row"] if manifest.get("order") == "fixed" else []
    yield "pairs", f"select {', '.join(columns)} from {parquet(pair_set, 'epoch=*/*.parquet', options)}"
    yield "pair_tracks", f"select * from {parquet(pair_set, 'tracks.parquet')}"
    excluded = (pair_set / "excluded.parquet").exists()
    of_file = f"select track_id from {parquet(pair_set, 'excluded.parquet')}"
    yield "excluded", of_file if excluded else "select null::integer as track_id where false"
    for table in ("vias", "targets", "vocabulary"):
        if (pair_set / f"{table}.parquet").exists():
            yield table, f"select * from {parquet(pair_set, f'{table}.parquet')}"
    if with_source and manifest["source"] in sources(workspace) and ingested_anew(workspace, manifest) is None:
        yield from _source_views(workspace / "catalogue" / manifest["source"])


def _link_views(folder: Path) -> Views:
    """Yield name and query of the view of links between two sources."""
    store.read_manifest(folder)
    yield "links", f"select * from {parquet(folder, 'links.parquet')}"


def refresh(workspace: Path) -> None:
    """Rewrite catalogue.duckdb: views only, one schema a source, pair set or folder of links, replaced in one step."""
    workspace.mkdir(parents=True, exist_ok=True)
    with _temporary(workspace) as temporary:
        with duckdb.connect() as connection:
            connection.execute(f"attach {quote(str(temporary))} as c (storage_version {quote(READABLE_STORAGE)})")
            connection.execute("use c")
            connection.execute(statement("catalogue/mix"))
            views, lacking = _schemas(workspace)
            lacking |= _create_schemas(connection, "c", views)
            connection.execute("use memory; detach c")
        temporary.replace(workspace / CATALOGUE_DATABASE)
    for reason in dict.fromkeys(lacking.values()):
        progress.say(f"left out of {CATALOGUE_DATABASE}: {reason}")


@contextmanager
def _temporary(workspace: Path) -> Iterator[Path]:
    """Name a file for the database in the making; what is left of it, or of one that was killed, is removed."""
    own = workspace / f"{CATALOGUE_DATABASE}.{os.getpid()}.tmp"
    own.unlink(missing_ok=True)
    try:
        yield own
    finally:
        for path in workspace.glob(f"{CATALOGUE_DATABASE}.*.tmp*"):
            if path.name.startswith(own.name) or _is_abandoned(path):
                path.unlink(missing_ok=True)


def _is_abandoned(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
    except FileNotFoundError:  # another run has just finished
        return False


def unreadable_views(workspace: Path, schemas: Collection[str]) -> dict[tuple[str, str], str]:
    """Return what catalogue.duckdb lacks of some schemas, by schema and view, and why.

    Files of it are damaged, or the schema's name is taken; view "" stands for what a manifest would tell.
    """
    views, lacking = _schemas(workspace)
    with duckdb.connect() as connection:
        asked = {name: each for name, each in views.items() if name in schemas}
        return lacking | _create_schemas(connection, "memory", asked)


def _create_schemas(
    connection: duckdb.DuckDBPyConnection, database: str, schemas: Mapping[str, list[tuple[str, str]]]
) -> dict[tuple[str, str], str]:
    """Create the views of every schema; return those that cannot be, by schema and view, and why."""
    lacking = {}
    for schema, views in schemas.items():
        connection.execute(f"create schema {database}.{identifier(schema)}")
        connection.execute(f"use {database}.{identifier(schema)}")
        for name, query in views:
            try:
                connection.execute(_create_view(name, query))
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                lacking[schema, name] = f"{str(error).splitlines()[0]} (`pairmine check` tells more)"
    return lacking


def _schemas(workspace: Path) -> tuple[dict[str, list[tuple[str, str]]], dict[tuple[str, str], str]]:
    """Return the views of every schema, and why some are left out: a manifest is damaged, or the name is taken."""
    views: dict[str, list[tuple[str, str]]] = {}
    lacking: dict[tuple[str, str], str] = {}
    found = [(name, _source_views(workspace / "catalogue" / name)) for name in sources(workspace)]
    found += [(name, _pair_views(workspace, workspace / "pairs" / name)) for name in pair_sets(workspace)]
    found += [(name, _link_views(workspace / "links" / name)) for name in link_sets(workspace)]
    taken = set(RESERVED_SCHEMAS)
    for name, statements in found:
        if name.lower() in taken:
            lacking[name, ""] = f"{name!r}, as the name is taken"
            continue
        views[name] = []
        try:
            for view in statements:
                views[name].append(view)
        except DamagedError as error:
            lacking[name, ""] = str(error)
        taken.add(name.lower())
    return views, lacking


@contextmanager
def reader(workspace: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open catalogue.duckdb read-only, with file access confined to the workspace.

    Raises:
        MissingError: nothing was ingested yet.
    """
    if not sources(workspace):
        raise MissingError(f"workspace {workspace} holds no catalogue: run `pairmine ingest` first")
    try:
        refresh(workspace)
    except (PermissionError, duckdb.IOException):
        if not (workspace / CATALOGUE_DATABASE).exists():
            raise
        progress.say(f"{workspace} is read-only: its views may name another place, if it was moved")
    with duckdb.connect(workspace / CATALOGUE_DATABASE, read_only=True) as connection:
        connection.execute("set memory_limit = '60%'; set enable_progress_bar = false")
        places = {f"{workspace.resolve()}/", f"{_as_pattern(workspace)}/"}
        connection.execute(f"set allowed_directories = [{', '.join(map(quote, sorted(places)))}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection


def check_read_only(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return a query that only reads, to be run instead of the one given: an `explain` is put together anew.

    Raises:
        UsageError: it is not exactly one statement, or does more than read.
    """
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        raise UsageError("write exactly one query")
    kind = statements[0].type
    if kind == duckdb.StatementType.MULTI:
        raise UsageError("this runs several statements: write a pivot as `from (pivot … on … in (…) using …)`")
    if kind not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise UsageError(f"only queries are allowed here, not {kind.name}: use a DuckDB client")
    prefix, plain = _explained(statements[0].query) if kind == duckdb.StatementType.EXPLAIN else ("", query)
    _check_select(connection, plain)
    return prefix + plain


def _explained(query: str) -> tuple[str, str]:
    """Split an EXPLAIN into its prefix, without comments, and what it explains."""
    text = query.encode()
    tokens = duckdb.tokenize(query)
    ends = [start for start, _ in tokens[1:]] + [len(text)]
    spans = [(start, end) for (start, kind), end in zip(tokens, ends, strict=True) if kind != duckdb.token_type.comment]
    words = [text[start:end].decode().strip() for start, end in spans]
    prefix = EXPLAIN_PREFIX.match(" ".join(words).lower())
    if prefix is None:
        raise UsageError("write `explain select …`, `explain analyze select …` or `explain (format json) select …`")
    return prefix[0], text[spans[len(prefix[0].split())][0] :].decode()


def _check_select(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raise UsageError if a SELECT can write after all: `with t as (copy … to …)`, or SQL text it executes."""
    tree = connection.execute("select json_serialize_sql($1::varchar)", [query]).fetchall()[0][0]
    nodes = set(re.findall(r'"type":\s*"(\w+_NODE)"', tree)) - READING_NODES
    functions = EXECUTING_FUNCTIONS.intersection(re.findall(r'"function_name":\s*"([^"]*)"', tree))
    if nodes or functions or json.loads(tree)["error"]:
        raise UsageError("only plain queries are allowed here, none that writes or runs SQL text: use a DuckDB client")
