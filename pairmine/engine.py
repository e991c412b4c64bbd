"""The only place that opens DuckDB: memory limit, spill folder, threads, views, read-only access."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pairmine import progress, resources, store
from pairmine.errors import MissingError, UsageError

CATALOGUE_DATABASE = "catalogue.duckdb"
READABLE_STORAGE = "v1.0.0"
READING_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
EXECUTING_FUNCTIONS = {"query", "json_execute_serialized_sql"}


def statement(name: str) -> str:
    """Return the text of a file below sql/, e.g. `statement("strategies/tco")`."""
    return resources.path(f"sql/{name}.sql").read_text(encoding="utf-8")


def connect(spill: Path | None = None, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB with the seeded mix defined; it spills to `spill`, else to the system's own place."""
    connection = duckdb.connect()
    connection.execute(f"set threads = {threads or len(os.sched_getaffinity(0))}")
    connection.execute("set memory_limit = '60%'")
    connection.execute("set enable_progress_bar = false")
    if spill is not None:
        connection.execute(f"set temp_directory = {quote(str(spill))}")
    connection.execute(statement("catalogue/mix"))
    return connection


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
    known = ", ".join(sources(workspace)) or "none yet"
    raise MissingError(
        f"no source {source!r} in workspace {workspace} (there: {known}): run `pairmine ingest {source} PATH` first"
    )


def open_source(workspace: Path, source: str, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a connection in which the tables of one source go by their plain names."""
    folder = source_folder(workspace, source)
    connection = connect(workspace / "tmp", threads)
    for view in _source_views(folder):
        connection.execute(f"create view {view}")
    return connection


def open_pairs(workspace: Path, pair_set: Path) -> duckdb.DuckDBPyConnection:
    """Open a connection with the views `pairs`, `pair_tracks`, `vias` and, where it is there, its source's tables."""
    connection = connect(workspace / "tmp")
    for view in _pair_views(workspace, pair_set):
        connection.execute(f"create view {view}")
    return connection


def _source_views(folder: Path) -> Iterator[str]:
    """Yield `name as select …` for every table of a source."""
    tables = sorted({Path(entry["path"]).parts[0] for entry in store.read_manifest(folder)["files"]})
    for table in tables:
        pattern = folder.resolve() / table / "*.parquet"
        yield f"{identifier(table)} as select * from read_parquet({quote(str(pattern))})"


def _pair_views(workspace: Path, pair_set: Path) -> Iterator[str]:
    """Yield the views of a pair set, its source's tables among them."""
    manifest = store.read_manifest(pair_set)
    root = pair_set.resolve()
    yield (
        "pairs as select epoch, anchor, positive, via, score from "
        f"read_parquet({quote(str(root / 'epoch=*' / '*.parquet'))}, hive_partitioning = true, "
        "hive_types = {'epoch': integer})"
    )
    yield f"pair_tracks as select * from read_parquet({quote(str(root / 'tracks.parquet'))})"
    if (root / "vias.parquet").exists():
        yield f"vias as select * from read_parquet({quote(str(root / 'vias.parquet'))})"
    if manifest["source"] in sources(workspace):
        yield from _source_views(workspace / "catalogue" / manifest["source"])


def refresh(workspace: Path) -> None:
    """Rewrite catalogue.duckdb: views only, one schema a source and one a pair set, replaced in one step."""
    schemas = {name: list(_source_views(workspace / "catalogue" / name)) for name in sources(workspace)}
    for name in pair_sets(workspace):
        schemas.setdefault(name, list(_pair_views(workspace, workspace / "pairs" / name)))
    workspace.mkdir(parents=True, exist_ok=True)
    temporary = workspace / f"{CATALOGUE_DATABASE}.{os.getpid()}.tmp"
    temporary.unlink(missing_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote(str(temporary))} as c (storage_version {quote(READABLE_STORAGE)})")
        connection.execute("use c")
        connection.execute(statement("catalogue/mix"))
        for schema, views in schemas.items():
            connection.execute(f"create schema {identifier(schema)}")
            for view in views:
                connection.execute(f"create view {identifier(schema)}.{view}")
        connection.execute("use memory; detach c")
    temporary.replace(workspace / CATALOGUE_DATABASE)


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
    except PermissionError:
        progress.say(f"{workspace} is read-only: its views may name another place, if it was moved")
    with duckdb.connect(workspace / CATALOGUE_DATABASE, read_only=True) as connection:
        connection.execute("set memory_limit = '60%'; set enable_progress_bar = false")
        connection.execute(f"set allowed_directories = [{quote(str(workspace.resolve()) + '/')}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection


def check_read_only(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raise UsageError unless every statement only reads (also what an `explain analyze` would run)."""
    for parsed in connection.extract_statements(query):
        if parsed.type == duckdb.StatementType.EXPLAIN:
            words = parsed.query.split(maxsplit=2)
            rest = words[2] if words[1].lower() == "analyze" else parsed.query.split(maxsplit=1)[1]
            check_read_only(connection, rest)
        elif parsed.type != duckdb.StatementType.SELECT:
            raise UsageError(f"only queries are allowed here, not {parsed.type.name}: use a DuckDB client")
        else:
            _check_select(connection, parsed.query)


def _check_select(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Raise UsageError if a SELECT can write after all: `with t as (copy … to …)`, or SQL text it executes."""
    tree = connection.execute("select json_serialize_sql($1::varchar)", [query]).fetchall()[0][0]
    nodes = set(re.findall(r'"type":\s*"(\w+_NODE)"', tree)) - READING_NODES
    functions = EXECUTING_FUNCTIONS.intersection(re.findall(r'"function_name":\s*"([^"]*)"', tree))
    if nodes or functions or json.loads(tree)["error"]:
        raise UsageError("only plain queries are allowed here, none that writes or runs SQL text: use a DuckDB client")
