"""One offline HTML page of figures: bars with intervals, tables, and curves of training; no script, no other file."""

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pairmine.errors import DamagedError, MissingError
from trainer.reporting import plots
from trainer.reporting.figure_tables import heading
from trainer.reporting.plots import Curve
from trainer.reporting.scored import Scored, baselines_last, metrics
from trainer.reporting.tables import Table

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #6b7280; --line: #d9dce1; --paper: #fff;
  --given: #2563a8; --baseline: #9aa3af; --c0: #2563a8; --c1: #c2571a; --c2: #2f855a; --c3: #8b3fa0; --c4: #a3282f;
  --c5: #6b6f1d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --soft: #9aa3af; --line: #3a3f47; --paper: #16181b;
  --given: #6ea8e6; --baseline: #6b7280; --c0: #6ea8e6; --c1: #e8955c; --c2: #6fbf93; --c3: #c58bd6; --c4: #e07a80;
  --c5: #b9bd5e; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin-bottom: .2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .9rem .25rem 0; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th, tbody + tbody tr:first-child td { border-bottom: 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; border-bottom: 1px solid var(--line); }
.note { color: var(--soft); font-size: .85rem; margin: .2rem 0; }
.plots { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
figure { margin: 0; } figcaption { font-size: .9rem; font-weight: 600; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .soft { fill: var(--soft); } svg .axis { stroke: var(--line); } svg .interval { stroke: var(--ink); }
""".strip()


@dataclass(frozen=True)
class Part:
    """What belongs to one protocol: its tables, and the systems whose figures are drawn."""

    tables: Sequence[Table]
    systems: Sequence[Scored] = field(default_factory=list)


def page(title: str, parts: Sequence[Part], runs: Mapping[str, Path] | None = None) -> str:
    """Return a page of HTML.

    Args:
        title: its heading.
        parts: a section each, titled as its first table unless that is the page's title.
        runs: folders of runs, by name, whose training is drawn.

    Raises:
        MissingError: a run has no metrics.
        DamagedError: a run's metrics cannot be read.
    """
    sections = [_section(part, title) for part in parts] + ([_training(runs)] if runs else [])
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{html.escape(title)}</title>\n"
        '<meta name=viewport content="width=device-width, initial-scale=1">\n'
        f"<style>\n{STYLE}\n</style>\n<h1>{html.escape(title)}</h1>\n{''.join(sections)}</html>\n"
    )


def _section(part: Part, above: str) -> str:
    first, *others = part.tables
    drawn = "".join(_figure(part.systems, metric) for metric in metrics(part.systems))
    behind = "".join(f"<h3>{html.escape(table.title)}</h3>\n{table.html()}" for table in others)
    bars = f"<div class=plots>\n{drawn}</div>\n" if drawn else ""
    title = "" if first.title == above else f"<h2>{html.escape(first.title)}</h2>\n"
    return f"{title}{bars}{first.html()}{behind}"


def _figure(systems: Sequence[Scored], metric: str) -> str:
    known = [(each, score) for each in baselines_last(systems) if (score := each.score(metric))]
    bars = [plots.Bar(each.name, score.value, score.interval, each.baseline) for each, score in known]
    caption = html.escape(heading(systems, metric))
    return f"<figure><figcaption>{caption}</figcaption>{plots.bars(bars)}</figure>\n"


def _training(runs: Mapping[str, Path]) -> str:
    curves = [curve for name, folder in runs.items() for curve in training_curves(name, folder)]
    drawn = plots.curves(curves, "step", "loss")
    return f"<h2>Training</h2>\n<figure><figcaption>Loss</figcaption>{drawn}</figure>\n"


def training_curves(name: str, folder: Path) -> list[Curve]:
    """Return the losses of a run, by step: those of training, and of validation where it was validated.

    Raises:
        MissingError: it has no metrics.
        DamagedError: they cannot be read.
    """
    path = folder / "metrics.jsonl"
    try:
        lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]]  # a line cut short has no end
        steps = [_point(line, "loss") for line in lines if line["kind"] == "step"]
        valid = [_point(line, "valid/loss") for line in lines if line["kind"] == "epoch" and "valid/loss" in line]
    except FileNotFoundError:
        raise MissingError(f"{path} is missing: run `pairmine train` first") from None
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{path} is damaged: train anew, or leave the run out") from None
    found = [Curve(name, steps), Curve(f"{name}, validation", valid)]
    return [curve for curve in found if curve.points]


def _point(line: Mapping[str, Any], figure: str) -> tuple[float, float]:
    return float(line["step"]), float(line[figure])
