"""XSPF playlists, read by expat; a document with a DTD (and so with entities of its own) is refused."""

from pyexpat import ExpatError, ParserCreate
from typing import NoReturn
from urllib.parse import unquote

from pairmine.sources._playlist_items import Fault, Item, PlaylistFile, UnreadableError

_SEPARATOR = "}"
_FIELDS = ("location", "identifier", "title", "creator", "album", "duration")


def read_xspf(data: bytes) -> PlaylistFile:
    """Read an XSPF document.

    A track's location is its first <location>, decoded where it is a path, else its first <identifier>, else
    `name:<creator> / <title>`.

    Raises:
        UnreadableError: it is malformed, has a DTD, or is no XSPF.
    """
    reader = _Reader()
    parser = ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except ExpatError as error:
        raise UnreadableError(f"malformed XML: {error}") from None
    return reader.found


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnreadableError("a DTD, which XSPF has not: not read")


class _Reader:
    def __init__(self) -> None:
        self.found = PlaylistFile()
        self._path: list[str] = []
        self._text: list[str] = []
        self._said: dict[str, str] = {}
        self._tracks = 0

    def start(self, name: str, _: dict[str, str]) -> None:
        name = name.rpartition(_SEPARATOR)[2]
        if not self._path and name != "playlist":
            raise UnreadableError(f"<{name}>, no XSPF playlist")
        self._path.append(name)
        self._text.clear()

    def text(self, data: str) -> None:
        self._text.append(data)

    def end(self, _: str) -> None:
        value, self._text = "".join(self._text).strip(), []
        match self._path:
            case ["playlist", "title"]:
                self.found.title = value or None
            case ["playlist", "trackList", "track"]:
                self._track()
            case ["playlist", "trackList", "track", name] if name in _FIELDS and value:
                self._said.setdefault(name, value)
        self._path.pop()

    def _track(self) -> None:
        self._tracks += 1
        said, self._said = self._said, {}
        title, artist = said.get("title"), said.get("creator")
        location = _as_path(said["location"]) if "location" in said else said.get("identifier")
        if location is None and title and artist:
            location = f"name:{artist} / {title}"
        if location is None:
            self.found.faults.append(Fault(self._tracks, "no location, identifier, or creator and title", title or ""))
            return
        length = said.get("duration", "")
        duration = int(length) or None if length.isascii() and length.isdigit() and len(length) < 16 else None
        self.found.add(Item(self._tracks, location, title, artist, said.get("album"), duration))


def _as_path(location: str) -> str:
    """Return a relative reference as a path; addresses stay as they are."""
    return location if ":" in location.split("/")[0] else unquote(location)
