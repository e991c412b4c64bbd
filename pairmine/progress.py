"""Progress bars on stderr, on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(label: str, total: int, *, in_bytes: bool = False) -> Iterator[Callable[[int], None]]:
    """Show a bar while the block runs; call what it yields with the amount done since the last call."""
    if not sys.stderr.isatty():
        yield lambda amount: None
        return
    from rich import progress as rich

    amount = rich.DownloadColumn(binary_units=False) if in_bytes else rich.MofNCompleteColumn()
    columns = [rich.TextColumn("{task.description}"), rich.BarColumn(), amount, rich.TimeRemainingColumn()]
    if in_bytes:
        columns.insert(3, rich.TransferSpeedColumn())
    from rich.console import Console

    with rich.Progress(*columns, console=Console(stderr=True)) as display:
        task = display.add_task(label, total=total)
        yield lambda amount: display.advance(task, amount)


def counted(count: int, noun: str) -> str:
    """Return a number of things as text, e.g. "1 epoch", "20 epochs"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def as_size(size: int) -> str:
    """Return a number of bytes as text."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} KB"


def say(message: str) -> None:
    """Print a message for the user on stderr."""
    print(message, file=sys.stderr, flush=True)
