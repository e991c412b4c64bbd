"""How many digits a figure deserves: its interval tells; without one, three significant ones."""

import math
from collections.abc import Sequence

MINUS = "−"
Interval = tuple[float, float] | None


def decimals(values: Sequence[float], intervals: Sequence[Interval]) -> int:
    """Return the decimals that figures of one column are printed with.

    The median half-width of the intervals keeps two significant digits. Without intervals the smallest figure keeps
    three significant digits, and a hundredth of 1 at the least is told apart from another.
    """
    halves = sorted((high - low) / 2 for low, high in filter(None, intervals) if high > low)
    if halves:
        return _within(1 - math.floor(math.log10(halves[len(halves) // 2])))
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    return _within(max(3, 2 - math.floor(math.log10(min(sizes)))) if sizes else 3)


def _within(places: int) -> int:
    return min(max(places, 0), 8)


def figure(value: float, interval: Interval, places: int, *, signed: bool = False) -> str:
    """Return a figure with its interval: "0.812 [0.799, 0.825]"; with `signed`, "+0.012 [−0.003, +0.027]"."""
    shown = number(value, places, signed=signed)
    if interval is None:
        return shown
    low, high = (number(end, places, signed=signed) for end in interval)
    return f"{shown} [{low}, {high}]"


def number(value: float, places: int, *, signed: bool = False) -> str:
    """Return a number with so many decimals; zero has no sign, what is no number is "n/a"."""
    if not math.isfinite(value):
        return "n/a"
    text = f"{abs(value):.{places}f}"
    is_zero = not text.strip("0.")
    sign = "" if is_zero else MINUS if value < 0 else "+" if signed else ""
    return sign + text
