"""A chunk of whole records → the tables that hold them."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.kernels import xml_scan as scan
from pairmine.kernels.byte_runs import PADDING, Int
from pairmine.kernels.xml_columns import grouped
from pairmine.kernels.xml_records import next_record
from pairmine.sources._discogs_columns import Cells, build_tables
from pairmine.sources._discogs_fields import TABLES
from pairmine.sources._discogs_format import FORMAT
from pairmine.sources._discogs_strict import Record, RefusedError, read_record
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._records import Reject

MAX_REJECTS = 10_000
"""Faults of one chunk: a chunk with more is no part of a dump, and to tell them all costs more than it holds."""
_BETWEEN = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|</?(?:release|master|artist|label)s(?:\s[^<>]*)?>", re.DOTALL)


_here = threading.local()


@dataclass
class Chunk:
    """Whole records of a file: `data[:end]`, zeros behind it; `position` is its place in the decompressed file."""

    kind: str
    file: str
    position: int
    data: npt.NDArray[np.uint8]
    end: int


@dataclass
class Parsed:
    """What a chunk held: its records' ids, tables and, for each row of those, the record; what was not taken."""

    kind: str
    file: str
    ids: npt.NDArray[np.int32]
    tables: dict[str, pa.Table]
    records: dict[str, npt.NDArray[np.int32]]
    rejects: list[Reject] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)


def parse(chunk: Chunk) -> Parsed:
    """Read a chunk: what the scanner can vouch for by the scanner, each other record by the strict reader."""
    return _ChunkReader(chunk).read()


def _work_for(size: int) -> scan.Work:
    """Return this thread's room for a chunk of some size, emptied: new pages cost as much as reading does."""
    if getattr(_here, "size", -1) < size:
        _here.size, _here.work = size, scan.new_work(size, len(TABLES))
    work: scan.Work = _here.work
    work.counts[:] = 0
    return work


class _ChunkReader:
    def __init__(self, chunk: Chunk) -> None:
        self._chunk, self._kind = chunk, FORMAT.kinds[chunk.kind]
        self._work = _work_for(chunk.end)
        self._decoded = bytearray()
        self._rejects: list[Reject] = []
        self._oddities: Counter[str] = Counter()

    def read(self) -> Parsed:
        data, end = self._chunk.data, self._chunk.end
        pos: Int = 0
        while True:
            pos, status = scan.scan_records(data, pos, end, self._kind, FORMAT.maps, self._work)
            if status == scan.DONE:
                return self._parsed()
            if len(self._rejects) == MAX_REJECTS:
                last = int(self._chunk.position + end)
                self._refuse(pos, f"more than {MAX_REJECTS} faults here: all up to byte {last} is left out")
                return self._parsed()
            pos = self._gap(pos) if status == scan.GAP else self._odd(pos)

    def _parsed(self) -> Parsed:
        data = self._chunk.data
        if self._decoded:
            data = np.concatenate([data, np.frombuffer(bytes(self._decoded), np.uint8), np.zeros(PADDING, np.uint8)])
        work = self._work
        cells = Cells(data, *grouped(work.cells, work.counts[scan.CELLS], scan.FIRST_COLUMN + len(FORMAT.targets)))
        rows = grouped(work.rows, work.counts[scan.ROWS], len(TABLES))
        ids = work.ids[: work.counts[scan.RECORDS]].copy()
        tables, records, oddities = build_tables(cells, *rows, ids)
        oddities.update(self._oddities)
        return Parsed(self._chunk.kind, self._chunk.file, ids, tables, records, self._rejects, oddities)

    def _gap(self, pos: Int) -> Int:
        """Get over what stands between records, and return the place of the next; all but their frame is refused."""
        stop = next_record(self._chunk.data, pos, self._chunk.end, self._kind)
        gap = self._chunk.data[pos:stop].tobytes()
        place = 0
        while (match := _BETWEEN.match(gap, place)) is not None:
            place = match.end()
        if place < len(gap):
            self._refuse(pos + place, f"no <{self._chunk.kind}> stands here")
        return stop

    def _odd(self, pos: Int) -> Int:
        """Let the strict reader decide about a record, and return the place behind it."""
        stop = next_record(self._chunk.data, pos + 1, self._chunk.end, self._kind)
        table_rows = self._work.counts[scan.FIRST_TABLE :].tolist()
        try:
            record = read_record(self._chunk.data[pos:stop].tobytes(), self._kind, table_rows)
        except RefusedError as error:
            self._refuse(pos, str(error))
            return stop
        self._take(record)
        return pos + record.end

    def _take(self, record: Record) -> None:
        work = self._work
        number, row, cell = (work.counts[index] for index in (scan.RECORDS, scan.ROWS, scan.CELLS))
        for table, track, kind in record.rows:
            work.rows[row] = table, number, track, kind
            work.counts[scan.FIRST_TABLE + table] += 1
            row += 1
        for code, place, text in record.cells:
            encoded = text.encode()
            work.cells[cell] = code, place, self._chunk.data.size + len(self._decoded), len(encoded)
            self._decoded += encoded
            cell += 1
        work.ids[number] = record.id
        work.counts[: scan.FIRST_TABLE] = cell, row, number + 1
        self._oddities.update(record.oddities)

    def _refuse(self, pos: Int, reason: str) -> None:
        begin = self._chunk.data[pos : min(pos + EXCERPT_BYTES, self._chunk.end)].tobytes()
        self._rejects.append(Reject(f"{self._chunk.kind}s", int(self._chunk.position + pos), reason, excerpt(begin)))
