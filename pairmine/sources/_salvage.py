"""All that can be decompressed of a damaged file: what the quick readers drop together with its fault."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import zstandard

GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 16
_FAULTS = (zlib.error, zstandard.ZstdError)


def salvage(path: Path, skip: int) -> bytes:
    """Return what a damaged gzip or zstd file holds before its fault, but for the first `skip` bytes.

    A decoder drops what it decoded in the call that meets the fault. So the file is read once to find the
    chunk with the fault, then again with that chunk byte by byte.
    """
    kept = bytearray()
    with path.open("rb") as file, suppress(*_FAULTS):
        for piece in _decoded(file, _fault_chunk(file)):
            kept += piece[skip:]
            skip = max(skip - len(piece), 0)
    return bytes(kept)


def _fault_chunk(file: BinaryIO) -> int:
    """Return where the chunk begins in which the decoder fails, the file's size if in none."""
    try:
        for _ in _decoded(file, None):
            continue
    except _FAULTS:
        return (file.tell() - 1) // _CHUNK_BYTES * _CHUNK_BYTES
    return file.tell()


def _decoded(file: BinaryIO, careful_from: int | None) -> Iterator[bytes]:
    """Yield what the members (gzip) or frames (zstd) of a file hold."""
    file.seek(0)
    is_gzip = file.read(len(GZIP)) == GZIP
    new: Callable[[], Any] = _gzip_member if is_gzip else zstandard.ZstdDecompressor().decompressobj
    member = new()
    for chunk in _chunks(file, careful_from):
        rest = chunk
        while rest:
            if member.eof:
                rest = rest.lstrip(b"\0") if is_gzip else rest  # zeros may fill up what follows a member
                member = new() if rest else member
            if rest:
                yield member.decompress(rest)
                rest = member.unused_data if member.eof else b""


def _gzip_member() -> Any:
    return zlib.decompressobj(16 + zlib.MAX_WBITS)


def _chunks(file: BinaryIO, careful_from: int | None) -> Iterator[bytes]:
    """Yield a file in chunks, from `careful_from` on in single bytes."""
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        if careful_from is None or file.tell() <= careful_from:
            yield chunk
        else:
            yield from (chunk[index : index + 1] for index in range(len(chunk)))
