"""Statistics of a source: for playlists, the table of the Million Playlist Dataset's own stats.txt."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pairmine import engine, progress, store
from pairmine.report.tables import as_text
from pairmine.schema import CATALOGUE

TOP = 20
ALL = 2**31 - 1
SUMMARY = {
    "playlists": "number of playlists",
    "tracks": "number of tracks",
    "unique_tracks": "number of unique tracks",
    "unique_albums": "number of unique albums",
    "unique_artists": "number of unique artists",
    "unique_titles": "number of unique titles",
    "playlists_with_descriptions": "number of playlists with descriptions",
    "unique_normalized_titles": "number of unique normalized titles",
    "avg_playlist_length": "avg playlist length",
}
LISTS = {
    "top_titles": "top playlist titles",
    "top_tracks": "top tracks",
    "top_artists": "top artists",
    "edits": "numedits histogram",
    "modified_dates": "last modified histogram",
    "playlist_lengths": "playlist length histogram",
    "followers": "num followers histogram",
}


@dataclass(frozen=True)
class SourceStats:
    """What is in a source: rows of its tables and, where it has playlists, summary and top lists.

    Each entry of a list is (count, value), the largest count first; ties are in the order of values.
    """

    source: str
    tables: dict[str, int]
    summary: dict[str, Any]
    lists: dict[str, list[tuple[int, Any]]]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        lists = {name: [{"count": n, "value": value} for n, value in rows] for name, rows in self.lists.items()}
        return {"source": self.source, "tables": self.tables, **self.summary, **lists}

    def __str__(self) -> str:
        if not self.summary:
            rows = (f"{rows:>12,} {name}: {CATALOGUE[name].row}" for name, rows in self.tables.items())
            return "\n".join([self.source, *rows])
        lines = ["", *(f"{label} {_number(self.summary[name])}" for name, label in SUMMARY.items())]
        for name, label in LISTS.items():
            lines += ["", label, *(f"{count:7d} {as_text(value)}" for count, value in self.lists[name])]
        return "\n".join(lines)


def _number(value: float) -> str:
    """Write a number as stats.txt does, to twelve digits."""
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def source_stats(workspace: Path, source: str) -> SourceStats:
    """Count what is in a source; its playlists as Spotify's stats.py does, to the definition.

    Raises:
        MissingError: the source was not ingested.
    """
    tables = table_rows(engine.source_folder(workspace, source))
    if not tables.get("playlists"):
        return SourceStats(source, tables, {}, {})
    with engine.open_source(workspace, source) as connection, progress.bar("stats", 1 + len(LISTS)) as advance:
        for name in CATALOGUE.keys() - tables.keys():
            connection.register(name, CATALOGUE[name].arrow.empty_table())
        counts = connection.sql(engine.statement("stats/source/summary")).to_arrow_table().to_pylist()[0]
        lists = {}
        for name in LISTS:
            advance(1)
            lists[name] = _top(connection, name, ALL if name == "top_titles" else TOP)
    summary = {**counts, "unique_normalized_titles": len(lists["top_titles"])}
    lists["top_titles"] = lists["top_titles"][:TOP]
    return SourceStats(source, tables, {name: summary[name] for name in SUMMARY}, lists)


def _top(connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> list[tuple[int, Any]]:
    engine.set_variables(connection, {"rows": rows})
    return [tuple(row[:2]) for row in connection.execute(engine.statement(f"stats/source/{name}")).fetchall()]


def table_rows(folder: Path) -> dict[str, int]:
    """Return the rows of every table of a source, as its manifest has them, in the order of the contract."""
    rows: dict[str, int] = {}
    for entry in store.read_manifest(folder)["files"]:
        table = Path(entry["path"]).parts[0]
        rows[table] = rows.get(table, 0) + entry["rows"]
    return {name: rows[name] for name in CATALOGUE if name in rows}
