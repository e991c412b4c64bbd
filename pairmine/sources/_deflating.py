"""A gzip file of one member, its pieces compressed in any thread; the same bytes always."""

import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from isal import isal_zlib

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time, no system
_LAST_BLOCK = b"\x03\x00"
_LEVEL, _RAW_DEFLATE = 1, -15


@dataclass(frozen=True)
class Piece:
    """A run of a file's bytes, deflated up to a byte boundary: no piece refers to another."""

    deflated: bytes
    crc32: int
    size: int


def deflate(data: bytes | memoryview) -> Piece:
    """Compress a piece."""
    compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _RAW_DEFLATE)
    deflated = compressor.compress(data) + compressor.flush(isal_zlib.Z_FULL_FLUSH)
    return Piece(deflated, isal_zlib.crc32(data), len(data))


def write(path: Path, pieces: Iterable[Piece]) -> int:
    """Write a gzip file of these pieces and return how many bytes it holds, decompressed."""
    crc32 = size = 0
    with path.open("wb") as file:
        file.write(_HEAD)
        for piece in pieces:
            file.write(piece.deflated)
            crc32 = isal_zlib.crc32_combine(crc32, piece.crc32, piece.size)
            size += piece.size
        file.write(_LAST_BLOCK + struct.pack("<II", crc32, size & 0xFFFFFFFF))
        file.flush()
        os.fsync(file.fileno())
    return size
