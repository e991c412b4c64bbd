"""The distinct track variants, artists and albums of a whole source, numbered as they come."""

import threading

import numpy as np
import numpy.typing as npt

from pairmine.kernels import interning
from pairmine.kernels.byte_runs import PADDING
from pairmine.sources._records import Records

_FIRST_ROOM = 1 << 16


class Names:
    """Distinct (uri, name) pairs: where their texts stand in the arena, and their lengths (−1: none).

    Between the two may stand whose the name is ("Queen / "), of the third length.
    """

    def __init__(self) -> None:
        self.table = np.zeros(2 * _FIRST_ROOM, np.uint64)
        self.places = np.zeros(0, np.int64)
        self.lengths = np.zeros((0, 3), np.int32)

    def make_room(self, count: int) -> None:
        """Make room for `count` in all."""
        self.table = _roomy_table(self.table, count)
        _make_room(self.places, count)
        _make_room(self.lengths, count)


class Dictionary:
    """All variants so far. A variant is what an entry says of its track; the same values, the same number."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.state = np.zeros(4, np.int64)
        self.arena = np.zeros(0, np.uint8)
        self.table = np.zeros(2 * _FIRST_ROOM, np.uint64)
        self.places = np.zeros(0, np.int64)
        self.columns = np.zeros((0, 4), np.int32)
        self.durations = np.zeros(0, np.int64)
        self.artists, self.albums = Names(), Names()

    def numbers(
        self, buffer: npt.NDArray[np.uint8], records: Records, hashes: npt.NDArray[np.uint64]
    ) -> npt.NDArray[np.int32]:
        """Return the variant of each entry of a block; hold the lock meanwhile."""
        entries = int(records.counts[1])
        numbers = np.empty(entries, np.int32)
        self._make_room(entries, buffer.size)
        interning.intern_entries(
            buffer, records.spans, records.durations, hashes, numbers, self.state, self.arena,
            self.table, self.places, self.columns, self.durations,
            self.artists.table, self.artists.places, self.artists.lengths,
            self.albums.table, self.albums.places, self.albums.lengths,
        )  # fmt: skip
        return numbers

    def _make_room(self, entries: int, text_bytes: int) -> None:
        used, tracks, artists, albums = self.state.tolist()
        _make_room(self.arena, used + 2 * text_bytes + PADDING)
        self.table = _roomy_table(self.table, tracks + entries)
        for array in (self.places, self.columns, self.durations):
            _make_room(array, tracks + entries)
        self.artists.make_room(artists + entries)
        self.albums.make_room(albums + entries)

    def finish(self) -> None:
        """Give back what only `numbers` needs, and cut the arrays to what is used."""
        used, tracks, artists, albums = self.state.tolist()
        self.table = self.artists.table = self.albums.table = np.zeros(0, np.uint64)
        for array in (self.places, self.columns, self.durations):
            _cut(array, tracks)
        for names, count in ((self.artists, artists), (self.albums, albums)):
            _cut(names.places, count)
            _cut(names.lengths, count)
        _cut(self.arena, used + PADDING)


def _make_room(array: npt.NDArray[np.generic], count: int) -> None:
    """Let an array grow in place (the system moves pages, not bytes) to hold at least `count` rows."""
    if array.shape[0] < count:
        array.resize((count + count // 8, *array.shape[1:]), refcheck=False)


def _cut(array: npt.NDArray[np.generic], count: int) -> None:
    array.resize((count, *array.shape[1:]), refcheck=False)


def _roomy_table(table: npt.NDArray[np.uint64], count: int) -> npt.NDArray[np.uint64]:
    """Return a table of the same content that `count` numbers fill to 60 % at most."""
    slots = table.size // 2
    while count > 0.6 * slots:
        slots *= 2
    if 2 * slots == table.size:
        return table
    larger = np.zeros(2 * slots, np.uint64)
    interning.rehash(table, larger)
    return larger
