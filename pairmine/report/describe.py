"""What a workspace holds: sources, links and pair sets, their tables and columns; features and runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pairmine import engine, store
from pairmine.errors import MissingError
from pairmine.report import training
from pairmine.report.source_stats import table_rows
from pairmine.report.tables import text_table
from pairmine.schema import CATALOGUE, EPOCHS, LINKS, Table, pair_table


@dataclass(frozen=True)
class Described:
    """Sources, links and pair sets of a workspace, each with its tables; feature stores and runs in a line."""

    workspace: Path
    sources: list[dict[str, Any]]
    links: list[dict[str, Any]]
    pair_sets: list[dict[str, Any]]
    features: list[dict[str, Any]]
    runs: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return {
            "workspace": str(self.workspace),
            "sources": self.sources,
            "links": self.links,
            "pair_sets": self.pair_sets,
            "features": self.features,
            "runs": self.runs,
        }

    def __str__(self) -> str:
        lines = []
        for each in self.sources:
            lines += [f"source {each['name']} (kind {each['kind']}, pairmine {each['pairmine_version']})"]
            lines += _table_lines(each["tables"])
        for each in self.links:
            lines += [f"links {each['name']}: the same recordings of {each['left']} and {each['right']}"]
            lines += _table_lines(each["tables"])
        for each in self.pair_sets:
            given = ", ".join(f"{name} {value}" for name, value in each["parameters"].items() if value is not None)
            lines += [f"pair set {each['name']}: {each['kind']} by {each['strategy']} from {each['source']}, {given}"]
            lines += [f"  {each['pairs']:,} pairs in {each['epochs']:,} epochs", *_table_lines(each["tables"])]
        return "\n".join(lines + training.lines(self.features, self.runs)).rstrip("\n")


def _table_lines(tables: list[dict[str, Any]]) -> list[str]:
    lines = []
    for table in tables:
        lines += ["", f"  {table['name']}: {table['rows']:,} rows, {table['row']}"]
        rows = [[column["name"], column["type"], column["doc"]] for column in table["columns"]]
        lines += [f"    {line}" for line in text_table(("column", "type", "what it holds"), rows).split("\n")[2:]]
    return [*lines, ""]


def describe(workspace: Path) -> Described:
    """Describe everything in a workspace.

    Raises:
        MissingError: it is empty.
    """
    sources = [_source(workspace, name) for name in engine.sources(workspace)]
    pair_sets = [_pair_set(workspace / "pairs" / name) for name in engine.pair_sets(workspace)]
    features, runs = training.feature_stores(workspace), training.runs(workspace)
    if not (sources or pair_sets or features or runs):
        raise MissingError(f"workspace {workspace} is empty: run `pairmine ingest` first")
    links = [_links(workspace / "links" / name) for name in engine.link_sets(workspace)]
    return Described(workspace, sources, links, pair_sets, features, runs)


def _source(workspace: Path, name: str) -> dict[str, Any]:
    folder = engine.source_folder(workspace, name)
    manifest = store.read_manifest(folder)
    about = {key: manifest[key] for key in ("kind", "pairmine_version", "fingerprint", "records", "conflicts")}
    tables = [_table(CATALOGUE[table], table, rows) for table, rows in table_rows(folder).items()]
    return {"name": name, **about, "tables": tables}


def _links(folder: Path) -> dict[str, Any]:
    manifest = store.read_manifest(folder)
    about = {key: manifest[key] for key in ("left", "right", "parameters", "tracks", "pairmine_version")}
    return {"name": folder.name, **about, "tables": [_table(LINKS, "links", manifest["links"])]}


def _pair_set(folder: Path) -> dict[str, Any]:
    manifest = store.read_manifest(folder)
    names = ("kind", "via_kind", "source", "strategy", "parameters", "epochs", "order", "pairmine_version")
    files = {Path(entry["path"]).stem: entry["rows"] for entry in manifest["files"] if "/" not in entry["path"]}
    pairs = sum(entry["pairs"] for entry in manifest["pairs"])
    tables = [_table(EPOCHS[manifest["kind"]], "pairs", pairs)]
    for name, rows in files.items():
        table = pair_table(name, manifest["kind"], pq.read_schema(folder / f"{name}.parquet"))
        tables += [_table(table, name, rows)] if table else []
    return {"name": folder.name, **{name: manifest[name] for name in names}, "pairs": pairs, "tables": tables}


def _table(table: Table, name: str, rows: int) -> dict[str, Any]:
    columns = [{"name": c.name, "type": str(c.type), "doc": c.doc, "nullable": c.nullable} for c in table.columns]
    return {"name": name, "row": table.row, "rows": rows, "key": list(table.key), "columns": columns}
