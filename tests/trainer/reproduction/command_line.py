"""The real command line, parsed without being run."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parents[3]


@cache
def command_line() -> Any:
    """Return the program's command."""
    spec = importlib.util.spec_from_file_location("command_line_of_grids", ROOT / "cli.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return typer.main.get_command(module.app)


def options_of(words: list[str]) -> dict[str, Any]:
    """Return the values of a command's options by their names in its function.

    Raises:
        click.ClickException: it is no command of the program's.
    """
    command, context = command_line(), None
    while hasattr(command, "resolve_command"):
        context = command.make_context("pairmine", words[:1], context, resilient_parsing=True)
        _, command, words = command.resolve_command(context, words)
    found: dict[str, Any] = command.make_context("command", list(words), context).params
    return found
