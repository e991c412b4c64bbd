"""The catalogue: a source's tables as Parquet below WORKSPACE/catalogue/<source>/, with a manifest."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pairmine import __version__, engine, store
from pairmine.errors import InputError, UsageError
from pairmine.schema import CATALOGUE, DUMP

PART_ROWS = 4_000_000
DUMPED = {table.name for table in DUMP}


@dataclass
class Tally:
    """What became of the records of one kind: read = taken + skipped by rule + rejected."""

    unit: str
    taken: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: int = 0

    @property
    def read(self) -> int:
        """All records met."""
        return self.taken + sum(self.skipped.values()) + self.rejected

    def __str__(self) -> str:
        parts = [f"{self.taken:,} taken", *(f"{count:,} {rule}" for rule, count in self.skipped.items())]
        return f"{self.unit}: {self.read:,} read = {' + '.join(parts)} + {self.rejected:,} rejected"


@dataclass
class Ingested:
    """What one `ingest` did."""

    source: str
    folder: Path
    tables: dict[str, int]
    tallies: list[Tally]
    conflicts: dict[str, int]
    rejects: int

    def __str__(self) -> str:
        dumped = {name: rows for name, rows in self.tables.items() if name in DUMPED}
        tables = [f"{rows:,} {name}" for name, rows in self.tables.items() if rows and name not in DUMPED]
        if dumped:
            tables.append(f"{sum(dumped.values()):,} rows in {len(dumped)} tables dump_…")
        conflicts = ", ".join(f"{count:,} {table}" for table, count in self.conflicts.items() if count)
        lines = [f"{self.source}: {', '.join(tables)}", *map(str, self.tallies)]
        return "\n".join([*lines, f"keys whose occurrences disagree: {conflicts or 'none'}"])

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        tallies = {
            t.unit: {"read": t.read, "taken": t.taken, **t.skipped, "rejected": t.rejected} for t in self.tallies
        }
        return {
            "source": self.source,
            "folder": str(self.folder),
            "tables": self.tables,
            "records": tallies,
            "conflicts": self.conflicts,
            "rejects": self.rejects,
        }


class Writer:
    """Writes the tables of one source; `commit` makes them the source, whole."""

    def __init__(self, partial: Path, final: Path, kind: str):
        self.partial, self.final, self.kind = partial, final, kind
        self._files: list[store.FileEntry] = []
        self._parts: dict[str, int] = {}

    @property
    def scratch(self) -> Path:
        """A folder for temporary files; it vanishes with the commit."""
        folder = self.partial / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def write(self, name: str, batches: pa.Table | Iterable[pa.Table]) -> int:
        """Write a table, given whole or as a stream of tables (one part file each), and return its rows."""
        tables = _split(batches) if isinstance(batches, pa.Table) else batches
        rows = 0
        for table in tables:
            self.append(name, table)
            rows += table.num_rows
        return rows

    def append(self, name: str, table: pa.Table) -> Path:
        """Write the next part file of a table and return its path; columns it lacks are null."""
        number = self._parts.get(name, 0)
        self._parts[name] = number + 1
        path = f"{name}/part-{number:05d}.parquet"
        self._files.append(store.write_parquet(self.partial, path, _completed(table, CATALOGUE[name].arrow)))
        return self.partial / path

    def commit(self, tallies: list[Tally], conflicts: dict[str, int]) -> Ingested:
        """Write the manifest and put the source in its place.

        Raises:
            InputError: not one record was taken; what stood there before stays.
        """
        if not any(tally.taken for tally in tallies):
            raise InputError(
                f"nothing could be read ({'; '.join(map(str, tallies))}): source {self.final.name!r} left as it was"
            )
        _remove_scratch(self.partial)
        content = {
            "kind": self.kind,
            "source": self.final.name,
            "pairmine_version": __version__,
            "unicode_version": unicodedata.unidata_version,  # by whose tables keys and names are folded
            "records": [json.loads(json.dumps(tally.__dict__)) for tally in tallies],
            "conflicts": conflicts,
            "fingerprint": store.digest([[f.path, f.sha256] for f in sorted(self._files, key=lambda f: f.path)]),
        }
        store.write_manifest(self.partial, content, self._files)
        store.publish(self.partial, self.final)
        engine.say_outdated(engine.outdated(self.final.parent.parent, self.final.name))
        tables = _rows(self._files)
        return Ingested(self.final.name, self.final, tables, tallies, conflicts, tables.get("rejects", 0))


def _completed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the columns of a schema, in its order and types; nullable ones it lacks are null."""
    there = set(table.column_names)
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in there or not field.nullable
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _split(table: pa.Table) -> Iterator[pa.Table]:
    """Cut a table into part-sized tables; an empty one stays one empty part."""
    for start in range(0, max(table.num_rows, 1), PART_ROWS):
        yield table.slice(start, PART_ROWS)


def _remove_scratch(partial: Path) -> None:
    scratch = partial / "scratch"
    if scratch.exists():
        store.clear(scratch)
        scratch.rmdir()


def _rows(files: Iterable[store.FileEntry]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for entry in files:
        table = Path(entry.path).parts[0]
        rows[table] = rows.get(table, 0) + entry.rows
    return rows


@contextmanager
def writer(workspace: Path, source: str, kind: str) -> Iterator[Writer]:
    """Open a writer for a source; nothing of an interrupted or failed try is kept."""
    check_name(source, workspace)
    final = workspace / "catalogue" / source
    with store.building(final.with_name(f"{source}.partial")) as partial:
        yield Writer(partial, final, kind)
    engine.refresh(workspace)


def add(workspace: Path, source: str, name: str, table: pa.Table, made: dict[str, Any]) -> None:
    """Add a table to a source, or replace it; the manifest tells under its name how it was made.

    The fingerprint stays: what was built from the other tables is as good as before.
    """
    folder = engine.source_folder(workspace, source)
    with store.building(folder.with_name(f"{source}.partial")) as partial:
        manifest = store.read_manifest(folder)
        kept = [store.FileEntry(**entry) for entry in manifest["files"] if Path(entry["path"]).parts[0] != name]
        for entry in kept:
            (partial / entry.path).parent.mkdir(exist_ok=True)
            (partial / entry.path).hardlink_to(folder / entry.path)
        writer = Writer(partial, folder, manifest["kind"])
        writer.write(name, table)
        content = {key: value for key, value in manifest.items() if key not in ("schema_version", "files", "digest")}
        store.write_manifest(partial, content | {name: made}, kept + writer._files)
        store.publish(partial, folder)
    engine.refresh(workspace)


def check_name(source: str, workspace: Path) -> None:
    """Raise UsageError unless a source's name can be a folder and a schema of its own, whatever the letters' case."""
    if not source.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{source!r} cannot name a source: use letters, digits, - and _")
    engine.check_schema(workspace, "catalogue", source, "choose another --name")
