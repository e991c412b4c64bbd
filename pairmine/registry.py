"""Find strategies, sources, encoders, … by scanning their folder: a new member is one new file."""

import difflib
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from pairmine.errors import UsageError

SINGULAR = {"strategies": "strategy", "losses": "loss"}


def names(folder: str, package: str = "pairmine") -> list[str]:
    """Names of all members of a folder, sorted; the file `artist_co.py` is the member `artist-co`."""
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    files = (Path(spec.origin).parent / folder).glob("*.py")
    return sorted(file.stem.replace("_", "-") for file in files if not file.stem.startswith("_"))


def load(folder: str, name: str, package: str = "pairmine") -> ModuleType:
    """Import one member.

    Raises:
        UsageError: there is none of that name; the message lists the known ones and suggests the nearest.
    """
    check_name(singular(folder), name, names(folder, package))
    return import_module(f"{package}.{folder}.{name.replace('-', '_')}")


def singular(folder: str) -> str:
    """Return what a member of a folder is called in messages."""
    return SINGULAR.get(folder, folder.removesuffix("s"))


def check_name(what: str, name: str, known: Iterable[str]) -> None:
    """Raise UsageError with a suggestion unless `name` is known."""
    known = list(known)
    if name in known:
        return
    nearest = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    raise UsageError(f"there is no {what} {name!r}: {hint}known: {', '.join(known) or 'none'}")
