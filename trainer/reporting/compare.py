"""Results of several evaluations side by side, and the papers' own figures below ours, marked as theirs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pairmine import store
from pairmine.registry import check_name
from trainer.reporting import figure_tables, page, papers, results
from trainer.reporting.papers import Published
from trainer.reporting.results import Result
from trainer.reporting.scored import Scored, baselines_last, metrics
from trainer.reporting.tables import Table

FORMATS = "text", "markdown", "latex", "html"
PUBLISHED = "† published in {paper}, table {table}: the authors' data and training, not measured here"
MARK, UNLIKE_MARK = " †", " † (not comparable)"
UNLIKE = {
    "annotations": "other annotations",
    "tracks": "other tracks (some had no embedding, or only a part was given)",
    "choices": "other counts or choices",
}


@dataclass(frozen=True)
class Merged:
    """Results of one fingerprint: the same was asked of all their systems.

    Attributes:
        result: the first of them, with the systems of all.
        unlike: in what it differs from the first table of the same protocol, if it does.
        published: tables of papers by the same protocol.
    """

    result: Result
    unlike: Sequence[str]
    published: Sequence[Published]

    def tables(self) -> list[Table]:
        """Return the table of figures, with the papers' rows, and that of paired differences."""
        table = figure_tables.figures(self.result.title, self.result.systems)
        names = metrics(self.result.systems)
        groups, notes = list(table.groups), list(table.notes)
        mark = UNLIKE_MARK if self.result.unlike_published else MARK
        for each in self.published:
            rows = _published_rows(each, names, mark)
            if rows:
                groups.append(rows)
                notes.append(PUBLISHED.format(paper=each.paper, table=each.table))
                notes += [f"† {each.note}"] if each.note else []
        beside = "not comparable with the published rows: " if len(groups) > len(table.groups) else ""
        notes += [beside + line for line in self.result.unlike_published]
        notes += [f"not comparable with the table before: {UNLIKE[what]}" for what in self.unlike]
        shown = replace(table, groups=groups, notes=[*notes, *self.result.remarks()])
        return [each for each in (shown, figure_tables.differences(self.result.systems)) if each]

    def as_dict(self) -> dict[str, Any]:
        """Return it for `--json`, without replicates."""
        found = self.result.as_dict()
        for system in found["systems"]:
            for score in system["scores"]:
                del score["replicates"]
        published = [
            {"paper": each.paper, "cite": each.cite, "table": each.table, "note": each.note}
            | {"figures": {metric: each.figures(metric) for metric in each.metrics}}
            for each in self.published
        ]
        return found | {"unlike": list(self.unlike), "published": published}


@dataclass(frozen=True)
class Comparison:
    """Results by protocol and fingerprint.

    Attributes:
        merged: a table each.
        format: how it is printed.
        file: where it was written.
    """

    merged: Sequence[Merged]
    format: str = "text"
    file: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison for `--json`, without replicates."""
        return {"tables": [each.as_dict() for each in self.merged]}

    def __str__(self) -> str:
        return f"{self.file}: {len(self.merged)} tables" if self.file else self.rendered()

    def rendered(self) -> str:
        """Return all tables in its format."""
        if self.format == "html":
            return as_page("pairmine compare", self.merged)
        tables = [table for each in self.merged for table in each.tables()]
        return "\n\n".join(getattr(table, self.format)() for table in tables)


def as_page(title: str, merged: Sequence[Merged], runs: Mapping[str, Path] | None = None) -> str:
    """Return a page of HTML with plots.

    Args:
        title: its heading.
        merged: what `merge` returned.
        runs: folders of runs, by name, whose training is drawn.

    Raises:
        MissingError, DamagedError: the metrics of a run are not there, or damaged.
    """
    return page.page(title, [page.Part(each.tables(), each.result.systems) for each in merged], runs)


def compare(workspace: Path, runs: Sequence[str], *, style: str = "text", out: Path | None = None) -> Comparison:
    """Put results side by side: what was asked alike in one table, with paired differences of all systems.

    Args:
        workspace: where results are sought by name.
        runs: result files, or their names.
        style: "text", "markdown", "latex" or "html".
        out: a file to write it to.

    Raises:
        UsageError: an unknown style.
        MissingError: there is no such result.
        DamagedError: one is damaged.
    """
    check_name("format", style, FORMATS)
    files = {results.find(workspace, run).resolve(): None for run in runs}
    found = Comparison(merge([(file.stem, results.read(file)) for file in files]), style, out)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        store.write_bytes(out, f"{found.rendered()}\n".encode())
    return found


def merge(found: Iterable[tuple[str, Result]]) -> list[Merged]:
    """Merge results by what was asked; results of one protocol follow one another.

    Args:
        found: results with the names of their files, by which systems of one name are told apart.
    """
    by_protocol: dict[tuple[str, str], dict[str, list[tuple[str, Result]]]] = defaultdict(lambda: defaultdict(list))
    for name, result in found:
        by_protocol[result.evaluation, result.protocol][result.fingerprint].append((name, result))
    merged = []
    for (evaluation, protocol), by_fingerprint in by_protocol.items():
        published = papers.find(evaluation, protocol)
        first = next(iter(by_fingerprint.values()))[0][1]
        for group in by_fingerprint.values():
            result = _merged(group)
            unlike = [what for what in UNLIKE if result.data[what] != first.data[what]]
            merged.append(Merged(result, unlike, published))
    return merged


def _merged(group: Sequence[tuple[str, Result]]) -> Result:
    systems: dict[str, Scored] = {}
    for name, result in group:
        for each in result.systems:
            known = systems.get(each.name)
            if known is not None and known.as_dict() == each.as_dict():
                continue
            called = each.name if known is None else _free(f"{each.name} ({name})", systems)
            systems[called] = replace(each, name=called)
    alike = group[0][1]
    lines = dict.fromkeys(line for _, result in group for line in result.leakage.get("lines", ()))
    missing = {system: count for _, result in group for system, count in result.missing.items()}
    return replace(
        alike, systems=baselines_last(list(systems.values())), leakage={"lines": list(lines)}, missing=missing
    )


def _free(name: str, taken: Iterable[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _published_rows(published: Published, names: Sequence[str], mark: str) -> list[list[str]]:
    by_metric = [published.figures(name) for name in names]
    systems = [row[0] for row in published.rows if any(row[0] in figures for figures in by_metric)]
    return [[system + mark, *(figures.get(system, "") for figures in by_metric)] for system in systems]
