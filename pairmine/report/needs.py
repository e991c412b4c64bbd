"""Which tables a named query needs, and which it does without."""

import re

import duckdb

from pairmine.errors import MissingError
from pairmine.schema import CATALOGUE

_PAIR_VIEWS = ("pairs", "pair_tracks", "excluded", "vias", "targets", "vocabulary")


def reads(sql: str) -> list[str]:
    """Return the tables of the contract that a named query names."""
    code = re.sub("--.*", "", sql)
    named = set(re.findall(r"\b(?:from|join) (\w+)", code)) - set(re.findall(r"(\w+) as \(", code))
    return [name for name in (*_PAIR_VIEWS, *CATALOGUE) if name in named]


def needs(sql: str) -> list[list[str]]:
    """Return what a named query needs: one table of each list.

    It does without the tables that its comment names as "Optional: a, b.", and with one of "One of: a, b.".
    """
    optional, either = _listed(sql, "Optional"), _listed(sql, "One of")
    alone = [[name] for name in reads(sql) if name not in (*optional, *either)]
    return [*alone, either] if either else alone


def _listed(sql: str, word: str) -> list[str]:
    found = re.search(rf"^-- .*\b{word}: ([\w, ]+)\.", sql, re.MULTILINE)
    return found[1].split(", ") if found else []


def lacking(sql: str, there: set[str]) -> str | None:
    """Return what a named query needs and is not there, as text; None if it can be run."""
    missing = [" or ".join(names) for names in needs(sql) if there.isdisjoint(names)]
    return ", ".join(missing) or None


def check_needs(name: str, sql: str, on: str, there: set[str], outdated: str | None = None) -> None:
    """Raise MissingError unless `on`, which has these tables, has what a named query needs.

    `outdated` tells why a pair set has no tables of its source, which then none is done without.
    """
    missing = lacking(sql, there | CATALOGUE.keys() if outdated else there)
    why = "`pairmine sql --list` tells what each query needs"
    if outdated and not missing:
        missing, why = ", ".join(name for name in reads(sql) if name not in there), outdated
    if missing:
        raise MissingError(f"query {name!r} needs {missing}, which {on!r} has not: {why}")


def fill(connection: duckdb.DuckDBPyConnection, sql: str, there: set[str]) -> None:
    """Make the tables that a named query does without, and that are not there, empty ones of this connection."""
    for name in set(reads(sql)) - there:
        connection.register(name, CATALOGUE[name].arrow.empty_table())
