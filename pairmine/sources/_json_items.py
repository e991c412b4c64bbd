"""The elements of a JSON list, one at a time, however long the file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from pairmine.kernels.json_values import INCOMPLETE, WHOLE, skip_blanks, skip_value
from pairmine.sources._blocks import Blocks, opened
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._framing import BYTE_ORDER_MARK, LOOK_AHEAD
from pairmine.sources._records import Reject

_COMMA, _OPEN, _CLOSE = ord(","), ord("["), ord("]")


def items(path: Path, reject: Callable[[Reject], None], tick: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Yield (byte offset, text) of each element of the list that a file holds; plain, gzip or zstd.

    Where the JSON is broken, or an element longer than 64 MiB, the rest of the file is one reject of unit `files`.

    Raises:
        InputError: the file cannot be opened or read.
    """
    with opened(path) as blocks:
        yield from _Items(blocks, reject, tick).all()


class _Items:
    def __init__(self, blocks: Blocks, reject: Callable[[Reject], None], tick: Callable[[int], None]) -> None:
        self._blocks, self._reject, self._tick = blocks, reject, tick

    def all(self) -> Iterator[tuple[int, bytes]]:
        """Yield the elements up to the end of the list, or to the first fault."""
        blocks = self._blocks
        self._more()
        if blocks.buffer[:3].tobytes() == BYTE_ORDER_MARK:
            blocks.start = len(BYTE_ORDER_MARK)
        if self._peek() != _OPEN:
            self._fail("expected a list: [...]")
            return
        separator = _OPEN
        while separator in (_OPEN, _COMMA):
            blocks.start += 1
            if self._peek() == _CLOSE and separator == _OPEN:
                break
            stop = self._value_end()
            if stop is None:
                return
            yield blocks.position, blocks.buffer[blocks.start : stop].tobytes()
            blocks.start = stop
            separator = self._peek()
        self._end()

    def _end(self) -> None:
        if self._peek() != _CLOSE:
            self._fail("expected a comma or ] here" if self._peek() >= 0 else "the file ends inside its list")
            return
        self._blocks.start += 1
        if self._peek() >= 0 or self._blocks.damage:
            self._fail("something follows the list")

    def _value_end(self) -> int | None:
        """Return where the element that begins at `start` ends, None if it is broken."""
        blocks = self._blocks
        while True:
            status, stop, _ = skip_value(blocks.buffer, blocks.start, blocks.end)
            if status == WHOLE:
                return int(stop)
            if status != INCOMPLETE or blocks.finished or blocks.end - blocks.start >= LOOK_AHEAD:
                is_cut = status == INCOMPLETE and blocks.finished
                self._fail(
                    "the file ends inside this element" if is_cut else f"malformed JSON at byte {blocks.base + stop}"
                )
                return None
            self._more()

    def _peek(self) -> int:
        """Return the next byte that is no white space, −1 at the end of the file."""
        blocks = self._blocks
        while True:
            blocks.start = min(skip_blanks(blocks.buffer, blocks.start), blocks.end)
            if blocks.start < blocks.end:
                return int(blocks.buffer[blocks.start])
            if blocks.finished:
                return -1
            self._more()

    def _more(self) -> None:
        self._blocks.extend()
        self._tick(self._blocks.input_advance())

    def _fail(self, reason: str) -> None:
        blocks = self._blocks
        if blocks.damage is not None:
            reason = f"the compressed data is damaged ({blocks.damage}): what follows is lost"
        begins = blocks.buffer[blocks.start : min(blocks.end, blocks.start + EXCERPT_BYTES)].tobytes()
        self._reject(Reject("files", blocks.position, reason, excerpt(begins)))
