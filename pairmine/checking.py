"""Verify what pairmine wrote: checksums, schemas, keys and references, and the rules of each strategy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine, registry, store
from pairmine.errors import DamagedError, MissingError, PairmineError
from pairmine.schema import CATALOGUE, PAIR_TABLES, PAIRS, Table
from pairmine.strategies._inputs import Inputs, Parameters

EXAMPLES = 3


@dataclass(frozen=True)
class Checked:
    """What was checked in one folder, and one line for everything that is wrong."""

    folder: Path
    checks: list[str]
    problems: list[str]


@dataclass(frozen=True)
class Report:
    """What `check` found."""

    folders: list[Checked]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return {"folders": [asdict(each) for each in self.folders], "problems": len(self._problems)}

    @property
    def _problems(self) -> list[str]:
        return [problem for each in self.folders for problem in each.problems]

    def __str__(self) -> str:
        lines = []
        for each in self.folders:
            verdict = f"{len(each.problems)} problems" if each.problems else "sound"
            lines += [
                f"{each.folder}: {verdict} ({len(each.checks)} checks)",
                *(f"  {line}" for line in each.problems),
            ]
        return "\n".join(lines)

    def raise_problems(self) -> None:
        """Raise DamagedError if anything is wrong."""
        if self._problems:
            raise DamagedError(f"{len(self._problems)} problems: make what is damaged anew; first: {self._problems[0]}")


def check(workspace: Path, folder: Path | None = None, threads: int | None = None) -> Report:
    """Check one pair set or source, or everything in the workspace.

    Raises:
        MissingError: there is nothing to check.
    """
    if folder is None:
        folders = [workspace / "catalogue" / name for name in engine.sources(workspace)]
        folders += [workspace / "pairs" / name for name in engine.pair_sets(workspace)]
    else:
        folders = [folder]
    if not folders:
        raise MissingError(f"workspace {workspace} holds nothing to check: run `pairmine ingest` first")
    return Report([_check_folder(workspace, each, threads) for each in folders])


def _check_folder(workspace: Path, folder: Path, threads: int | None) -> Checked:
    """Check one folder; its rules only where its files are sound."""
    try:
        manifest = store.read_manifest(folder)
    except DamagedError as error:
        return Checked(folder, ["manifest"], [str(error)])
    checks = ["manifest", "checksums", "schemas"]
    problems = [*store.damages(folder, manifest)]
    problems += [] if problems else _schema_problems(folder, manifest)
    if not problems:
        rules = _pair_rules(workspace, folder, manifest, threads) if "strategy" in manifest else _source_rules(folder)
        for name, found in rules:
            checks.append(name)
            problems += found
    return Checked(folder, checks, problems)


def _schema_problems(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield a line for every file whose rows or columns are not what its manifest and the contract say."""
    listed = {entry["path"] for entry in manifest["files"]}
    for path in sorted(folder.rglob("*.parquet")):
        if path.relative_to(folder).as_posix() not in listed:
            yield f"{path} is not in the manifest"
    for entry in manifest["files"]:
        metadata = pq.read_metadata(folder / entry["path"])
        table = _table_of(entry["path"], "strategy" in manifest)
        if metadata.num_rows != entry["rows"]:
            yield f"{folder / entry['path']} has {metadata.num_rows} rows, its manifest says {entry['rows']}"
        if table is not None and not metadata.schema.to_arrow_schema().equals(table.arrow):
            yield f"{folder / entry['path']} has not the columns of table {table.name}"


def _table_of(path: str, pair_set: bool) -> Table | None:
    first = Path(path).parts[0]
    if not pair_set:
        return CATALOGUE.get(first)
    return PAIRS if first.startswith("epoch=") else PAIR_TABLES.get(Path(first).stem)


def _source_rules(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the findings of every rule of a source: keys unique, ids dense in key order, references met."""
    workspace = folder.parent.parent
    tables = {path.name for path in folder.iterdir() if path.is_dir()}
    with engine.open_source(workspace, folder.name) as connection:
        for name in sorted(tables & CATALOGUE.keys()):
            for rule, query in _table_queries(CATALOGUE[name], tables):
                yield rule, _violations(connection, folder, rule, query)


def _table_queries(table: Table, tables: set[str]) -> Iterator[tuple[str, str]]:
    """Yield name and query of every rule the schema implies; each query returns the violating rows."""
    if table.key:
        columns = ", ".join(table.key)
        yield (
            f"{table.name}: rows unique",
            f"select {columns} from {table.name} group by all having count(*) > 1",
        )
    if any(column.name == "key" for column in table.columns):
        rank = "row_number() over (order by encode(key)) - 1"
        query = f"select * from (select {table.key[0]} as id, {rank} as rank, key from {table.name}) where id <> rank"
        yield f"{table.name}: ids dense in the order of keys", query
        yield f"{table.name}: keys unique", f"select key from {table.name} group by key having count(*) > 1"
    for column, target in table.references.items():
        if target in tables:
            known = CATALOGUE[target].key[0]
            query = f"select {column} from {table.name} where {column} not in (select {known} from {target})"
            yield f"{table.name}: {column} in {target}", query


def _pair_rules(
    workspace: Path, folder: Path, manifest: dict[str, Any], threads: int | None
) -> Iterator[tuple[str, list[str]]]:
    """Yield the findings of every rule of a pair set; those that need its source say when that is gone or newer."""
    rule = registry.load("strategies", manifest["strategy"])
    names = ["known_tracks", *(["known_vias"] if manifest["via_kind"] else []), *rule.CHECKS]
    with engine.open_pairs(workspace, folder) as connection:
        yield "pairs as many as the manifest says", _count_problems(connection, folder, manifest)
        try:
            _add_evidence(connection, workspace, folder, manifest, threads)
        except PairmineError as error:
            yield "source", [f"{folder}: its rules cannot be checked against the source: {error}"]
            names = [name for name in names if name in ("known_tracks", "known_vias", "no_self_pair", "once_an_epoch")]
        for name in names:
            yield name, _violations(connection, folder, name, engine.statement(f"checks/{name}"))


def _add_evidence(
    connection: duckdb.DuckDBPyConnection,
    workspace: Path,
    folder: Path,
    manifest: dict[str, Any],
    threads: int | None,
) -> None:
    """Register the tables a strategy's rules need.

    Raises:
        MissingError: the source is gone, or was ingested anew since.
    """
    source = store.read_manifest(engine.source_folder(workspace, manifest["source"]))
    if source["fingerprint"] != manifest["catalogue_fingerprint"]:
        raise MissingError(f"source {manifest['source']!r} was ingested anew since: run `pairmine build-pairs --force`")
    rule = registry.load("strategies", manifest["strategy"])
    parameters = Parameters(**{**manifest["parameters"], "exclude": None})
    inputs = Inputs(workspace, manifest["source"], threads=threads)
    if (folder / "excluded.parquet").exists():
        inputs.excluded = pq.read_table(folder / "excluded.parquet").column("track_id").to_numpy()
    for name, table in rule.evidence(inputs, parameters).items():
        connection.register(name, table)


def _count_problems(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: dict[str, Any]) -> list[str]:
    counted = dict(connection.execute("select epoch, count(*) from pairs group by epoch").fetchall())
    stated = {entry["epoch"]: entry["pairs"] for entry in manifest["pairs"] if entry["pairs"]}
    return [] if counted == stated else [f"{folder}: pairs an epoch are {counted}, its manifest says {stated}"]


def _violations(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str) -> list[str]:
    """Return a line with the number of violating rows and the first of them, or nothing."""
    rows = connection.sql(query).to_arrow_table()
    if not rows.num_rows:
        return []
    return [f"{folder}: {name}: {rows.num_rows:,} violations, such as {_examples(rows)}"]


def _examples(rows: pa.Table) -> str:
    return "; ".join(str(row) for row in rows.slice(0, EXAMPLES).to_pylist())
