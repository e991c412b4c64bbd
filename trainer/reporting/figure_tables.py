"""Systems against metrics, and their paired differences, as tables; rows of a paper below ours."""

from collections.abc import Sequence

from trainer.metrics.score import LEVEL
from trainer.reporting import rounding, scored
from trainer.reporting.scored import Difference, Scored
from trainer.reporting.tables import Table

BASELINE = " *"


def figures(title: str, systems: Sequence[Scored]) -> Table:
    """Return systems against metrics, every figure with its interval, baselines in a group of their own."""
    ordered, metrics = scored.baselines_last(systems), scored.metrics(systems)
    columns = [_column(ordered, metric) for metric in metrics]
    rows = [[each.name + BASELINE * each.baseline, *cells] for each, *cells in zip(ordered, *columns, strict=True)]
    given = sum(not each.baseline for each in ordered)
    groups = [group for group in (rows[:given], rows[given:]) if group]
    return Table(title, ["system", *(heading(ordered, metric) for metric in metrics)], groups, _notes(ordered))


def heading(systems: Sequence[Scored], metric: str) -> str:
    """Return a metric's name, with a word where less is better."""
    found = [score for each in systems if (score := each.score(metric))]
    return metric if all(score.higher_is_better for score in found) else f"{metric} (less is better)"


def differences(systems: Sequence[Scored]) -> Table | None:
    """Return the paired differences that have intervals, a row for each two systems; None if there are none."""
    told = [each for each in scored.differences(systems) if each.interval]
    pairs = list(dict.fromkeys((each.system, each.other) for each in told))
    if not pairs:
        return None
    metrics = [metric for metric in scored.metrics(systems) if any(each.metric == metric for each in told)]
    columns = [_differences([each for each in told if each.metric == metric], pairs) for metric in metrics]
    rows = [[f"{a} {rounding.MINUS} {b}", *cells] for (a, b), *cells in zip(pairs, *columns, strict=True)]
    names = ["", *(heading(systems, metric) for metric in metrics)]
    return Table(f"Paired differences, {LEVEL:.0%} intervals", names, [rows])


def _column(systems: Sequence[Scored], metric: str) -> list[str]:
    found = [each.score(metric) for each in systems]
    known = [score for score in found if score]
    places = rounding.decimals([score.value for score in known], [score.interval for score in known])
    return [rounding.figure(score.value, score.interval, places) if score else "" for score in found]


def _differences(told: Sequence[Difference], pairs: Sequence[tuple[str, str]]) -> list[str]:
    places = rounding.decimals([each.value for each in told], [each.interval for each in told])
    by_pair = {(each.system, each.other): each for each in told}
    found = [by_pair.get(pair) for pair in pairs]
    return [rounding.figure(each.value, each.interval, places, signed=True) if each else "" for each in found]


def _notes(systems: Sequence[Scored]) -> list[str]:
    units = {score.unit: None for each in systems for score in each.scores if score.replicates.size}
    over = [f"[low, high]: {LEVEL:.0%} bootstrap intervals over {', '.join(units)}"] if units else []
    return over + ([f"{BASELINE.strip()} baseline"] if any(each.baseline for each in systems) else [])
