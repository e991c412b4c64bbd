"""Verify what pairmine wrote: checksums, schemas, keys and references, and the rules of each strategy."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine, links, pair_sets, registry, store
from pairmine.errors import DamagedError, MissingError, PairmineError
from pairmine.schema import CATALOGUE, EPOCHS, LINKS, Table, pair_table
from pairmine.strategies._inputs import Inputs, evidence
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import held_out_edges

LINK_RULES = ("links_one_to_one", "links_between_tracks", "links_sure_enough")
EXAMPLES = 3
MEMORY = "2GB"  # beyond it DuckDB spills, which costs little here


@dataclass(frozen=True)
class Checked:
    """What was checked in one folder, one line for everything wrong, and one for what could not be checked."""

    folder: Path
    checks: list[str]
    problems: list[str]
    notes: list[str]


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
            lines += [f"{each.folder}: {verdict} ({len(each.checks)} checks)"]
            lines += [f"  {line}" for line in each.problems + each.notes]
        return "\n".join(lines)

    def raise_problems(self) -> None:
        """Raise DamagedError if anything is wrong."""
        if self._problems:
            raise DamagedError(f"{len(self._problems)} problems: make what is damaged anew; first: {self._problems[0]}")


def check(workspace: Path, folder: Path | None = None, threads: int | None = None) -> Report:
    """Check one pair set, source, folder of links or feature store, by folder or name, or all of the workspace.

    Raises:
        MissingError: there is nothing to check.
    """
    folders = [workspace / "catalogue" / name for name in engine.sources(workspace)]
    folders += [workspace / "links" / name for name in engine.link_sets(workspace)]
    folders += [workspace / "pairs" / name for name in engine.pair_sets(workspace)]
    folders += [workspace / "features" / name for name in engine.feature_stores(workspace)]
    if folder is not None and folder.resolve() != workspace.resolve():
        named = [] if (folder / store.MANIFEST).is_file() else [each for each in folders if each.name == str(folder)]
        folders = named or [folder.resolve() if folder.parent == Path() else folder]
    if not folders:
        raise MissingError(f"workspace {workspace} holds nothing to check: run `pairmine ingest` first")
    return Report([_check_folder(workspace, each, threads) for each in folders])


def _check_folder(workspace: Path, folder: Path, threads: int | None) -> Checked:
    """Check one folder; its rules only where its files are sound."""
    try:
        manifest = store.read_manifest(folder)
    except DamagedError as error:
        return Checked(folder, ["manifest"], [str(error)], [])
    damages = [*store.damages(folder, manifest)]
    if manifest.get("kind") == "features":  # what more there is to check, opening a store checks
        return Checked(folder, ["manifest", "checksums"], damages, [])
    checked = Checked(folder, ["manifest", "checksums", "schemas"], damages, [])
    if not checked.problems:
        checked.problems.extend(_schema_problems(folder, manifest))
    if not checked.problems:
        _check_rules(workspace, checked, manifest, threads)
    return checked


def _check_rules(workspace: Path, checked: Checked, manifest: dict[str, Any], threads: int | None) -> None:
    """Add the findings of every rule to `checked`."""
    if "left" in manifest:
        rules = _link_rules(workspace, checked, manifest)
    elif "strategy" not in manifest:
        rules = _source_rules(checked.folder)
    else:
        rules = _pair_rules(workspace, checked, manifest, threads)
    for name, found in rules:
        checked.checks.append(name)
        checked.problems.extend(found)


def _schema_problems(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield a line for every file whose rows or columns are not what its manifest and the contract say."""
    listed = {entry["path"] for entry in manifest["files"]}
    for path in sorted(folder.rglob("*.parquet")):
        if path.relative_to(folder).as_posix() not in listed:
            yield f"{path} is not in the manifest"
    for entry in manifest["files"]:
        metadata = pq.read_metadata(folder / entry["path"])
        columns = pq.read_schema(folder / entry["path"])
        table = _table_of(entry["path"], manifest.get("kind", ""), columns, "strategy" in manifest)
        if metadata.num_rows != entry["rows"]:
            yield f"{folder / entry['path']} has {metadata.num_rows} rows, its manifest says {entry['rows']}"
        if table is not None and not columns.equals(table.arrow):
            yield f"{folder / entry['path']} has not the columns of table {table.name}"


def _table_of(path: str, kind: str, columns: pa.Schema, pair_set: bool) -> Table | None:
    first = Path(path).parts[0]
    if not pair_set:
        return LINKS if path == links.FILE else CATALOGUE.get(first)
    return EPOCHS[kind] if first.startswith("epoch=") else pair_table(Path(first).stem, kind, columns)


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


def _link_rules(workspace: Path, checked: Checked, manifest: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the findings of every rule of links between two sources, if the sources are still those."""
    try:
        connection = links.open_links(workspace, checked.folder)
    except PairmineError as error:
        checked.notes.append(f"not every rule can be checked: {error}")
        return
    with connection:
        engine.set_variables(connection, manifest["parameters"])
        for name in LINK_RULES:
            yield name, _violations(connection, checked.folder, name, engine.statement(f"checks/{name}"))


def _pair_rules(
    workspace: Path, checked: Checked, manifest: dict[str, Any], threads: int | None
) -> Iterator[tuple[str, list[str]]]:
    """Yield the findings of every rule of a pair set; rules whose tables are not at hand are noted."""
    folder, rule = checked.folder, registry.load("strategies", manifest["strategy"])
    names = [*_common_rules(manifest), *rule.CHECKS]
    flaw = _source_flaw(workspace, folder, manifest)
    if flaw is not None:
        checked.notes.append(f"not every rule can be checked: {flaw}")
    with engine.open_pairs(workspace, folder, with_source=flaw is None) as connection:
        connection.execute(f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        engine.set_variables(connection, manifest["parameters"] | _band(manifest) | {"batch": manifest.get("batch")})
        yield "pairs as many as the manifest says", _count_problems(connection, folder, manifest)
        if flaw is None:
            _add_evidence(connection, workspace, folder, manifest, threads)
            checked.notes.extend(_add_restrictions(connection, workspace, folder, manifest))
            if manifest.get("exclusive"):
                engine.create_marks(connection, manifest["exclusive"])
        for name in names:
            try:
                yield name, _violations(connection, folder, name, engine.statement(f"checks/{name}"))
            except duckdb.CatalogException:
                checked.notes.append(f"not checked: {name}")


def _source_flaw(workspace: Path, pair_set: Path, manifest: dict[str, Any]) -> str | None:
    """Return why the source of a pair set cannot tell whether its pairs are right, or None if it can."""
    try:
        folder = engine.source_folder(workspace, manifest["source"])
        return engine.stale(workspace, pair_set) or next(store.damages(folder, store.read_manifest(folder)), None)
    except PairmineError as error:
        return str(error)


def _add_evidence(
    connection: duckdb.DuckDBPyConnection, workspace: Path, folder: Path, manifest: dict[str, Any], threads: int | None
) -> None:
    """Register the tables a strategy's rules need."""
    rule = registry.load("strategies", manifest["strategy"])
    inputs = Inputs(workspace, manifest["source"], threads=threads)
    if (folder / "excluded.parquet").exists():
        inputs.excluded = pq.ParquetFile(folder / "excluded.parquet").read().column("track_id").to_numpy()
    for name, table in evidence(rule, inputs, Parameters(**manifest["parameters"])).items():
        connection.register(name, table)


def _band(manifest: dict[str, Any]) -> dict[str, int]:
    """Return the ranks of hard negatives as variables of sql/checks/negative_in_band.sql."""
    return dict(zip(("first_rank", "last_rank"), manifest.get("hard_negatives") or (), strict=False))


def _common_rules(manifest: dict[str, Any]) -> list[str]:
    """Return the rules that do not depend on the strategy: names, vias, and which tracks may appear."""
    known = "known_tracks_of_triplets" if manifest["kind"] == "triplets" else "known_tracks"
    rules = [known, "tracks_as_linked" if manifest.get("on") else "tracks_as_in_source", "no_excluded"]
    rules += ["only_split"] if manifest.get("split") else []
    rules += ["negative_in_band"] if manifest.get("hard_negatives") else []
    rules += ["no_shared_marks"] if manifest.get("exclusive") else []
    return rules + (["known_vias"] if manifest["via_kind"] else [])


def _add_restrictions(
    connection: duckdb.DuckDBPyConnection, workspace: Path, folder: Path, manifest: dict[str, Any]
) -> list[str]:
    """Bring in what says which tracks might appear; return why, where that is no longer what it was."""
    source, split, on = manifest["source"], manifest.get("split"), manifest.get("on")
    again, notes = f"`{pair_sets.command(manifest, folder, workspace)}` draws anew", list[str]()
    if split:
        made = store.read_manifest(engine.source_folder(workspace, source)).get("splits")
        if {"name": split["name"], **(made or {})} == split:
            engine.set_variables(connection, {"split": split["name"]})
        else:
            connection.execute("drop view if exists splits")
            notes.append(f"source {source!r} is not split as it was: {again}")
    held_out = held_out_edges(workspace, source)
    if held_out != manifest.get("held_out_edges"):
        connection.execute("drop view if exists edges")
        notes.append(f"other edges of {source!r} are held out than were: {again}")
    elif held_out:
        connection.execute(engine.statement("restrictions/edges_seen"))
    if on:
        try:
            if links.fingerprint(workspace, source, on) != manifest["links"]:
                raise MissingError(f"sources {source!r} and {on!r} were linked anew since: {again}")
            connection.register("linked", links.linked(workspace, source, on))
        except PairmineError as error:
            notes.append(str(error))
    return notes


def _count_problems(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: dict[str, Any]) -> list[str]:
    counted = dict(connection.execute("select epoch, count(*) from pairs group by epoch").fetchall())
    stated = {entry["epoch"]: entry["pairs"] for entry in manifest["pairs"] if entry["pairs"]}
    return [] if counted == stated else [f"{folder}: pairs an epoch are {counted}, its manifest says {stated}"]


def _violations(connection: duckdb.DuckDBPyConnection, folder: Path, name: str, query: str) -> list[str]:
    """Return a line with the number of violating rows and the first of them, or nothing."""
    found = connection.sql(query)
    examples = found.limit(EXAMPLES).to_arrow_table().to_pylist()
    if not examples:
        return []
    count = found.count("*").fetchall()[0][0]
    return [f"{folder}: {name}: {count:,} violations, such as {'; '.join(map(str, examples))}"]
