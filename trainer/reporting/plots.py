"""Plots as inline SVG, coloured by the page's style sheet: bars with intervals, and curves."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.reporting import rounding

WIDTH, LABEL, ROW, RIGHT = 440, 170, 24, 84
CURVE_WIDTH, CURVE_HEIGHT, MARGIN = 640, 260, 50
COLOURS = 6
POINTS = 400  # a curve is drawn by


@dataclass(frozen=True)
class Bar:
    """One system's figure."""

    name: str
    value: float
    interval: tuple[float, float] | None
    baseline: bool


@dataclass(frozen=True)
class Curve:
    """Values by step."""

    name: str
    points: Sequence[tuple[float, float]]


def bars(given: Sequence[Bar]) -> str:
    """Return horizontal bars from zero, each with its interval and its figure."""
    known = [bar for bar in given if math.isfinite(bar.value)]
    ends = [0.0, *(end for bar in known for end in (bar.value, *(bar.interval or ())))]
    low, high = min(ends), max(ends)
    scale = (WIDTH - LABEL - RIGHT) / ((high - low) or 1)
    places = rounding.decimals([bar.value for bar in known], [bar.interval for bar in known])
    rows = [_bar(bar, number, LABEL - low * scale, scale, places) for number, bar in enumerate(known)]
    height = ROW * len(known) + 4
    zero = LABEL - low * scale
    axis = f'<line class="axis" x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="{height}"/>'
    return f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">{"".join(rows)}{axis}</svg>'


def _bar(bar: Bar, number: int, zero: float, scale: float, places: int) -> str:
    middle = ROW * number + ROW / 2 + 2
    left, right = sorted((zero, zero + bar.value * scale))
    colour = "baseline" if bar.baseline else "given"
    whisker, end = "", right
    if bar.interval is not None:
        low, high = (zero + each * scale for each in bar.interval)
        whisker, end = _whisker(low, high, middle), max(right, high)
    name = bar.name if len(bar.name) <= 26 else bar.name[:25] + "…"
    return (
        f"<g><title>{html.escape(f'{bar.name}: {rounding.figure(bar.value, bar.interval, places)}')}</title>"
        f'<text x="{LABEL - 8}" y="{middle + 4:.1f}" text-anchor="end">{html.escape(name)}</text>'
        f'<rect x="{left:.1f}" y="{middle - 8:.1f}" width="{right - left:.1f}" height="16" rx="2" '
        f'style="fill: var(--{colour})"/>{whisker}'
        f'<text class="soft" x="{end + 6:.1f}" y="{middle + 4:.1f}">{rounding.number(bar.value, places)}</text></g>'
    )


def _whisker(low: float, high: float, middle: float) -> str:
    across = "".join(
        f'<line class="interval" x1="{x:.1f}" y1="{middle - 4:.1f}" x2="{x:.1f}" y2="{middle + 4:.1f}"/>'
        for x in (low, high)
    )
    return f'<line class="interval" x1="{low:.1f}" y1="{middle:.1f}" x2="{high:.1f}" y2="{middle:.1f}"/>{across}'


def curves(given: Sequence[Curve], across: str, up: str) -> str:
    """Return curves over a common axis; what is no number is left out, long curves are thinned."""
    drawn = [Curve(curve.name, _thinned(curve.points)) for curve in given]
    points = [point for curve in drawn for point in curve.points]
    if not points:
        return "<p class=note>Nothing to draw.</p>"
    (left, right), (low, high) = (_range([point[axis] for point in points]) for axis in (0, 1))
    legend = CURVE_HEIGHT + 24
    height = legend + 18 * len(drawn)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x = MARGIN + (point[0] - left) / (right - left) * (CURVE_WIDTH - MARGIN - 10)
        return x, CURVE_HEIGHT - 30 - (point[1] - low) / (high - low) * (CURVE_HEIGHT - 45)

    lines = [_curve([place(point) for point in curve.points], n % COLOURS) for n, curve in enumerate(drawn)]
    names = [_legend(curve.name, n % COLOURS, legend + 18 * n) for n, curve in enumerate(drawn)]
    corners = _axes(place((left, low)), place((right, high)), (left, right), (low, high), across, up)
    inside = "".join([corners, *lines, *names])
    return f'<svg viewBox="0 0 {CURVE_WIDTH} {height}" width="{CURVE_WIDTH}" role="img">{inside}</svg>'


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return at most POINTS means of neighbours."""
    known = [point for point in points if all(map(math.isfinite, point))]
    size = math.ceil(len(known) / POINTS) or 1
    blocks = [known[first : first + size] for first in range(0, len(known), size)]
    return [
        (math.fsum(x for x, _ in block) / len(block), math.fsum(y for _, y in block) / len(block)) for block in blocks
    ]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _curve(places: Sequence[tuple[float, float]], colour: int) -> str:
    if len(places) == 1:
        [(x, y)] = places
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill: var(--c{colour})"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return f'<polyline points="{path}" style="fill: none; stroke: var(--c{colour}); stroke-width: 1.5"/>'


def _legend(name: str, colour: int, y: float) -> str:
    return (
        f'<rect x="{MARGIN}" y="{y - 9}" width="14" height="4" style="fill: var(--c{colour})"/>'
        f'<text x="{MARGIN + 20}" y="{y - 2}">{html.escape(name)}</text>'
    )


def _axes(
    low: tuple[float, float],
    high: tuple[float, float],
    across: tuple[float, float],
    up: tuple[float, float],
    x_name: str,
    y_name: str,
) -> str:
    """Return the two axes, with their ends and names."""
    (x0, y0), (x1, y1) = low, high
    lines = f'<path class="axis" d="M{x0:.1f} {y1:.1f} V{y0:.1f} H{x1:.1f}" fill="none"/>'
    texts = [
        (x0, y0 + 16, "start", f"{across[0]:,.0f}"),
        (x1, y0 + 16, "end", f"{across[1]:,.0f}"),
        ((x0 + x1) / 2, y0 + 16, "middle", x_name),
        (x0 - 6, y0, "end", f"{up[0]:.3g}"),
        (x0 - 6, y1 + 8, "end", f"{up[1]:.3g}"),
        (x0 - 6, (y0 + y1) / 2, "end", y_name),
    ]
    return lines + "".join(
        f'<text class="soft" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
        for x, y, anchor, text in texts
    )
