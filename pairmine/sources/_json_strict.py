"""The strict reader of one playlist: every value checked by itself, every fault told with its place.

It defines what the fast scanner must agree with, and takes each playlist that the scanner cannot vouch for.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import PADDING
from pairmine.kernels.json_values import members
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._records import Entry, Playlist, Reject

_KINDS = {
    b'"': "a string", b"{": "an object", b"[": "a list", b"t": "true", b"f": "false", b"n": "null",
    b"N": "NaN", b"I": "Infinity",
}  # fmt: skip

Value = TypeVar("Value")


class SwallowedError(Exception):
    """Among a playlist's tracks stands another playlist: its own end is missing."""


class _UnfitError(Exception):
    """A value is not what its field asks for."""


def read_playlist(data: bytes, offset: int) -> tuple[Playlist | None, list[Reject]]:
    """Read one playlist.

    Args:
        data: the JSON object, whole and well-formed but for its strings.
        offset: where it stands in the file, in decompressed bytes.

    Returns:
        The playlist, None if it has no usable pid or tracks; and what of it was not taken.

    Raises:
        SwallowedError: it runs on into other playlists.
    """
    return _Reader(data, offset).playlist()


class _Reader:
    def __init__(self, data: bytes, offset: int) -> None:
        self.data, self.offset = data, offset
        self.padded = np.frombuffer(data + bytes(PADDING), np.uint8)
        self.rejects: list[Reject] = []
        self.path = "playlist"
        self.lost: list[tuple[str, int]] = []

    def playlist(self) -> tuple[Playlist | None, list[Reject]]:
        fields = self._fields(0, _PLAYLIST_KEYS)
        try:
            pid = _required(self._value(fields, "pid", _whole_number(layout.PID_MAX)))
        except _UnfitError as fault:
            return self._refuse(f"pid: {fault}")
        self.path = f"playlist {pid}"
        tracks = fields.get("tracks")
        if tracks is None or self.data[tracks[0]] != ord("["):
            return self._refuse("tracks: expected a list")
        self._tell_lost("")
        name, description = (self._optional(fields, key, _text) for key in ("name", "description"))
        numbers = [self._optional(fields, key, _NUMBERS[key]) for key in layout.NUMBERS]
        entries = self._entries(tracks[0])
        self.rejects.sort(key=lambda reject: reject[1:])
        return Playlist(pid, name, description, numbers, entries), self.rejects

    def _refuse(self, why: str) -> tuple[None, list[Reject]]:
        return None, [self._reject("playlists", 0, why)]

    def _reject(self, unit: str, start: int, why: str) -> Reject:
        return Reject(
            unit,
            self.offset + start,
            f"{self.path}: {why}",
            excerpt(self.data[start : start + EXCERPT_BYTES]),
        )

    def _fields(self, start: int, known: frozenset[str]) -> dict[str, tuple[int, int]]:
        """Return where the values of the object at `start` stand; of a known key that stands twice, the last."""
        self.lost.clear()
        rows: npt.NDArray[np.int64] = members(self.padded, start, len(self.data))
        fields: dict[str, tuple[int, int]] = {}
        for key_start, key_stop, value_start, value_stop in rows.tolist():
            try:
                key = orjson.loads(self.data[key_start:key_stop])
            except ValueError:
                continue  # no key we know is spelt so
            if key in fields and key in known:
                self.lost.append((key, fields[key][0]))
            fields[key] = value_start, value_stop
        return fields

    def _tell_lost(self, path: str) -> None:
        """Tell which values were lost to a later one of the same key when the fields were read."""
        for key, start in self.lost:
            self.rejects.append(self._reject("fields", start, f"{path}{key}: the key stands twice, the last is taken"))

    def _value(self, fields: dict[str, tuple[int, int]], key: str, parse: Callable[[bytes], Value]) -> Value | None:
        """Return a field's value, None if it is absent or null."""
        if key not in fields:
            return None
        start, stop = fields[key]
        token = self.data[start:stop]
        return None if token == b"null" else parse(token)

    def _optional(
        self, fields: dict[str, tuple[int, int]], key: str, parse: Callable[[bytes], Value], path: str = ""
    ) -> Value | None:
        """Return a field's value; one that is unfit is left empty and told."""
        try:
            return self._value(fields, key, parse)
        except _UnfitError as fault:
            self.rejects.append(self._reject("fields", fields[key][0], f"{path}{key}: {fault}"))
            return None

    def _entries(self, start: int) -> list[Entry]:
        rows: npt.NDArray[np.int64] = members(self.padded, start, len(self.data))
        read = [self._entry(index, place) for index, place in enumerate(rows[:, 2].tolist())]
        entries = [item for item in read if item is not None]
        stated = [pos for _, pos in entries if pos is not None]
        if len(stated) == len(entries) == len(set(stated)):
            for entry, pos in entries:
                entry.position = pos if pos is not None else entry.position
        elif any(pos not in (None, entry.position) for entry, pos in entries):
            fault = "missing in some entries" if len(set(stated)) == len(stated) else "the same in several entries"
            why = f"tracks.pos: {fault}: the order of the list is taken"
            self.rejects.append(self._reject("fields", start, why))
        return [entry for entry, _ in entries]

    def _entry(self, index: int, start: int) -> tuple[Entry, int | None] | None:
        """Return the entry at `start` and the position it states, None if it names no track."""
        path = f"tracks[{index}]"
        try:
            if self.data[start] != ord("{"):
                raise _UnfitError(f"expected an object, found {_kind(self.data[start : start + 1])}")
            fields = self._fields(start, _ENTRY_KEYS)
            if "tracks" in fields and "track_uri" not in fields:
                raise SwallowedError
            uri = self._track_uri(fields)
        except _UnfitError as fault:
            self.rejects.append(self._reject("entries", start, f"{path}: {fault}"))
            return None
        self._tell_lost(f"{path}.")
        texts = [uri, *(self._optional(fields, key, _text, f"{path}.") for key in layout.TEXTS[1:])]
        duration = self._optional(fields, "duration_ms", _whole_number(layout.DURATION_MAX), f"{path}.")
        pos = self._optional(fields, "pos", _whole_number(layout.INT32_MAX), f"{path}.")
        return Entry(index, texts, duration), pos

    def _track_uri(self, fields: dict[str, tuple[int, int]]) -> str:
        try:
            uri = self._value(fields, "track_uri", _text)
        except _UnfitError as fault:
            raise _UnfitError(f"track_uri: {fault}") from None
        if not uri:
            raise _UnfitError("track_uri: missing or empty")
        return uri


def _kind(token: bytes) -> str:
    return _KINDS.get(token[:1], "a number")


def _required(value: int | None) -> int:
    if value is None:
        raise _UnfitError("missing")
    return value


def _text(token: bytes) -> str:
    if token[:1] != b'"':
        raise _UnfitError(f"expected a string, found {_kind(token)}")
    try:
        return str(orjson.loads(token))
    except ValueError:
        raise _UnfitError("expected a string, found one with invalid UTF-8, escapes or control characters") from None


def _whole_number(largest: int) -> Callable[[bytes], int]:
    """Return a parser of whole numbers from 0; 3.0 counts as one."""

    def parse(token: bytes) -> int:
        expected = f"expected a whole number from 0 to {largest}"
        if not (token[:1].isdigit() or token[:1] == b"-"):
            raise _UnfitError(f"{expected}, found {_kind(token)}")
        try:
            number = orjson.loads(token)
        except ValueError:
            number = -1  # too large for any number
        if not (0 <= number <= largest and number == int(number)):
            raise _UnfitError(f"{expected}, found {token[:20].decode()}")
        return int(number)

    return parse


def _truth(token: bytes) -> int:
    words = {b"true": 1, b"false": 0, b'"true"': 1, b'"false"': 0}
    if token not in words:
        raise _UnfitError(f'expected true or false (or "true", "false"), found {_kind(token)}')
    return words[token]


_ENTRY_KEYS = frozenset((*layout.TEXTS, "duration_ms", "pos"))
_PLAYLIST_KEYS = frozenset(("pid", "name", "description", "tracks", *layout.NUMBERS))
_NUMBERS: dict[str, Callable[[bytes], int]] = {
    key: _truth if key == "collaborative" else _whole_number(largest) for key, largest in layout.NUMBERS.items()
}
