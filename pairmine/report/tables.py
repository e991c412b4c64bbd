"""Rows as text table, JSON or CSV."""

import csv
import io
import json
import math
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from pairmine import progress

TEXT_ROWS = 1_000
CSV_END = "\r\n"
JOINING = {"Cf", "Zs"}
BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Rows = Iterable[Sequence[Any]]


def plain(value: Any) -> Any:
    """Return a value of a query as JSON can have it: whole decimals as integers, NaN and infinity as null."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value.hex() if isinstance(value, bytes) else str(value)


def as_text(value: Any) -> str:
    """Return a value as one line: nothing for null, escapes for control and bidirectional formatting characters."""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    value = plain(value)
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    shown = character.isprintable() or (unicodedata.category(character) in JOINING and character not in BIDIRECTIONAL)
    return character if shown else character.encode("unicode_escape").decode()


def text_table(names: Sequence[str], rows: Rows, *, width: int | None = None) -> str:
    """Return rows as an aligned table, numbers to the right; nothing is cut off unless a `width` is given."""
    from rich.box import SIMPLE_HEAD
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [list(row) for row in rows]
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="")
    for place, name in enumerate(names):
        table.add_column(Text(as_text(name)), justify="right" if _numeric(rows, place) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(as_text(value)) for value in row))
    whole = sum(max(cell_len(as_text(r[i])) for r in (names, *rows)) + 3 for i in range(len(names)))
    console = Console(file=io.StringIO(), width=width or max(whole, 1), color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n"))


def _numeric(rows: Rows, place: int) -> bool:
    values = [row[place] for row in rows if row[place] is not None]
    return bool(values) and all(isinstance(v, (int, float, Decimal)) and not isinstance(v, bool) for v in values)


def lines(names: Sequence[str], rows: Rows, style: str) -> Iterator[str]:
    """Yield a result line by line as "text", "json" (one object) or "csv"; only text is limited, to TEXT_ROWS."""
    if style == "csv":
        return _csv_lines(names, rows)
    return _json_lines(names, rows) if style == "json" else _text_lines(names, rows)


def _text_lines(names: Sequence[str], rows: Rows) -> Iterator[str]:
    shown: list[Sequence[Any]] = []
    for row in rows:
        if len(shown) == TEXT_ROWS:
            progress.say(f"only the first {TEXT_ROWS:,} rows are shown: --json and --csv print all")
            break
        shown.append(row)
    yield text_table(names, shown, width=terminal_width())


def _json_lines(names: Sequence[str], rows: Rows) -> Iterator[str]:
    names = _distinct(names)
    yield f'{{"columns": {json.dumps(names)}, "rows": ['
    before = ""
    for row in rows:
        yield before + json.dumps(dict(zip(names, map(plain, row), strict=True)))
        before = ","
    yield "]}"


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the names of columns that occurred before: a, a_1, a_2."""
    taken: list[str] = []
    for name in names:
        number, free = 0, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.append(free)
    return taken


def _csv_lines(names: Sequence[str], rows: Rows) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=CSV_END)
    writer.writerow(names)
    yield _taken(buffer)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield _taken(buffer)


def _cell(value: Any) -> Any:
    value = plain(value)
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else value


def _taken(buffer: io.StringIO) -> str:
    """Empty a buffer and return what it held."""
    text = buffer.getvalue().removesuffix(CSV_END)
    buffer.seek(0)
    buffer.truncate()
    return text


def terminal_width() -> int | None:
    """Return the columns of the terminal on stdout, or None if it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def show(printed: Iterable[str]) -> None:
    """Print lines on stdout; a reader that has enough (`| head`) ends it quietly."""
    try:
        for line in printed:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
