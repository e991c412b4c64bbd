"""Statistics of a pair set, and what its paper reports beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from pairmine import engine, pair_sets, progress, registry, store
from pairmine.report import false_negatives
from pairmine.report.source_stats import table_rows
from pairmine.report.tables import text_table

MEMORY = "2GB"  # enough for 50 million pairs, which spill; with more DuckDB takes more, and is no faster
EPOCHS_AT_ONCE = 4
PAPERS = {
    "playlists-2023": {"tracks": 1_779_072, "playlists": 999_219},
    "discogs-2022": {"tracks": 3_300_000},
}
PAPER_DIVERSITY = {"track": 3_300_000, "release": 2_000_000, "artist": 257_000, "label": 142_000}
RELATIONS = {"releases": "release_id", "artists": "artist_id", "labels": "label_id"}
DECILES = [f"p{tenth}" for tenth in range(0, 101, 10)]


@dataclass(frozen=True)
class PairStats:
    """What is in a pair set. Figures that need its source are None where that is gone; `missing` says why.

    `left_out` has in words what `figures["left_out"]` counts.
    """

    folder: Path
    source: str
    strategy: str
    kind: str
    via_kind: str | None
    figures: dict[str, Any]
    missing: list[str]
    left_out: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        about = {"folder": str(self.folder), "source": self.source, "strategy": self.strategy, "kind": self.kind}
        return {**about, "via_kind": self.via_kind, **self.figures, "missing": self.missing}

    def __str__(self) -> str:
        lines = [f"{self.folder}: {self.kind} by {self.strategy} from {self.source}", "", *_sentences(self)]
        if popularity := self.figures["popularity"]:
            names = ["role", "mean", "gini", *DECILES]
            rows = [[role, *(figures[name] for name in names[1:])] for role, figures in popularity.items()]
            lines += ["", "popularity (playlists a track stands in), mean, Gini and deciles:", text_table(names, rows)]
        return "\n".join([*lines, *(f"missing: {each}" for each in self.missing)])


def _sentences(stats: PairStats) -> Iterable[str]:
    """Yield the figures as lines of text."""
    figures = stats.figures
    pairs, tracks = figures["pairs_per_epoch"], figures["tracks"]
    yield f"epochs               {figures['epochs']:,}"
    yield f"pairs                {figures['pairs']:,}"
    yield from (f"  left out           {each}" for each in stats.left_out)
    yield f"pairs an epoch       {pairs['mean']:,.1f} (least {pairs['min']:,}, most {pairs['max']:,})"
    yield f"distinct tracks      {tracks['covered']:,}" + _of(tracks["source"], tracks["share_covered"])
    yield f"tracks an epoch      {tracks['per_epoch']:,.1f}" + _of(tracks["source"], tracks["share_per_epoch"])
    if stats.via_kind:
        vias = figures["vias"]
        yield f"distinct via         {vias['distinct']:,} ({stats.via_kind}), {vias['per_epoch']:,.1f} an epoch"
    attached = [f"{count:,} {name}" for name, count in figures["diversity"].items() if name != "tracks"]
    if attached:
        yield f"diversity            {', '.join(attached)} attached to the tracks used"
    for name in ("same_artist", "same_album"):
        if figures[name] is not None:
            yield f"{name.replace('_', ' ') + ' pairs':<20} {figures[name]:.2%}"
    yield f"repeated pairs       {figures['repeated_pairs']:.2%} (in an earlier epoch already)"
    yield from _false_negative_lines(figures["false_negatives"])
    yield from _batch_lines(figures["batches"])
    yield from _paper_lines(figures["paper"], pairs["mean"], tracks["source"])
    yield from _diversity_lines(figures["paper"], stats.strategy, figures["diversity"])


def _of(tracks: int | None, share: float | None) -> str:
    return "" if not tracks or share is None else f" of {tracks:,} ({share:.2%})"


def _false_negative_lines(found: dict[str, Any] | None) -> Iterable[str]:
    if found is None:
        return
    kind = "composed" if found["composed"] else "random"
    epochs = progress.counted(found["epochs"], "epoch")
    what = f"{found['batches']:,} {kind} batches of {found['batch_size']}, {epochs} looked at"
    yield f"false negatives      {found['per_anchor']:.3g} an anchor, {found['per_batch']:.3g} a batch ({what})"
    yield f"                     false: {found['relation']}"


def _batch_lines(batches: dict[str, Any] | None) -> Iterable[str]:
    if batches is None:
        return
    yield (
        f"batches of {batches['batch']:<10}" + f"no {' or '.join(batches['exclusive'])} in two pairs of one: "
        f"{batches['moved']:,} pairs moved to another"
    )
    for name in ("composed", "shuffled"):
        found = batches[name]
        yield f"  {name:<19}{found['pairs_hit'] / found['pairs']:.2%} of the pairs would share one (epoch 0)"


def _paper_lines(paper: dict[str, Any] | None, mean: float, tracks: int | None) -> Iterable[str]:
    if paper is None:
        return
    ratio = f", {mean / tracks:.3f} a track" if tracks else ""
    known = f", {paper['pairs_per_track']:.3f} a track of {paper['tracks']:,}" if "tracks" in paper else ""
    yield f"paper                {paper['reference']}"
    yield f"  pairs an epoch     {paper['pairs']:,}{known}; here {mean:,.1f}{ratio}"


def _diversity_lines(paper: dict[str, Any] | None, strategy: str, found: dict[str, int]) -> Iterable[str]:
    if paper is not None and "diversity" in paper:
        here = f"; here {found[f'{strategy}s']:,}" if f"{strategy}s" in found else ""
        yield f"  diversity          {paper['diversity']:,} {strategy}s attached to the tracks used{here}"


def pair_stats(workspace: Path, folder: Path, batch: int = 384) -> PairStats:
    """Look at a pair set: sizes, coverage, repeats, shared metadata, popularity, false negatives, the paper's figures.

    Args:
        workspace: where its source is; without it what needs the source is left out.
        folder: the set.
        batch: pairs in a training batch, for the chance of a false negative; a composed set has its own.

    Raises:
        MissingError, DamagedError: the folder is no pair set.
    """
    manifest = store.read_manifest(folder)
    missing: list[str] = []
    tables = _source_tables(workspace, folder, missing)
    rule = _rule(manifest["strategy"], missing)
    with engine.open_pairs(workspace, folder) as connection, progress.bar("stats", 7) as advance:
        connection.execute(f"set memory_limit = '{MEMORY}'; set preserve_insertion_order = false")
        figures = _sizes(connection, manifest, tables.get("tracks"))
        advance(1)
        figures["diversity"] = _diversity(connection, tables, figures["tracks"]["covered"])
        advance(1)
        repeats = _rows(connection, "repeats")
        figures["repeated_pairs"] = 1 - sum(row["new_pairs"] for row in repeats) / figures["pairs"]
        advance(1)
        for name, table in (("same_artist", "track_artists"), ("same_album", "track_releases")):
            known = _has(tables, table, name, missing)
            figures[name] = _share(_rows(connection, name), name) if known else None
            advance(1)
        known = _has(tables, "playlist_tracks", "popularity", missing)
        figures["popularity"] = _popularity(connection) if known else None
        advance(1)
        found = false_negatives.count(connection, workspace, folder, manifest, rule, tables, batch)
        if isinstance(found, str):
            missing.append(f"false negatives: {found}")
        figures["false_negatives"] = None if isinstance(found, str) else found
        figures["batches"] = _batches(connection, manifest) if manifest.get("exclusive") and tables else None
    figures["left_out"] = pair_sets.left_out_counts(manifest)
    figures["paper"] = _paper(rule, manifest["strategy"])
    about = {name: manifest[name] for name in ("source", "strategy", "kind", "via_kind")}
    left_out = pair_sets.left_out(manifest)
    return PairStats(folder=folder, **about, figures=figures, missing=missing, left_out=left_out)


def _batches(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return how many pairs composing batches moved to another, and how often pairs of a batch share a mark."""
    engine.create_marks(connection, manifest["exclusive"])
    engine.set_variables(connection, {"batch": manifest["batch"], "last_epoch": 0})
    rows = connection.sql(engine.statement("stats/steps/collisions")).to_arrow_table().to_pylist()
    moved = sum(epoch["moved"] for epoch in manifest["pairs"])
    about = {"batch": manifest["batch"], "exclusive": manifest["exclusive"], "moved": moved}
    return about | {row.pop("arrangement"): row for row in rows}


def _source_tables(workspace: Path, pair_set: Path, missing: list[str]) -> dict[str, int]:
    """Return the rows of the tables of the set's source, none if that is gone or has changed."""
    source = store.read_manifest(pair_set)["source"]
    if source not in engine.sources(workspace):
        missing.append(f"source {source!r} is not in workspace {workspace}: give its workspace by --workspace")
        return {}
    outdated = engine.stale(workspace, pair_set)
    if outdated:
        missing.append(outdated)
        return {}
    return table_rows(engine.source_folder(workspace, source))


def _has(tables: dict[str, int], table: str, figure: str, missing: list[str]) -> bool:
    if tables and not tables.get(table):
        missing.append(f"{figure.replace('_', ' ')}: the source has nothing in table {table}")
    return bool(tables.get(table))


def _rule(strategy: str, missing: list[str]) -> ModuleType | None:
    if strategy in registry.names("strategies"):
        return registry.load("strategies", strategy)
    missing.append(f"paper and false negatives: strategy {strategy!r} is not known to this pairmine")
    return None


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    """Run a file of sql/stats/pairs."""
    rows: list[dict[str, Any]] = connection.sql(engine.statement(f"stats/pairs/{name}")).to_arrow_table().to_pylist()
    return rows


def _sizes(connection: duckdb.DuckDBPyConnection, manifest: dict[str, Any], tracks: int | None) -> dict[str, Any]:
    """Return pairs, tracks and vias, counted a few epochs at a time, which bounds the memory."""
    rows = []
    for first in range(0, manifest["epochs"], EPOCHS_AT_ONCE):
        engine.set_variables(connection, {"first_epoch": first, "last_epoch": first + EPOCHS_AT_ONCE - 1})
        rows += _rows(connection, "epochs")
    files = {entry["path"]: entry["rows"] for entry in manifest["files"]}
    covered, epochs = files["tracks.parquet"], manifest["epochs"]
    counts = [entry["pairs"] for entry in manifest["pairs"]]
    per_epoch = sum(row["tracks"] for row in rows) / epochs
    return {
        "epochs": epochs,
        "pairs": sum(row["pairs"] for row in rows),
        "pairs_per_epoch": {"min": min(counts), "mean": sum(counts) / epochs, "max": max(counts)},
        "tracks": {
            "covered": covered,
            "per_epoch": per_epoch,
            "source": tracks,
            "share_covered": covered / tracks if tracks else None,
            "share_per_epoch": per_epoch / tracks if tracks else None,
        },
        "vias": {"distinct": files.get("vias.parquet", 0), "per_epoch": sum(row["vias"] for row in rows) / epochs},
    }


def _share(rows: list[dict[str, Any]], name: str) -> float:
    return float(sum(row[name] for row in rows) / sum(row["pairs"] for row in rows))


def _popularity(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    return {row.pop("role"): row for row in _rows(connection, "popularity")}


def _diversity(connection: duckdb.DuckDBPyConnection, tables: dict[str, int], covered: int) -> dict[str, int]:
    """Return the tracks used, and how many releases, artists and labels are attached to them, of what is known."""
    found = {"tracks": covered}
    for name, group in RELATIONS.items():
        if tables.get(f"track_{name}"):
            connection.execute(
                f"create or replace temp view attached_groups as select track_id, {group} as group_id from track_{name}"
            )
            found[name] = connection.sql(engine.statement("stats/steps/attached")).fetchall()[0][0]
    return found


def _paper(rule: ModuleType | None, strategy: str) -> dict[str, Any] | None:
    """Return what the strategy's paper reports, with the size of its data where we know it."""
    if rule is None or rule.PAPER_PAIRS is None:
        return None
    paper = {"reference": rule.PAPER, "pairs": rule.PAPER_PAIRS}
    if strategy in PAPER_DIVERSITY:
        paper["diversity"] = PAPER_DIVERSITY[strategy]
    size = next((size for name, size in PAPERS.items() if rule.PAPER.startswith(name)), None)
    return {**paper, **size, "pairs_per_track": rule.PAPER_PAIRS / size["tracks"]} if size else paper
