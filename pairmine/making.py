"""Folders in the making: what they were asked to be, whether that is there already, what an interrupted run left."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pairmine import store
from pairmine.errors import DamagedError, PairmineError, UsageError

REQUEST = "request.json"


def already_there(final: Path, request: dict[str, Any], force: bool, *, what: str, option: str) -> bool:
    """Tell whether what is asked for is there already; with `force` it never is, but only its like may be replaced.

    Args:
        final: the folder.
        request: entries its manifest must have.
        force: whether to replace it.
        what: what such a folder is called.
        option: by which another is named.

    Raises:
        UsageError: another is there, or something that is none.
    """
    if not final.exists():
        return False
    if not (final / store.MANIFEST).is_file():
        raise UsageError(f"{final} exists and is no {what}: name another by {option}")
    if force:
        return False
    try:
        manifest = store.read_manifest(final)
    except DamagedError as error:
        raise UsageError(f"{error}; --force replaces it") from None
    different = [name for name in request if manifest.get(name) != request[name]]
    if not different:
        return True
    raise UsageError(
        f"{final} holds a {what} that differs in {', '.join(different)}: "
        f"name another by {option}, or replace it with --force"
    )


@contextmanager
def continuing(partial: Path, request: dict[str, Any]) -> Iterator[None]:
    """Keep what an interrupted run of the same request left in a claimed folder, and clear it of anything else.

    An error of ours clears it too: the same request would fail again, there is nothing to continue.
    """
    asked = (json.dumps(request, indent=1, sort_keys=True) + "\n").encode()
    file = partial / REQUEST
    if not file.exists() or file.read_bytes() != asked:
        store.clear(partial)
        store.write_bytes(file, asked)
    for scrap in partial.glob("*.tmp"):
        store.remove(scrap)
    try:
        yield
    except PairmineError:
        store.clear(partial)
        partial.rmdir()
        raise
