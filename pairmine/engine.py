"""The only place that opens DuckDB: memory limit, spill folder, threads, views, read-only access."""

import difflib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pairmine import parallel, progress, registry, resources, store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.schema import EPOCH_PART_ROWS

CATALOGUE_DATABASE = "catalogue.duckdb"
READABLE_STORAGE = "v1.0.0"
RESERVED_SCHEMAS = frozenset({"main", "temp", "system", "memory", "pg_catalog", "information_schema"})
READING_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
EXECUTING_FUNCTIONS = {"query", "json_execute_serialized_sql"}
EXPLAIN_PREFIX = re.compile(r"explain (analyze )?(\( (analyze|format \w+)( , (analyze|format \w+))* \) )?(?=\S)")


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
    return _complete(workspace / "catalogue")


def pair_sets(workspace: Path) -> list[str]:
    """Names of the pair sets in a workspace's own folder, sorted."""
    return _complete(workspace / "pairs")


def link_sets(workspace: Path) -> list[str]:
    """Names of the folders of links in a workspace, sorted."""
    return _complete(workspace / "links")


def feature_stores(workspace: Path) -> list[str]:
    """Names of the feature stores in a workspace, sorted."""
    return _complete(workspace / "features")


def _complete(folder: Path) -> list[str]:
    manifests = folder.glob(f"*/{store.MANIFEST}")
    return sorted(path.parent.name for path in manifests if not path.parent.name.endswith(".partial"))


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
    for view in _source_views(folder):
        connection.execute(f"create view {view}")
    return connection


def open_pairs(workspace: Path, pair_set: Path, *, with_source: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a connection with the views `pairs`, `pair_tracks`, `excluded`, `vias` and, if it is there, its source's."""
    connection = connect(workspace / "tmp")
    for view in _pair_views(workspace, pair_set, with_source):
        connection.execute(f"create view {view}")
    return connection


def _source_views(folder: Path) -> Iterator[str]:
    """Yield `name as select …` for every table of a source."""
    tables = sorted({Path(entry["path"]).parts[0] for entry in store.read_manifest(folder)["files"]})
    for table in tables:
        yield f"{identifier(table)} as select * from {parquet(folder / table, '*.parquet')}"


def source_table(workspace: Path, source: str, table: str) -> str:
    """Return the call of read_parquet that is one table of a source."""
    return parquet(source_folder(workspace, source) / table, "*.parquet")


def parquet(folder: Path, pattern: str, options: str = "hive_partitioning = false") -> str:
    """Return a call of read_parquet; the folder's own name is no pattern and no partition, whatever is in it."""
    return f"read_parquet({quote(f'{_as_pattern(folder)}/{pattern}')}, {options})"


def _as_pattern(folder: Path) -> str:
    """Return the pattern that fits this folder alone."""
    return re.sub(r"([*?\[])", r"[\1]", str(folder.resolve()))


def _pair_views(workspace: Path, pair_set: Path, with_source: bool = True) -> Iterator[str]:
    """Yield the views of a pair set, its source's tables among them."""
    manifest = store.read_manifest(pair_set)
    options = "hive_partitioning = true, hive_types = {'epoch': integer}, filename = true, file_row_number = true"
    columns = ["epoch", "anchor", "positive", "via", "score"]
    columns += ["negative"] if manifest["kind"] == "triplets" else []
    columns += [f"{ROW} as row"] if manifest.get("order") == "fixed" else []
    yield f"pairs as select {', '.join(columns)} from {parquet(pair_set, 'epoch=*/*.parquet', options)}"
    yield f"pair_tracks as select * from {parquet(pair_set, 'tracks.parquet')}"
    excluded = (pair_set / "excluded.parquet").exists()
    from_excluded = parquet(pair_set, "excluded.parquet") if excluded else "pair_tracks where false"
    yield f"excluded as select track_id from {from_excluded}"
    for table in ("vias", "targets", "vocabulary"):
        if (pair_set / f"{table}.parquet").exists():
            yield f"{table} as select * from {parquet(pair_set, f'{table}.parquet')}"
    if with_source and manifest["source"] in sources(workspace):
        yield from _source_views(workspace / "catalogue" / manifest["source"])


def _link_views(folder: Path) -> Iterator[str]:
    """Yield the view of links between two sources."""
    store.read_manifest(folder)
    yield f"links as select * from {parquet(folder, 'links.parquet')}"


def refresh(workspace: Path) -> None:
    """Rewrite catalogue.duckdb: views only, one schema a source, pair set or folder of links, replaced in one step."""
    schemas = _schemas(workspace)
    workspace.mkdir(parents=True, exist_ok=True)
    temporary = workspace / f"{CATALOGUE_DATABASE}.{os.getpid()}.tmp"
    temporary.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote(str(temporary))} as c (storage_version {quote(READABLE_STORAGE)})")
        connection.execute("use c")
        connection.execute(statement("catalogue/mix"))
        for schema, views in schemas.items():
            connection.execute(f"create schema {identifier(schema)}")
            connection.execute(f"use c.{identifier(schema)}")
            for view in views:
                _create_if_readable(connection, view)
        connection.execute("use memory; detach c")
    temporary.replace(workspace / CATALOGUE_DATABASE)


def _create_if_readable(connection: duckdb.DuckDBPyConnection, view: str) -> None:
    """Create a view, or tell that its files cannot be read."""
    try:
        connection.execute(f"create view {view}")
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        reason = str(error).splitlines()[0]
        progress.say(f"left out of {CATALOGUE_DATABASE}: {reason} (`pairmine check` tells more)")


def _schemas(workspace: Path) -> dict[str, list[str]]:
    """Return the views of every schema; what is damaged, or whose name is taken, is told and left out."""
    views: dict[str, list[str]] = {}
    found = [(name, _source_views(workspace / "catalogue" / name)) for name in sources(workspace)]
    found += [(name, _pair_views(workspace, workspace / "pairs" / name)) for name in pair_sets(workspace)]
    found += [(name, _link_views(workspace / "links" / name)) for name in link_sets(workspace)]
    taken = set(RESERVED_SCHEMAS)
    for name, statements in found:
        if name.lower() in taken:
            progress.say(f"{CATALOGUE_DATABASE} has no schema for {name!r}: the name is taken")
            continue
        try:
            views[name] = list(statements)
        except DamagedError as error:
            progress.say(f"left out of {CATALOGUE_DATABASE}: {error}")
        taken.add(name.lower())
    return views


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
