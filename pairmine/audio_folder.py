"""The files of a folder of music: what is audio by its suffix, what is skipped and why."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from pairmine.errors import InputError, shown

SUFFIXES = (
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".ape", ".asf", ".dff", ".dsf", ".flac", ".m4a", ".m4b", ".mp2", ".mp3",
    ".mpc", ".oga", ".ofr", ".ogg", ".opus", ".spx", ".tta", ".wav", ".wma", ".wv",
)  # fmt: skip
NAMED_SUFFIXES = 12  # of other files; the rest are counted together


@dataclass
class Folder:
    """Audio files by key, in the byte order of keys; everything else counted; folders that cannot be read."""

    files: dict[str, Path] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def rules(self) -> dict[str, int]:
        """Return the counts of what was skipped, the rarer suffixes together."""
        by_count = sorted(self.skipped.items(), key=lambda item: (-item[1], item[0]))
        rare = sum(count for _, count in by_count[NAMED_SUFFIXES:])
        return dict(by_count[:NAMED_SUFFIXES]) | ({"other files": rare} if rare else {})


def key_of(path: Path, root: Path) -> str:
    """Return the path below the folder with "/"; bytes of names that are no UTF-8 are written \\xNN."""
    return os.fsencode(path.relative_to(root).as_posix()).decode(errors="backslashreplace")


def scan(root: Path) -> Folder:
    """List a folder with all below it. Links are not followed: what they lead to is here already, or elsewhere.

    Raises:
        InputError: there is no such folder, or no audio file in it.
    """
    if not root.is_dir():
        wrong = "is a file: name the folder it is in" if root.exists() else "no such folder: check the path"
        raise InputError(f"{shown(root)}: {wrong}")
    found = Folder()
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            found.unreadable.append((key_of(folder, root), f"folder cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            _sort_in(entry, found, waiting, root)
    if not found.files:
        raise InputError(f"{shown(root)} holds no audio files ({', '.join(SUFFIXES)}): name a folder of music")
    found.files = dict(sorted(found.files.items(), key=lambda item: item[0].encode()))
    return found


def _sort_in(entry: os.DirEntry[str], found: Folder, waiting: list[Path], root: Path) -> None:
    path = Path(entry.path)
    suffix = path.suffix.lower()
    if entry.name.startswith("."):
        found.skipped["hidden"] += 1
    elif entry.is_symlink():
        found.skipped["links"] += 1
    elif entry.is_dir():
        waiting.append(path)
    elif not entry.is_file():
        found.skipped["no regular files"] += 1
    elif suffix not in SUFFIXES:
        found.skipped[f"no audio ({shown(suffix) or 'no suffix'})"] += 1
    elif (key := key_of(path, root)) in found.files:
        found.skipped["same name but for bytes that are no UTF-8"] += 1
    else:
        found.files[key] = path
