"""Which files of a dump are read, and in which order."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pairmine import progress
from pairmine.errors import shown
from pairmine.sources._blocks import find_files, opened

_FITS = re.compile(r"(release|master|artist|label).*\.xml(\.gz|\.zst)?$", re.IGNORECASE)
_NAMES = "*releases*.xml, *masters*.xml, *artists*.xml or *labels*.xml (or .xml.gz, .xml.zst)"
_PACKED = re.compile(r"\.(gz|zst)$", re.IGNORECASE)
_MOST_TOLD = 5
_HEAD_BYTES = 1 << 16


def find_dumps(paths: Iterable[Path]) -> list[Path]:
    """Return the files named, and those in the folders named that are called like dumps, in the order to read them.

    By name, the last first, so that of several dumps the newest comes first; files of one name by their content. How
    they are compressed makes no difference.
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
    places: dict[Path, tuple[str, ...]] = {file: (_PACKED.sub("", file.name),) for file in files}
    for whole in (False, True):  # files are read whole only where they begin alike
        met = Counter(places.values())
        places = {file: (*place, _digest(file, whole) if met[place] > 1 else "") for file, place in places.items()}
    return sorted(files, key=lambda file: places[file], reverse=True)


def _digest(file: Path, whole: bool) -> str:
    """Return the SHA-256 of a file's decompressed content, or of how it begins; of what is no regular file none."""
    if not file.is_file():
        return ""
    digest = hashlib.sha256()
    with opened(file, _HEAD_BYTES) as blocks:
        while not blocks.finished:
            blocks.extend()
            digest.update(blocks.buffer[blocks.start : blocks.end].data)
            blocks.start = blocks.end
            if not whole:
                break
    return digest.hexdigest()
