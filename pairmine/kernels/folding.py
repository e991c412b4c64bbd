"""The normaliser of names: case, diacritics and punctuation do not tell two names apart; words do."""

import unicodedata
from functools import cache
from typing import NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.kernels.byte_runs import Int

DIACRITICS = range(0x0300, 0x0370)
JOINERS = "'’‘ʼ`´"
LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ı": "i"})
TABLED = 0x33480  # beyond it Unicode has tags, selectors and private characters only
BLANK = np.uint8(ord(" "))


Bytes = npt.NDArray[np.uint8]


class Table(NamedTuple):
    """What every code point below TABLED becomes: the bytes `data[offsets[c]:offsets[c + 1]]`, in UTF-8.

    `first` and `last` are the canonical combining classes with which its decomposition begins and ends.
    """

    offsets: npt.NDArray[np.int32]
    data: Bytes
    first: Bytes
    last: Bytes


def fold_text(text: str) -> str:
    """Return a name's folded form: lower-case words between single blanks.

    Compatibility forms are decomposed (NFKD), case is folded, diacritics (U+0300 to U+036F) and apostrophes vanish,
    letters that Unicode does not decompose become the usual ones (ø: o, æ: ae), `&` is "and", and everything that is
    neither letter, mark nor number separates words. What has no word at all ("???", "…") keeps its characters. Nothing
    in brackets is dropped: "Song (Live)" is "song live". `tests/kernels/folding_vectors.tsv` has examples.
    """
    plain = _decomposed(text)
    return " ".join("".join(map(_fold_character, plain)).split() or plain.split())


def fold(texts: pa.Array) -> pa.Array:
    """Return `fold_text` of every text of a string array; nulls stay null."""
    given = texts.cast(pa.large_string())
    offsets = np.frombuffer(given.buffers()[1], np.int64)[given.offset : given.offset + len(given) + 1]
    source = np.frombuffer(given.buffers()[2] or b"", np.uint8)
    ends, odd = np.zeros(len(given) + 1, np.int64), np.zeros(len(given), np.bool_)
    _fold(source, offsets, *_table(), np.empty(0, np.uint8), ends, odd)
    data = np.empty(ends[-1], np.uint8)
    _fold(source, offsets, *_table(), data, ends, odd)
    folded = pa.LargeStringArray.from_buffers(len(given), pa.py_buffer(ends), pa.py_buffer(data)).cast(pa.string())
    slow = pa.array(odd)
    by_hand = [text if text is None else fold_text(text) for text in given.filter(slow).to_pylist()]
    return pc.if_else(given.is_valid(), pc.replace_with_mask(folded, slow, pa.array(by_hand, pa.string())), None)


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(LETTERS)


def _fold_character(character: str) -> str:
    if character == "&":
        return " and "
    if ord(character) in DIACRITICS or character in JOINERS:
        return ""
    return character if unicodedata.category(character)[0] in "LMN" else " "


@cache
def _table() -> Table:
    surrogates = range(0xD800, 0xE000)
    characters = ["" if code in surrogates else chr(code) for code in range(TABLED)]
    folded = ["".join(map(_fold_character, _decomposed(character))).encode() for character in characters]
    decomposed = [unicodedata.normalize("NFKD", character) for character in characters]
    classes = [[unicodedata.combining(part) for part in text] or [0] for text in decomposed]
    offsets = np.concatenate(([0], np.cumsum([len(each) for each in folded]))).astype(np.int32)
    first, last = (np.array([each[end] for each in classes], np.uint8) for end in (0, -1))
    return Table(offsets, np.frombuffer(b"".join(folded), np.uint8), first, last)


@nb.njit(cache=True, nogil=True, inline="always")
def _code_point(source: Bytes, place: Int) -> tuple[Int, Int]:
    """Return the code point at a place of valid UTF-8, and its length in bytes."""
    byte = np.int64(source[place])
    if byte < 0x80:
        return byte, 1
    if byte < 0xE0:
        return (byte & 0x1F) << 6 | (source[place + 1] & 0x3F), 2
    code = (byte & 0x0F) << 12 | np.int64(source[place + 1] & 0x3F) << 6 | (source[place + 2] & 0x3F)
    if byte < 0xF0:
        return code, 3
    return (code & 0x7FFF) << 6 | (source[place + 3] & 0x3F), 4


@nb.njit(cache=True, nogil=True)
def _fold(
    source: Bytes,
    offsets: npt.NDArray[np.int64],
    bytes_of: npt.NDArray[np.int32],
    data: Bytes,
    first: Bytes,
    last: Bytes,
    folded: Bytes,
    ends: npt.NDArray[np.int64],
    odd: npt.NDArray[np.bool_],
) -> None:
    """Measure every folded text and mark the odd ones, if `folded` is empty; then, called again, fold the others.

    A text is odd if it has no word, a code point beyond the table, or marks that NFKD would put into another order.
    """
    write = np.int64(0)
    measure = folded.size == 0
    for i in range(odd.size):
        if odd[i] and not measure:
            ends[i + 1] = write
            continue
        begin = write
        place, stop = offsets[i], offsets[i + 1]
        before = np.uint8(0)
        pending = False
        plain = True
        while place < stop and plain:
            code, length = _code_point(source, place)
            place += length
            plain = bool(code < TABLED and (first[code] == 0 or before <= first[code]))
            if not plain:
                break
            before = last[code]
            for j in range(bytes_of[code], bytes_of[code + 1]):
                if data[j] == BLANK:
                    pending = True
                    continue
                if pending and write > begin:
                    if not measure:
                        folded[write] = BLANK
                    write += 1
                pending = False
                if not measure:
                    folded[write] = data[j]
                write += 1
        odd[i] = offsets[i] < stop and (not plain or write == begin)
        if odd[i]:
            write = begin
        ends[i + 1] = write
