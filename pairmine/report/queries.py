"""Queries on a workspace: one's own, or a named one of sql/stats/; they read only, and nothing outside of it."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pairmine import engine, resources
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.registry import check_name
from pairmine.report import needs, tables

KINDS = ("source", "pairs")
BATCH_ROWS = 10_000
EXACT = re.compile("u?(tiny|small|big|huge)?int(eger)?|null|boolean|float|double|decimal|varchar|enum|blob|uuid")


def names() -> dict[str, str]:
    """Return the named queries: what each reads ("source" or "pairs") by its name, the file's with hyphens."""
    found = {}
    for kind in KINDS:
        for file in sorted(resources.path(f"sql/stats/{kind}").glob("*.sql")):
            found[file.stem.replace("_", "-")] = kind
    return found


def text(name: str) -> str:
    """Return the SQL of a named query.

    Raises:
        UsageError: there is none of that name; the message suggests the nearest.
    """
    known = names()
    check_name("query", name, known)
    return engine.statement(f"stats/{known[name]}/{name.replace('-', '_')}")


def description(sql: str) -> str:
    """Return what a file of sql/ says it shows: its first line."""
    return sql.split("\n", 1)[0].removeprefix("-- ")


def variables(sql: str) -> list[str]:
    """Return the names of the variables a query reads, sorted."""
    return sorted(set(re.findall(r"getvariable\('(\w+)'\)", sql)))


def answer(
    workspace: Path,
    query: str | None,
    *,
    name: str | None = None,
    listed: bool = False,
    on: str | None = None,
    settings: Sequence[str] = (),
    style: str = "text",
) -> Iterator[str]:
    """Yield the lines of a query's result, or of the list of named queries, as "text", "json" or "csv".

    Args:
        workspace: where the sources and pair sets are.
        query: SQL that only reads; tables as `source.table`, or by their plain names with `on`.
        name: a named query instead.
        listed: the named queries instead.
        on: the source or pair set whose tables go by their plain names; a named query takes the only one there is.
        settings: `name=value` for `getvariable('name')`; values as in JSON, anything else is text.
        style: how to print.

    Raises:
        UsageError: the query is wrong, or does more than read; or not exactly one thing is asked for.
        MissingError: nothing was ingested yet, or a named query needs a table that is not there.
        DamagedError: a table is missing because its files are damaged.
    """
    if (query is not None) + (name is not None) + listed != 1:
        raise UsageError('ask one thing: a query ("select …"), --name NAME or --list')
    if listed:
        return tables.lines(("name", "reads", "needs", "variables", "shows"), map(_about, names()), style)
    sql = text(name) if name is not None else str(query)
    return _run(workspace, sql, name, on, _parsed(settings, sql), style)


def _about(name: str) -> tuple[str, ...]:
    """Return a named query's row in the list."""
    sql = text(name)
    needed = ", ".join(" or ".join(each) for each in needs.needs(sql))
    return name, names()[name], needed, ", ".join(variables(sql)), description(sql)


def _use(
    connection: duckdb.DuckDBPyConnection, workspace: Path, name: str, on: str | None, outdated: Sequence[str]
) -> str:
    """Return the schema a named query is to use, as asked or the only one it can mean, with all tables it names."""
    there: dict[str, set[str]] = {}
    for schema, view in connection.execute("select schema_name, view_name from duckdb_views()").fetchall():
        there.setdefault(schema, set()).add(view)
    sql = text(name)
    chosen = on or _only(workspace, name, there)
    _check_readable(workspace, [(chosen, table) for table in needs.reads(sql) if table not in there.get(chosen, ())])
    why = engine.stale(workspace, workspace / "pairs" / chosen) if chosen in outdated else None
    needs.check_needs(name, sql, chosen, there.get(chosen, set()), why)
    needs.fill(connection, sql, there[chosen])
    return chosen


def _check_readable(workspace: Path, lacking: Sequence[tuple[str, str]]) -> None:
    """Raise DamagedError if one of the views (schema, table) that a query lacks cannot be made of damaged files."""
    reasons = engine.unreadable_views(workspace, {schema for schema, _ in lacking}) if lacking else {}
    for schema, table in lacking:
        if reason := reasons.get((schema, table)) or reasons.get((schema, "")):
            raise DamagedError(f"{schema}.{table} cannot be read: {reason}")


def _only(workspace: Path, name: str, there: dict[str, set[str]]) -> str:
    """Return the only source or pair set that has what a named query needs; where none has, the first."""
    is_source = names()[name] == "source"
    known = engine.sources(workspace) if is_source else engine.pair_sets(workspace)
    fitting = [each for each in known if needs.lacking(text(name), there.get(each, set())) is None]
    if not known:  # of pair sets, as without a source nothing is asked
        place = workspace / "pairs"
        raise MissingError(
            f"no pair set in {place}: run `pairmine build-pairs`, or move one built elsewhere to {place / 'NAME'}"
        )
    if len(fitting) > 1:
        raise UsageError(f"name one with --on: {', '.join(fitting)}")
    return (fitting or known)[0]


def _parsed(settings: Sequence[str], sql: str) -> dict[str, Any]:
    values = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {setting}: write name=value")
        check_name("variable of this query", name, variables(sql))
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return values


def _run(
    workspace: Path, sql: str, name: str | None, on: str | None, values: dict[str, Any], style: str
) -> Iterator[str]:
    with engine.reader(workspace) as connection:
        outdated = engine.outdated(workspace)
        engine.say_outdated(outdated)
        if on is not None:
            check_name("source or pair set", on, [*engine.sources(workspace), *engine.pair_sets(workspace)])
        try:
            schema = _use(connection, workspace, name, on, outdated) if name is not None else on
            if schema is not None:
                connection.execute(f"use {engine.identifier(schema)}")
            engine.set_variables(connection, values)
            yield from _lines(connection, sql, style)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            if isinstance(error, duckdb.CatalogException):
                _check_readable(workspace, _not_found(workspace, error, sql, on))
            raise UsageError(_one_line(error, sql) + _quoting(workspace, sql)) from None


def _not_found(workspace: Path, error: duckdb.Error, sql: str, on: str | None) -> list[tuple[str, str]]:
    """Return what DuckDB did not find, as the table of every schema that the query may mean."""
    found = re.search(r"Table with name (.+?) does not exist", str(error))
    if found is None:
        return []
    table = found[1].lower()
    return [(name, table) for name in _schemas(workspace) if name == on or _is_named(sql, name, table)]


def _is_named(sql: str, schema: str, table: str) -> bool:
    """Return whether a query writes SCHEMA.TABLE, with or without quotes, in letters of any case."""
    name = re.escape(schema)
    written = rf'("{name}"|(?<![\w"-]){name})\s*\.\s*"?{re.escape(table)}(?!\w)'
    return re.search(written, sql, re.IGNORECASE) is not None


def _quoting(workspace: Path, sql: str) -> str:
    """Return how to write a table of a schema whose name has a hyphen, if a query has one without quotes."""
    hyphened = [name for name in _schemas(workspace) if "-" in name]
    found = [(name, re.search(rf'(?<![\w"-]){re.escape(name)}\s*\.\s*(\w+)', sql)) for name in hyphened]
    return next((f': quote a name with a hyphen, "{name}".{table[1]}' for name, table in found if table), "")


def _schemas(workspace: Path) -> list[str]:
    return [*engine.sources(workspace), *engine.pair_sets(workspace), *engine.link_sets(workspace)]


def _lines(connection: duckdb.DuckDBPyConnection, sql: str, style: str) -> Iterator[str]:
    sql = engine.check_read_only(connection, sql)
    bound = _bound(connection, sql)
    cursor = connection.execute(_faithful(bound) or sql)
    first = cursor.fetchmany(BATCH_ROWS)  # before a line is printed: a query that fails leaves no beginning of JSON
    batches = itertools.chain([first], iter(lambda: cursor.fetchmany(BATCH_ROWS), []))
    yield from tables.lines(bound.columns, itertools.chain.from_iterable(batches), style)


def _faithful(bound: duckdb.DuckDBPyRelation) -> str | None:
    """Return the query with columns that Python cannot hold (infinite dates, months …) as text, None if it has none."""
    targets = [_target(each) for each in bound.types]
    if targets == [str(each) for each in bound.types]:
        return None
    columns = (
        f"cast(#{place} as {target}) as {engine.identifier(name)}"
        for place, (name, target) in enumerate(zip(bound.columns, targets, strict=True), 1)
    )
    return bound.project(", ".join(columns)).sql_query()


def _target(of: Any) -> str:
    """Return the type to print a DuckDB type as: itself, or with VARCHAR for what Python cannot hold."""
    if EXACT.fullmatch(of.id):
        return str(of)
    if of.id in ("list", "array"):
        return f"{_target(of.children[0][1])}[]"
    if of.id == "map":
        return f"map({', '.join(_target(each) for _, each in of.children)})"
    if of.id == "struct":
        return f"struct({', '.join(f'{engine.identifier(n)} {_target(each)}' for n, each in of.children)})"
    return "varchar"


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """Return a query bound to its tables, not yet run."""
    try:
        return connection.sql(sql)
    except (duckdb.BinderException, duckdb.CatalogException):
        connection.execute(sql)  # fails alike, and says in which line
        raise


def _one_line(error: duckdb.Error, sql: str) -> str:
    """Return what DuckDB says in one line: what is wrong, and in which line of the query."""
    message, _, place = str(error).partition("\n\nLINE ")
    number, _, excerpt = place.split("\n", 1)[0].partition(": ")
    own = number.isdigit() and excerpt.strip(". ") in "".join(sql.split("\n")[int(number) - 1 : int(number)])
    where = f' (line {number}: "{excerpt.strip()}")' if own else ""
    return f"the query cannot be run: {' '.join(message.split())}{where}"
