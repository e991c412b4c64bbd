"""What a workspace holds: sources, links and pair sets, their tables and columns; features and runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine, pair_sets, progress, store
from pairmine.errors import DamagedError, MissingError
from pairmine.failures import translate
from pairmine.registry import check_name
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
    problems: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return {
            "workspace": str(self.workspace),
            "sources": self.sources,
            "links": self.links,
            "pair_sets": self.pair_sets,
            "features": self.features,
            "runs": self.runs,
            "problems": self.problems,
        }

    def raise_problems(self) -> None:
        """Raise DamagedError if something could not be described."""
        if self.problems:
            raise DamagedError("; ".join(self.problems))

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
            size = f"{progress.counted(each['pairs'], 'pair')} in {progress.counted(each['epochs'], 'epoch')}"
            lines += [f"  {size}", *_table_lines(each["tables"])]
        return "\n".join(lines + training.lines(self.features, self.runs)).rstrip("\n")


def _table_lines(tables: list[dict[str, Any]]) -> list[str]:
    lines = []
    for table in tables:
        lines += ["", f"  {table['name']}: {table['rows']:,} rows, {table['row']}"]
        rows = [[column["name"], column["type"], column["doc"]] for column in table["columns"]]
        lines += [f"    {line}" for line in text_table(("column", "type", "what it holds"), rows).split("\n")[2:]]
    return [*lines, ""]


def describe(workspace: Path, name: str | None = None) -> Described:
    """Describe what is in a workspace: everything, or what is of a name. What is damaged is told, the rest described.

    Raises:
        MissingError: it is empty.
        UsageError: nothing in it is of that name.
    """
    found = {
        _source: [workspace / "catalogue" / each for each in engine.sources(workspace)],
        _links: [workspace / "links" / each for each in engine.link_sets(workspace)],
        _pair_set: [workspace / "pairs" / each for each in engine.pair_sets(workspace)],
        training.feature_store: [workspace / "features" / each for each in engine.feature_stores(workspace)],
        training.run: training.run_folders(workspace),
    }
    known = {folder.name for folders in found.values() for folder in folders}
    if not known:
        raise MissingError(f"workspace {workspace} is empty: run `pairmine ingest` first")
    if name is not None:
        check_name("source, links, pair set, features or run", name, sorted(known))
    problems: list[str] = []
    sources, links, sets, features, runs = (
        list(_described(about, [each for each in folders if name in (None, each.name)], problems))
        for about, folders in found.items()
    )
    return Described(workspace, sources, links, sets, features, runs, problems)


def _described(
    about: Callable[[Path], dict[str, Any]], folders: list[Path], problems: list[str]
) -> Iterator[dict[str, Any]]:
    for folder in folders:
        try:
            yield about(folder)
        except (DamagedError, pa.ArrowInvalid) as error:
            problems.append(str(translate(error)))


def _source(folder: Path) -> dict[str, Any]:
    manifest = store.read_manifest(folder)
    about = {key: manifest[key] for key in ("kind", "pairmine_version", "fingerprint", "records", "conflicts")}
    tables = [_table(CATALOGUE[table], table, rows) for table, rows in table_rows(folder).items()]
    return {"name": folder.name, **about, "tables": tables}


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
        table = pair_table(name, manifest["kind"], _columns(folder, name, manifest))
        tables += [_table(table, name, rows)] if table else []
    return {"name": folder.name, **{name: manifest[name] for name in names}, "pairs": pairs, "tables": tables}


def _columns(pair_set: Path, name: str, manifest: dict[str, Any]) -> pa.Schema:
    file = pair_set / f"{name}.parquet"
    if not file.is_file():
        again = pair_sets.command(manifest, pair_set, pair_set.parent.parent)
        raise DamagedError(f"{file} is missing: run `{again}`")
    return pq.read_schema(file)


def _table(table: Table, name: str, rows: int) -> dict[str, Any]:
    columns = [{"name": c.name, "type": str(c.type), "doc": c.doc, "nullable": c.nullable} for c in table.columns]
    return {"name": name, "row": table.row, "rows": rows, "key": list(table.key), "columns": columns}
