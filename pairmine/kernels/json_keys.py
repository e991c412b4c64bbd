"""Keys of MPD objects, recognised by their length, their first and their last 8 bytes."""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int, load64, plain_run
from pairmine.kernels.json_values import skip_blanks

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

UNKNOWN = _ODD = -1
_QUOTE, _COLON = ord('"'), ord(":")
_FACTOR = 0x5BA91FAF7A024205  # found by trial: gives each key a slot of its own


def _head(key: str) -> int:
    """The first 8 bytes of a key as a little-endian number."""
    return int.from_bytes(key.encode()[:8], "little")


def _tail(key: str) -> int:
    """The last 8 bytes of a key, all of a shorter one, as a little-endian number."""
    return int.from_bytes(key.encode()[-8:], "little")


def _slot(head: int, length: int) -> int:
    return ((head ^ length) * _FACTOR & 2**64 - 1) >> 59


def key_table(keys: tuple[str, ...]) -> Words:
    """Return rows of (head, tail, length, code) by slot; a slot without a key has a length no key has."""
    table = np.full((32, 4), 2**63, np.uint64)
    for code, key in enumerate(keys):
        slot = _slot(_head(key), len(key))
        assert table[slot, 2] == 2**63, "two keys in one slot: choose another _FACTOR"
        table[slot] = _head(key), _tail(key), len(key), code
    return table


@nb.njit(nogil=True, cache=True, inline="always")
def read_key(buffer: Bytes, pos: Int, table: Words) -> tuple[Int, Int]:
    """Return (code of the key whose quote stands at `pos`, place of its value); place −1: it is odd."""
    if buffer[pos] != _QUOTE:
        return UNKNOWN, _ODD
    start = pos + 1
    stop = start + plain_run(buffer, start)
    while buffer[stop] != _QUOTE:
        run = plain_run(buffer, stop)
        stop += run
        if run == 0:
            return UNKNOWN, _ODD
    length = stop - start
    head = load64(buffer, start)
    if length < 8:
        head &= (np.uint64(1) << np.uint64(8 * length)) - np.uint64(1)
    tail = load64(buffer, stop - 8) if length >= 8 else head
    row = table[np.int64(((head ^ np.uint64(length)) * np.uint64(_FACTOR)) >> np.uint64(59))]
    known = row[0] == head and row[1] == tail and row[2] == np.uint64(length)
    pos = skip_blanks(buffer, stop + 1)
    if buffer[pos] != _COLON:
        return UNKNOWN, _ODD
    return (np.int64(row[3]) if known else UNKNOWN), skip_blanks(buffer, pos + 1)
