"""One file of a dump: what kind it is, and its bytes in chunks of whole records."""

import re
from collections.abc import Callable, Iterator

from pairmine.kernels.byte_runs import PADDING
from pairmine.kernels.xml_records import Kind, is_record, last_record, next_record
from pairmine.sources._blocks import Blocks
from pairmine.sources._discogs_chunks import Chunk
from pairmine.sources._discogs_fields import KINDS
from pairmine.sources._discogs_format import FORMAT
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._records import Reject

CHUNK_BYTES = 8 << 20
MAX_RECORD_BYTES = 64 << 20
MAX_FRUITLESS_BYTES = 1 << 30
_HEAD_BYTES = 1 << 16
_TAIL_BYTES = 1 << 12
_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_EMPTY = re.compile(rb"<[\w.:-]+(\s[^<>]*)?/>")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)(?=[\s/>])")
_ENCODINGS = ("utf-8", "utf8", "us-ascii", "ascii")
_NAME_BYTES = 80


class _NoDumpError(Exception):
    """What stands at `start` tells that the file is no dump; the message says why."""


class DumpFile:
    """Reads one file.

    Args:
        name: its base name.
        blocks: its bytes.
        reject: called with what is wrong with the file itself, and with records that are too long.
        max_record: the most bytes of one record.
    """

    def __init__(
        self, name: str, blocks: Blocks, reject: Callable[[Reject], None], max_record: int = MAX_RECORD_BYTES
    ) -> None:
        self.sound = True
        self.is_cut = False
        self._name, self._blocks, self._reject, self._max_record = name, blocks, reject, max_record

    def chunks(self) -> Iterator[Chunk]:
        """Yield all that follows the start of the root element, cut where records begin."""
        blocks = self._blocks
        blocks.extend()
        try:
            kind, is_ended = self._find_root()
        except _NoDumpError as error:
            self._fault(f"the compressed data is damaged ({blocks.damage})" if blocks.damage else str(error))
            return
        last = b""
        while True:
            cut = self._cut(FORMAT.kinds[kind])
            if cut > blocks.start:
                last = blocks.buffer[max(blocks.start, cut - _TAIL_BYTES) : cut].tobytes()
                yield self._chunk(kind, cut)
                blocks.start = cut
            if blocks.finished:
                break
            if blocks.end - blocks.start >= self._max_record and not self._get_over(kind):
                break
            blocks.extend()
        self.is_cut = not is_ended and not last.rstrip().endswith(f"</{kind}s>".encode())
        if blocks.damage is not None:
            self._fault(f"the compressed data is damaged ({blocks.damage}): what follows is lost")

    def _find_root(self) -> tuple[str, bool]:
        """Go to the root element, past it if it is empty; return the kind of dump, and whether no end tag is to come.

        A root that is a record itself ends with it.
        """
        blocks = self._blocks
        head = blocks.buffer[: min(_HEAD_BYTES, blocks.end)].tobytes()
        if not head:
            raise _NoDumpError("the file is empty")
        if head.startswith(_UTF_16):
            raise _NoDumpError("text in UTF-16: convert it to UTF-8 first")
        start = len(_MARK) if head.startswith(_MARK) else 0
        declared = _DECLARED.match(head, start)
        if declared and declared[1].decode("latin-1").lower() not in _ENCODINGS:
            raise _NoDumpError(f"its encoding is {excerpt(declared[1])}: convert it to UTF-8 first")
        while (between := _BEFORE_ROOT.match(head, start)) is not None:
            start = between.end()
        blocks.start = start
        if head.startswith(b"<!DOCTYPE", start):
            raise _NoDumpError("it has a document type declaration, which no Discogs dump has")
        root = _ROOT.match(head, start)
        if root is None:
            raise _NoDumpError("no Discogs dump: it does not begin with an element")
        name = root[1].decode()
        if name.removesuffix("s") not in KINDS:
            raise _NoDumpError(f"no Discogs dump: its root element is <{name[:_NAME_BYTES]}>")
        empty = None if name in KINDS else _EMPTY.match(head, start)
        if empty:
            blocks.start = empty.end()
        return name.removesuffix("s"), name in KINDS or empty is not None

    def _cut(self, kind: Kind) -> int:
        """Return where the last whole record here ends; `start` if none does."""
        blocks = self._blocks
        if blocks.finished:
            return int(blocks.end)
        return max(int(last_record(blocks.buffer, blocks.start, blocks.end, kind)), int(blocks.start))

    def _chunk(self, kind: str, cut: int) -> Chunk:
        blocks = self._blocks
        size = cut - int(blocks.start)
        data = blocks.buffer[blocks.start : cut + PADDING].copy()
        data[size:] = 0
        return Chunk(kind, self._name, blocks.position, data, size)

    def _get_over(self, kind: str) -> bool:
        """Refuse what begins here and is too long, and go on at the next record; False: there is none for long."""
        blocks = self._blocks
        is_one = is_record(blocks.buffer, blocks.start, blocks.end, FORMAT.kinds[kind])
        what = "this record has no end" if is_one else f"no <{kind}> stands here"
        unit = f"{kind}s"
        self._reject(Reject(unit, blocks.position, f"{what} in {self._max_record} bytes", self._excerpt()))
        begin = blocks.position
        blocks.start += 1
        while True:
            place = next_record(blocks.buffer, blocks.start, blocks.end, FORMAT.kinds[kind])
            found = place < blocks.end
            blocks.start = place if found or blocks.finished else max(blocks.start, place - _TAIL_BYTES)
            if found or blocks.finished:
                return True
            if blocks.position - begin > MAX_FRUITLESS_BYTES:
                self._fault(f"no <{kind}> in {MAX_FRUITLESS_BYTES} bytes: the rest of the file is left out")
                return False
            blocks.extend()

    def _excerpt(self) -> str:
        blocks = self._blocks
        return excerpt(blocks.buffer[blocks.start : min(blocks.end, blocks.start + EXCERPT_BYTES)].tobytes())

    def _fault(self, reason: str) -> None:
        self.sound = False
        self._reject(Reject("files", self._blocks.position, reason, self._excerpt()))
