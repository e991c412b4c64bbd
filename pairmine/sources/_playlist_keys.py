"""The key of a playlist file's entry: a path below the folder, an address, or the key of a track of an audio source."""

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pairmine import engine

_ADDRESS = re.compile(r"name:|[A-Za-z][A-Za-z0-9+.-]+:(?://|\S+$)")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def path_of(location: str) -> str | None:
    """Return an entry's location as a path with "/", None for an address (http:, spotify:, …) that names no file."""
    if location[:5].lower() == "file:":
        path = unquote(urlsplit(location).path)
        return path[1:] if re.match(r"/[A-Za-z]:", path) else path
    if _DRIVE.match(location) or "/" not in location:
        location = location if _ADDRESS.match(location) else location.replace("\\", "/")
    return None if _ADDRESS.match(location) else location


def below(path: str, folder: str) -> str:
    """Return a path without `.` and `..`, seen from where `folder` is; absolute ones stay where they are."""
    is_absolute = path.startswith("/") or _DRIVE.match(path) is not None
    return posixpath.normpath(path if is_absolute else posixpath.join(folder, path))


class AudioKeys:
    """The keys of an audio source by the ends of their paths, so that it does not matter where its folder lies now."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        for key in keys:
            self._by_name.setdefault(_composed(posixpath.basename(key)), []).append(key)

    def find(self, path: str) -> str | None:
        """Return the longest key that the path ends with, None if it ends with none.

        Precomposed and decomposed letters do not differ; of keys that are then the same, the one spelt as in the path.
        """
        ending = f"/{_composed(path)}"
        fitting = [
            key
            for key in self._by_name.get(_composed(posixpath.basename(path)), [])
            if ending.endswith(f"/{_composed(key)}")
        ]
        return max(fitting, key=lambda key: (len(_composed(key)), path.endswith(key), key), default=None)


def audio_keys(workspace: Path, source: str) -> AudioKeys:
    """Return the keys of an audio source.

    Raises:
        MissingError: it was not ingested yet.
    """
    table = engine.source_table(workspace, source, "tracks")
    with engine.connect() as connection:
        return AudioKeys(key for (key,) in connection.sql(f"select key from {table}").fetchall())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
