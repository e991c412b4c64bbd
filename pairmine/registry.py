"""Find strategies, sources, … by scanning their folder: a new member is one new file."""

import difflib
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from pairmine.errors import UsageError

PACKAGE = Path(__file__).resolve().parent


def names(folder: str) -> list[str]:
    """Names of all members of a folder, sorted; the file `artist_co.py` is the member `artist-co`."""
    files = (PACKAGE / folder).glob("*.py")
    return sorted(file.stem.replace("_", "-") for file in files if not file.stem.startswith("_"))


def load(folder: str, name: str) -> ModuleType:
    """Import one member.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    check_name(folder.rstrip("s") if folder != "strategies" else "strategy", name, names(folder))
    return import_module(f"pairmine.{folder}.{name.replace('-', '_')}")


def check_name(what: str, name: str, known: Iterable[str]) -> None:
    """Raise UsageError with a suggestion unless `name` is known."""
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise UsageError(f"there is no {what} {name!r}: {hint}known: {', '.join(known) or 'none'}")
