"""What was read of one block: playlists and entries as flat arrays that point into the block's buffer."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import Int


class Reject(NamedTuple):
    """What was not taken: of which unit, at which byte of the decompressed file, why, how it begins."""

    unit: str
    position: int
    reason: str
    excerpt: str


@dataclass
class Entry:
    """One entry of a playlist; `texts` in the order of `playlist_arrays.TEXTS`."""

    position: int
    texts: list[str | None]
    duration_ms: int | None


@dataclass
class Playlist:
    """One playlist; `numbers` in the order of `playlist_arrays.NUMBERS`."""

    pid: int
    name: str | None
    description: str | None
    numbers: list[int | None]
    entries: list[Entry]


class Records:
    """Arrays with room for all that a buffer of `size` bytes can hold; untouched room costs no memory."""

    def __init__(self, size: int) -> None:
        entries = size // layout.MIN_ENTRY_BYTES + 1
        self.size = size
        self.counts = np.zeros(3, np.int64)
        self.playlists = np.empty((size // layout.MIN_PLAYLIST_BYTES + 1, layout.PLAYLIST_COLUMNS), np.int64)
        self.spans = np.empty((entries, layout.SPAN_COLUMNS), np.int32)
        self.durations = np.empty(entries, np.int64)
        self.positions = np.empty(entries, np.int32)
        self.escaped = np.empty(entries * len(layout.TEXTS), np.int64)

    def clear(self) -> None:
        """Forget all records."""
        self.counts[:] = 0

    def append(self, buffer: npt.NDArray[np.uint8], start: Int, playlist: Playlist) -> None:
        """Add a playlist whose JSON stood at buffer[start:]; its texts, which are shorter, replace it."""
        writer = _Texts(start)
        row = self.playlists[self.counts[0]]
        first, count = int(self.counts[1]), len(playlist.entries)
        entries = sorted(playlist.entries, key=lambda entry: entry.position)
        row[layout.PID], row[layout.FIRST], row[layout.ENTRIES] = playlist.pid, first, count
        row[layout.EXPLICIT] = any(entry.position != index for index, entry in enumerate(entries))
        row[layout.NAME : layout.NAME + 2] = writer.add(playlist.name)
        row[layout.DESCRIPTION : layout.DESCRIPTION + 2] = writer.add(playlist.description)
        row[layout.NUMBER :] = [-1 if number is None else number for number in playlist.numbers]
        for index, entry in enumerate(entries, first):
            self.spans[index] = [place for text in entry.texts for place in writer.add(text)]
            self.durations[index] = -1 if entry.duration_ms is None else entry.duration_ms
            self.positions[index] = entry.position
        writer.put(buffer)
        self.counts[:2] += (1, count)


class _Texts:
    """Texts to be laid down one behind the other."""

    def __init__(self, start: Int) -> None:
        self._start, self._length = start, 0
        self._parts: list[bytes] = []

    def add(self, text: str | None) -> tuple[Int, int]:
        """Return (place, length) of a text, length −1 for none."""
        if text is None:
            return 0, -1
        data = text.encode()
        place = self._start + self._length
        self._parts.append(data)
        self._length += len(data)
        return place, len(data)

    def put(self, buffer: npt.NDArray[np.uint8]) -> None:
        """Lay the texts down in the buffer."""
        buffer[self._start : self._start + self._length] = np.frombuffer(b"".join(self._parts), np.uint8)
