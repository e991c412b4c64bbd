"""One file of playlists: find its lists, read them record by record, and get over whatever is broken."""

from collections.abc import Callable
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from pairmine.kernels import json_scan as scan
from pairmine.kernels.byte_runs import Int
from pairmine.kernels.json_values import (
    BROKEN,
    FOUND,
    HAS_PLAYLISTS,
    HAS_TRACKS,
    INCOMPLETE,
    MAX_DEPTH,
    TOO_DEEP,
    WHOLE,
    find_playlist,
    skip_blanks,
    skip_string,
    skip_value,
)
from pairmine.sources._blocks import Blocks
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._json_strict import SwallowedError, read_playlist
from pairmine.sources._records import Records, Reject

Bytes = npt.NDArray[np.uint8]

LOOK_AHEAD = 64 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_FAULTS_TOLD = 4
TELLING_BYTES = 1 << 16
_FOREIGN = (
    ((b"PK\x03\x04",), "a zip archive: unpack it first"),
    ((b"\xff\xfe", b"\xfe\xff", b"[\0", b"{\0", b"\0[", b"\0{"), "text in UTF-16: convert it to UTF-8 first"),
)
_TOO_EARLY = "the file ends too early"
_NO_LIST = 'holds no list of playlists: expected [...] or {"playlists": [...]}'


class _LostError(Exception):
    """The JSON is broken at `start`: go on at the next playlist."""


class PlaylistFile:
    """Reads one file.

    Args:
        blocks: its bytes.
        take: called with a buffer and the records in it, before the buffer is filled anew.
        reject: called with every reject.
        tick: called after every block.
        fast: whether the fast scanner may take what it can vouch for.
        look_ahead: the most bytes of one playlist.
    """

    def __init__(
        self,
        blocks: Blocks,
        take: Callable[[Bytes, Records], None],
        reject: Callable[[Reject], None],
        tick: Callable[[], None],
        *,
        fast: bool = True,
        look_ahead: int = LOOK_AHEAD,
    ) -> None:
        self._blocks, self._take, self._reject, self._tick = blocks, take, reject, tick
        self._fast, self._look_ahead = fast, look_ahead
        self._records = Records(blocks.buffer.size)
        self._fault: Reject | None = None
        self._faults = self._lists = self._lists_before = 0
        self._in_object = self._in_lines = self._told_damage = False

    def read(self) -> bool:
        """Read the file; return whether its frame is sound (else its last reject tells)."""
        self._more()
        head = self._blocks.buffer[:4].tobytes()
        if head.startswith(BYTE_ORDER_MARK):
            self._blocks.start = len(BYTE_ORDER_MARK)
        foreign = [what for marks, what in _FOREIGN if head.startswith(marks)]
        if foreign:
            self._note(foreign[0])
        else:
            self._documents()
        self._flush()
        if self._fault is not None:
            more = self._faults - MAX_FAULTS_TOLD
            self._reject(self._fault._replace(reason=f"{self._fault.reason}{f' (and {more} more)' * (more > 0)}"))
        return self._fault is None

    # -- the frame around the playlists

    def _documents(self) -> None:
        """Read all that follows each other in the file."""
        step = self._document
        while self._peek() >= 0:
            try:
                step()
                step = self._document
            except _LostError:
                step = self._resume
        if self._blocks.damage is not None and not self._told_damage:
            self._note_damage()
        if not self._lists and self._fault is None:
            self._note(_NO_LIST)

    def _document(self) -> None:
        """Read a list of playlists, an object that has one, or a playlist; several may follow each other."""
        self._in_object = False
        byte = self._peek()
        if byte == ord("{") and self._is_playlist():
            self._line()
        elif byte == ord(",") and self._in_lines:
            self._step()
        elif byte == ord("["):
            self._in_lines = False
            self._step()
            self._list(scan.BEFORE_FIRST)
        elif byte == ord("{"):
            self._in_lines = False
            self._step()
            self._lists_before = self._lists
            self._in_object = self._peek() != ord("}")
            self._members(first=True)
        else:
            self._lose("expected [ or { here")

    def _is_playlist(self) -> bool:
        """Return whether the object here is a playlist itself: whether `tracks` is among its first keys."""
        blocks = self._blocks
        while True:
            end = min(blocks.end, blocks.start + TELLING_BYTES)
            status, _, keys = skip_value(blocks.buffer, blocks.start, end)
            keys &= HAS_TRACKS | HAS_PLAYLISTS
            if keys or status != INCOMPLETE or end < blocks.end or blocks.finished:
                return bool(keys == HAS_TRACKS)
            self._more()

    def _line(self) -> None:
        """Read playlists that stand in no list, as in JSON lines."""
        self._in_lines = True
        self._lists += 1
        if self._scan(scan.BEFORE_FIRST) == scan.BEFORE_FIRST:
            self._value()

    def _members(self, *, first: bool) -> None:
        """Read on in the object around the list, from its first member or from behind one."""
        while self._in_object:
            if first:
                self._member()
            first = True
            if self._peek() == ord("}"):
                self._in_object = False
            else:
                self._expect(ord(","), "a comma or }")
        self._step()
        if self._lists == self._lists_before:
            self._note(_NO_LIST)

    def _member(self) -> None:
        if self._peek() != ord('"'):
            self._lose("expected a key here")
        is_playlists = self._key() == b'"playlists"'
        self._expect(ord(":"), "a colon")
        if is_playlists and self._peek() == ord("["):
            self._step()
            self._list(scan.BEFORE_FIRST)
            return
        status, stop = self._value_end()
        if status != WHOLE:
            self._lose(self._broken(status, stop, "this value"))
        self._blocks.start = stop

    def _key(self) -> bytes:
        """Take a string and return it with its quotes."""
        blocks = self._blocks
        while (stop := skip_string(blocks.buffer, blocks.start + 1, blocks.end)) > blocks.end:
            if not self._can_grow():
                self._lose("this key does not end")
            self._more()
        key: bytes = blocks.buffer[blocks.start : stop].tobytes()
        blocks.start = stop
        return key

    def _expect(self, byte: int, what: str) -> None:
        if self._peek() != byte:
            self._lose(f"expected {what} here")
        self._step()

    # -- the list of playlists

    def _list(self, state: Int) -> None:
        """Read playlists up to the end of their list."""
        self._lists += 1
        while True:
            state = self._scan(state)
            byte = self._peek()
            if byte < 0:
                self._lose("inside its list of playlists")
            if byte == ord("]"):
                if state == scan.BEFORE_NEXT:
                    self._note("a comma stands before the end of the list")
                self._step()
                return
            state = self._separator(byte) if state == scan.AFTER else self._value()

    def _scan(self, state: Int) -> Int:
        """Let the fast scanner go as far as it can."""
        if not self._fast:
            return state
        blocks, records = self._blocks, self._records
        blocks.start, state = scan.scan_playlists(
            blocks.buffer, blocks.start, blocks.end, state, self._look_ahead, records.playlists,
            records.spans, records.durations, records.positions, records.escaped, records.counts,
        )  # fmt: skip
        return state

    def _separator(self, byte: int) -> int:
        if byte == ord(","):
            self._step()
        elif byte == ord("{"):
            self._note("a comma is missing here")
        else:
            self._lose("expected a comma or ] here")
        return scan.BEFORE_NEXT

    def _value(self) -> int:
        """Read one value of the list by the strict reader; returns the state behind it."""
        blocks = self._blocks
        status, stop = self._value_end()
        length = stop - blocks.start
        if status == INCOMPLETE and blocks.damage is not None:
            self._note_damage()
            raise _LostError
        if status != WHOLE:
            self._refuse(self._broken(status, stop, "this playlist"))
            raise _LostError
        if blocks.buffer[blocks.start] == ord("{"):
            self._read_strictly(blocks.buffer[blocks.start : stop].tobytes())
        else:
            self._refuse("expected a playlist, an object")
        blocks.start += length
        return scan.AFTER

    def _read_strictly(self, data: bytes) -> None:
        try:
            playlist, rejects = read_playlist(data, self._blocks.position)
        except SwallowedError:
            self._refuse("this playlist has no end: another one stands among its tracks")
            raise _LostError from None
        if playlist is not None:
            self._records.append(self._blocks.buffer, self._blocks.start, playlist)
        for reject in rejects:
            self._reject(reject)

    def _value_end(self) -> tuple[Int, Int]:
        """Return (status, end or place of the fault) of the value here, reading on so far as allowed."""
        blocks = self._blocks
        while True:
            end = min(blocks.end, blocks.start + self._look_ahead)
            status, stop, _ = skip_value(blocks.buffer, blocks.start, end)
            if status != INCOMPLETE or not self._can_grow():
                return status, stop
            self._more()

    # -- getting over what is broken

    def _broken(self, status: Int, stop: Int, what: str) -> str:
        if status == TOO_DEEP:
            return f"{what} is nested deeper than {MAX_DEPTH} levels"
        if status == BROKEN:
            return f"{what} is malformed JSON at byte {self._blocks.base + stop}"
        if self._blocks.end - self._blocks.start >= self._look_ahead:
            return f"{what} is longer than {self._look_ahead} bytes"
        return f"{_TOO_EARLY}: inside {what}"

    def _resume(self) -> None:
        """Go on behind `start` with the next playlist, or at the end of the file."""
        blocks = self._blocks
        pos: Int = blocks.start + 1
        while True:
            status, pos = find_playlist(blocks.buffer, pos, blocks.end, self._look_ahead, blocks.finished)
            blocks.start = pos
            if status == FOUND:
                break
            if blocks.finished:
                return
            self._more()
            pos = blocks.start
        if self._in_lines:
            self._line()
            return
        self._list(scan.BEFORE_NEXT)
        if self._in_object:
            self._members(first=False)

    def _lose(self, reason: str) -> NoReturn:
        """Note a fault here and give up the present list or object."""
        if self._peek() >= 0:
            self._note(reason)
        elif self._blocks.damage is None:
            self._note(f"{_TOO_EARLY}: {reason}")
        raise _LostError

    def _note_damage(self) -> None:
        self._told_damage = True
        self._note(f"the compressed data is damaged ({self._blocks.damage}): what follows is lost")

    def _note(self, reason: str) -> None:
        """Note a fault of the file itself; all of them make one reject."""
        fault = self._fault
        self._faults += 1
        if fault is None:
            self._fault = Reject("files", self._blocks.position, reason, self._excerpt())
        elif self._faults <= MAX_FAULTS_TOLD:
            self._fault = fault._replace(reason=f"{fault.reason}; at byte {self._blocks.position}: {reason}")

    def _refuse(self, reason: str) -> None:
        self._reject(Reject("playlists", self._blocks.position, reason, self._excerpt()))

    def _excerpt(self) -> str:
        blocks = self._blocks
        while blocks.end - blocks.start < EXCERPT_BYTES and not blocks.finished:
            self._more()
        return excerpt(blocks.buffer[blocks.start : min(blocks.end, blocks.start + EXCERPT_BYTES)].tobytes())

    # -- the window on the file

    def _peek(self) -> int:
        """Return the next byte that is no white space, without taking it; −1 at the end of the file."""
        blocks = self._blocks
        while True:
            blocks.start = min(skip_blanks(blocks.buffer, blocks.start), blocks.end)
            if blocks.start < blocks.end:
                return int(blocks.buffer[blocks.start])
            if blocks.finished:
                return -1
            self._more()

    def _step(self) -> None:
        self._blocks.start += 1

    def _can_grow(self) -> bool:
        blocks = self._blocks
        return not blocks.finished and bool(blocks.end - blocks.start < self._look_ahead)

    def _more(self) -> None:
        """Read on; places in the buffer change, what lies before `start` is handed over and given up."""
        self._flush()
        self._tick()
        self._blocks.extend()
        if self._records.size != self._blocks.buffer.size:
            self._records = Records(self._blocks.buffer.size)

    def _flush(self) -> None:
        if self._records.counts[0]:
            self._take(self._blocks.buffer, self._records)
            self._records.clear()
