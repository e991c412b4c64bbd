"""Playlist files as players write them: M3U, M3U8, PLS and XSPF.

https://en.wikipedia.org/wiki/M3U, https://xspf.org/spec
"""

import re
from pathlib import Path

from pairmine.sources._playlist_items import Fault, Item, PlaylistFile, UnreadableError
from pairmine.sources._xspf import read_xspf

SUFFIXES = (".m3u", ".m3u8", ".pls", ".xspf")
LARGEST = 64 << 20
"""Bytes; players choke on far less."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE_END = re.compile(r"\r\n|\r|\n")
_INFO = re.compile(r"#EXTINF:\s*(-?\d+(?:\.\d+)?)?[^,]*,(.*)")
_MEMBER = re.compile(r"(File|Title|Length)(\d{1,9})\s*=\s*(.*)", re.IGNORECASE)
_STREAM = "#EXT-X-"


def read_playlist(path: Path) -> PlaylistFile:
    """Read a playlist file.

    M3U8 and XSPF are UTF-8; M3U and PLS are UTF-8 if they can be, else Windows-1252.

    Raises:
        UnreadableError: it cannot be read, is binary, too large, an HTTP stream's segments, or malformed as a whole.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1).removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise UnreadableError(f"{error.strerror}: make it readable (chmod) or leave it out") from None
    if len(data) > LARGEST:
        raise UnreadableError(f"larger than {LARGEST >> 20} MiB: no playlist")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableError("text in UTF-16: convert it to UTF-8 first")
    if b"\0" in data:
        raise UnreadableError("binary data, no playlist")
    suffix = path.suffix.lower()
    if suffix == ".xspf":
        return read_xspf(data)
    lines = _LINE_END.split(_text(data, may_be_legacy=suffix != ".m3u8"))
    return _pls(lines) if suffix == ".pls" else _m3u(lines)


def _text(data: bytes, *, may_be_legacy: bool) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        if not may_be_legacy:
            return data.decode(errors="replace")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _m3u(lines: list[str]) -> PlaylistFile:
    found = PlaylistFile()
    said: dict[str, str | int | None] = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        name, _, value = line.partition(":")
        if line.startswith(_STREAM):
            raise UnreadableError(f"line {number}: the segments of a stream ({name}), no playlist")
        if info := _INFO.fullmatch(line):
            said |= _credits(info[2]) | {"duration_ms": _milliseconds(info[1])}
        elif name in ("#EXTALB", "#EXTART"):
            said["album" if name == "#EXTALB" else "artist"] = value.strip() or None
        elif name == "#PLAYLIST":
            found.title = value.strip() or None
        elif line and not line.startswith("#"):
            found.add(Item(number, line, **said))  # type: ignore[arg-type]
            said = {}
    return found


def _pls(lines: list[str]) -> PlaylistFile:
    if "[playlist]" not in (line.strip().lower() for line in lines):
        raise UnreadableError("no [playlist] in it")
    found = PlaylistFile()
    members: dict[int, dict[str, str]] = {}
    for line in lines:
        if member := _MEMBER.fullmatch(line.strip()):
            members.setdefault(int(member[2]), {}).setdefault(member[1].lower(), member[3].strip())
    for number, said in sorted(members.items()):
        if not said.get("file"):
            found.faults.append(Fault(number, f"no File{number}", said.get("title", "")))
            continue
        item = Item(number, said["file"], duration_ms=_milliseconds(said.get("length")))
        for name, value in _credits(said.get("title", "")).items():
            setattr(item, name, value)
        found.add(item)
    return found


def _credits(text: str) -> dict[str, str | None]:
    """Return artist and title of "Artist - Title", the title alone where there is no artist."""
    artist, separator, title = text.strip().partition(" - ")
    if not separator:
        artist, title = "", artist
    return {"artist": artist.strip() or None, "title": title.strip() or None}


def _milliseconds(seconds: str | None) -> int | None:
    """Return a length; 0 and −1 mean that it is not known."""
    try:
        length = round(1000 * float(seconds or 0))
    except ValueError:
        return None
    return length if 0 < length < 2**53 else None
