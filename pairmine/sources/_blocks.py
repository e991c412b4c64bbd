"""Input files as blocks of bytes in one buffer: plain, gzip or zstd, told apart by how they begin."""

import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
from isal import igzip, isal_zlib

from pairmine.errors import InputError, shown
from pairmine.kernels.byte_runs import PADDING, Int
from pairmine.sources._salvage import GZIP, salvage

BLOCK_BYTES = 1 << 22
SUFFIXES = (".json", ".json.gz", ".json.zst")
JSON_NAMES = "*.json, *.json.gz, *.json.zst"
_PIECE_BYTES = 1 << 14
_ISAL_ERROR = cast(type[Exception], isal_zlib.IsalError)
_ZSTD, _ZSTD_SKIPPABLE = b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18"


def is_json(name: str) -> bool:
    """Return whether a file is called like JSON."""
    return name.lower().endswith(SUFFIXES)


def find_files(paths: Iterable[Path], fits: Callable[[str], bool] = is_json, kinds: str = JSON_NAMES) -> list[Path]:
    """Return the files named, and those in the folders named whose names fit, sorted and each once.

    Of several names of one file it is the smallest. Links in folders that lead nowhere are listed too. `kinds` names
    in words what fits.

    Raises:
        InputError: there is no such path, it may not be read, or a folder holds nothing of use.
    """
    files: dict[str, Path] = {}
    for file in (file for path in paths for file in _files_of(path, fits, kinds)):
        place = os.path.realpath(file)
        files[place] = min(file, files.get(place, file), key=lambda path: (path.name, path))
    return [files[place] for place in sorted(files)]


def _files_of(path: Path, fits: Callable[[str], bool], kinds: str) -> list[Path]:
    try:
        path.stat()
        if not path.is_dir():
            return [path]
        found = list(_walk(path, fits, set()))
    except FileNotFoundError:
        raise InputError(f"{shown(path)}: no such file or folder: check the path") from None
    except OSError as error:
        place = shown(error.filename or path)
        raise InputError(f"{place}: {error.strerror}: make it readable (chmod) or name other files") from None
    if not found:
        raise InputError(f"{shown(path)} holds no {kinds}: name the folder of the data")
    return found


def _walk(folder: Path, fits: Callable[[str], bool], visited: set[str]) -> Iterator[Path]:
    place = os.path.realpath(folder)
    if place in visited:  # links may lead to a folder twice, or back to one above
        return
    visited.add(place)
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path, fits, visited)
        elif fits(path.name):
            yield path


@contextmanager
def opened(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator["Blocks"]:
    """Open a file as blocks of some size.

    Raises:
        InputError: it cannot be opened.
    """
    with open_bytes(path) as file:
        yield Blocks(path, file, _stream(file), block_bytes)


def open_bytes(path: Path) -> BinaryIO:
    """Open a file as it is.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise InputError(f"{shown(path)}: {error.strerror}: make it readable (chmod) or name other files") from None


def _stream(file: BinaryIO) -> Any:
    """Return an object with readinto that yields the decompressed bytes; a pipe is taken as it comes."""
    if not file.seekable():
        return file
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(GZIP):
        return igzip.open(file)  # type: ignore[no-untyped-call]
    if magic == _ZSTD or magic[1:] == _ZSTD_SKIPPABLE:
        return pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    return file


class Blocks:
    """A window on a file's decompressed bytes: `buffer[start:end]`, zeros behind it, `base` bytes before."""

    def __init__(self, path: Path, file: BinaryIO, stream: Any, block_bytes: int | None = None):
        self.path, self.base = path, 0
        self.start: Int = 0
        self.end: Int = 0
        self.finished = False
        self.damage: str | None = None
        self._file, self._stream, self._failed = file, stream, None
        self._block_bytes = block_bytes or BLOCK_BYTES
        self._piece_bytes = self._block_bytes if stream is file else _PIECE_BYTES
        self.buffer = np.zeros(self._block_bytes + PADDING, np.uint8)
        self._input_told = 0

    @property
    def position(self) -> int:
        """Offset in the decompressed file of `start`."""
        return int(self.base + self.start)

    def input_advance(self) -> int:
        """Return the bytes of the file itself that were read since the last call."""
        told = self._file.tell() if self._file.seekable() else 0
        advance, self._input_told = told - self._input_told, told
        return advance

    def extend(self) -> None:
        """Drop what lies before `start`, and read on; the buffer grows when what is left fills half of it."""
        left = self.end - self.start
        room = self.buffer.size - PADDING
        target = self.buffer
        if left > room // 2:
            target = np.zeros(2 * room + PADDING, np.uint8)
        elif room > self._block_bytes and left < self._block_bytes // 2:
            target = np.zeros(self._block_bytes + PADDING, np.uint8)
        target[:left] = self.buffer[self.start : self.end]
        self.buffer, self.base = target, self.position
        self.start, self.end = 0, left
        self._fill()

    def _fill(self) -> None:
        limit = self.buffer.size - PADDING
        view = self.buffer.data
        while self.end < limit and not self.finished:
            count = self._read(view[self.end : min(limit, self.end + self._piece_bytes)])
            self.end += count
            self.finished = count == 0
        self.buffer[self.end : self.end + PADDING] = 0

    def _read(self, target: memoryview) -> int:
        try:
            return int(self._stream.readinto(target))
        except (EOFError, OSError, _ISAL_ERROR) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise InputError(
                    f"{shown(self.path)}: {error.strerror} while reading: check the disk, or leave the file out"
                ) from None
            self.damage = str(error)
            self._failed = self._stream  # which would close the file if it went
            self._stream = io.BytesIO(salvage(self.path, int(self.base + self.end)))
            return self._read(target)
