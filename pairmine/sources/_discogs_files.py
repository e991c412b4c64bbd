"""Which files of a dump are read, and in which order."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pairmine import progress, store
from pairmine.errors import shown
from pairmine.sources._blocks import find_files

_FITS = re.compile(r"(release|master|artist|label).*\.xml(\.gz|\.zst)?$", re.IGNORECASE)
_NAMES = "*releases*.xml, *masters*.xml, *artists*.xml or *labels*.xml (or .xml.gz, .xml.zst)"
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
    looks = {file: (file.name, file.stat().st_size if file.is_file() else 0) for file in files}
    met = Counter(looks.values())
    return sorted(
        files, key=lambda file: (looks[file], store.sha256(file) if met[looks[file]] > 1 else ""), reverse=True
    )
