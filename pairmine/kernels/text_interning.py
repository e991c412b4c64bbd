"""One number for each distinct text: open addressing on 64-bit hashes, the texts kept once and compared in full.

A table has two words a slot: the hash, and the text's number + 1 (0: a free slot).
"""

import numba as nb
import numpy as np
import numpy.typing as npt

from pairmine.kernels.byte_runs import Int
from pairmine.kernels.comparing import same_bytes
from pairmine.kernels.text_hashes import text_hash

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]


@nb.njit(nogil=True, cache=True)
def grow(old: Words, new: Words) -> None:
    """Put all that stands in a table into a larger one, which is all zeros; both have a power of two of slots."""
    mask = np.uint64(new.size // 2 - 1)
    for index in range(0, old.size, 2):
        if old[index + 1] == 0:
            continue
        slot = old[index] & mask
        while new[np.int64(2 * slot + 1)] != 0:
            slot = (slot + np.uint64(1)) & mask
        new[np.int64(2 * slot)], new[np.int64(2 * slot + 1)] = old[index], old[index + 1]


@nb.njit(nogil=True, cache=True)
def intern_texts(
    buffer: Bytes, offsets: Int64s, numbers: Int32s, table: Words, arena: Bytes, ends: Int64s, known: Int
) -> Int:
    """Write the number of each text, take up those that are new, and return how many there are then.

    Args:
        buffer: where the texts stand, one behind the other, with 8 bytes more behind them.
        offsets: (texts + 1,) int64.
        numbers: (texts,) int32, written.
        table: slots, free ones left after all texts.
        arena: the texts so far, with room for all of the buffer.
        ends: `ends[n]` is where text number n − 1 ends in the arena (`ends[0]` = 0), with room for all texts.
        known: how many texts there are.
    """
    mask = np.uint64(table.size // 2 - 1)
    for row in range(numbers.size):
        place, length = offsets[row], offsets[row + 1] - offsets[row]
        low = text_hash(buffer, place, length, 0)
        slot = low & mask
        while True:
            number = np.int64(table[np.int64(2 * slot + 1)]) - 1
            if number < 0:
                table[np.int64(2 * slot)], table[np.int64(2 * slot + 1)] = low, np.uint64(known + 1)
                number, begin = np.int64(known), ends[known]
                for index in range(length):
                    arena[begin + index] = buffer[place + index]
                known += 1
                ends[known] = begin + length
                break
            begin = ends[number]
            is_alike = table[np.int64(2 * slot)] == low and ends[number + 1] - begin == length
            if is_alike and same_bytes(buffer, place, arena, begin, length):
                break
            slot = (slot + np.uint64(1)) & mask
        numbers[row] = number
    return known
