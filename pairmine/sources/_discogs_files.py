"""Which files of a dump are read, and in which order."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pairmine import progress
from pairmine.sources._blocks import find_files, shown

_FITS = re.compile(r"(release|master|artist|label).*\.xml(\.gz|\.zst)?$", re.IGNORECASE)
_NAMES = "*releases*.xml, *masters*.xml, *artists*.xml or *labels*.xml (or .xml.gz, .xml.zst)"
_HEAD_BYTES = 1 << 16
_MOST_TOLD = 5


def find_dumps(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named that are called like dumps, in the order to read them.

    By name, the last first, so that of several dumps the newest comes first; files of one name by their content.
    What else lies in the folders is told on stderr.

    Raises:
        InputError: there is no such path, it may not be read, or a folder holds nothing of use.
    """
    others: list[str] = []

    def fits(name: str) -> bool:
        if _FITS.search(name) is None:
            others.append(name)
            return False
        return True

    files = find_files(paths, fits, _NAMES)
    if others:
        more = f" and {len(others) - _MOST_TOLD} more" if len(others) > _MOST_TOLD else ""
        told = ", ".join(shown(name) for name in sorted(others)[:_MOST_TOLD])
        progress.say(f"not read, as not called like a dump: {told}{more}")
    met = Counter(file.name for file in files)
    by_content = sorted(files, key=lambda file: _digest(file) if met[file.name] > 1 else b"")
    return sorted(by_content, key=lambda file: file.name, reverse=True)


def _digest(file: Path) -> bytes:
    if not file.is_file():
        return b""
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    return hashlib.sha256(head + str(file.stat().st_size).encode()).digest()
