"""What is read, laid down in scratch files as it comes, so that memory holds one block a thread."""

from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

from pairmine.kernels import gathering
from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.text_hashes import digest_playlists, hash_entries
from pairmine.sources._dictionary import Dictionary
from pairmine.sources._records import Records

Number = TypeVar("Number", bound=np.generic)


class Spool:
    """Takes blocks of records from several threads; afterwards gives back what was laid down."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.dictionary = folder, Dictionary()
        self._files = {name: (folder / name).open("wb") for name in ("playlists", "entries", "positions", "texts")}
        self._entries = self._positions = self._texts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            with suppress(OSError):  # what did not fit on the disk does not fit now either
                file.close()

    def take(self, buffer: npt.NDArray[np.uint8], records: Records) -> None:
        """Lay down a block's records; the buffer's texts are no longer needed then."""
        playlists, entries, _ = records.counts.tolist()
        if playlists == 0:
            return
        rows = records.playlists[:playlists]
        hashes = np.empty(2 * entries, np.uint64)
        hash_entries(buffer, records.spans, records.durations, entries, hashes)
        digest_playlists(buffer, rows, records.positions, hashes, playlists)
        texts = np.empty(gathering.playlist_text_bytes(rows), np.uint8)
        gathering.take_playlist_texts(buffer, rows, texts)
        positions = gathering.take_positions(rows, records.positions)
        with self.dictionary.lock:
            numbers = self.dictionary.numbers(buffer, records, hashes)
            gathering.shift_places(rows, self._entries, self._positions, self._texts)
            self._append(playlists=rows, entries=numbers, positions=positions, texts=texts)
            self._entries += entries
            self._positions += positions.size
            self._texts += texts.size

    def _append(self, **arrays: npt.NDArray[np.generic]) -> None:
        for name, array in arrays.items():
            self._files[name].write(array.data)

    def finish(self) -> None:
        """Close the scratch files; from now on they can be read."""
        for file in self._files.values():
            file.close()
        self.dictionary.finish()

    def read(self, name: str, dtype: type[Number]) -> npt.NDArray[Number]:
        """Return a scratch file as an array; its pages are the system's, not ours."""
        path = self.folder / name
        if path.stat().st_size == 0:
            return np.zeros(0, dtype)
        return np.memmap(path, dtype, "r")

    def playlists(self) -> npt.NDArray[np.int64]:
        """Return the rows of all playlists, in the order they came."""
        return self.read("playlists", np.int64).reshape(-1, layout.PLAYLIST_COLUMNS)
