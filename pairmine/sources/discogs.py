"""The monthly Discogs dumps: releases, masters, artists and labels, in both generations of the format.

What a dump says is kept as it says it in the tables `dump_…` of `schema.py`; from those the tables of the contract
are made (`_discogs_tables.py`).
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer

from pairmine import catalogue
from pairmine.catalogue import Tally
from pairmine.errors import InputError, shown
from pairmine.kernels.xml_columns import mark_seen
from pairmine.parallel import in_order, threads_or_default
from pairmine.progress import bar, say
from pairmine.schema import DUMP
from pairmine.sources._blocks import opened
from pairmine.sources._discogs_chunks import Chunk, Parsed, parse
from pairmine.sources._discogs_fields import KINDS
from pairmine.sources._discogs_files import find_dumps
from pairmine.sources._discogs_frames import CHUNK_BYTES, DumpFile
from pairmine.sources._discogs_tables import finish
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects

KIND = "discogs"

PART_BYTES = 32 << 20
WAITING_BYTES = 96 << 20
MOST_TOLD = 20
MAX_ODDITIES = 10_000
MAX_READERS = 8  # more than these the decompression cannot feed
_SEEN_BYTES = 1 << 28  # a bit for each number an int32 can be; untouched pages cost nothing


def ingest(
    workspace: Path,
    name: str,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Folders or files: *releases*.xml, *masters*, *artists*, *labels*; also .gz, .zst."),
    ],
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest discogs ~/discogs/2026-04`

    Read the monthly Discogs dumps, any of the four files alone or together, into the catalogue.

    The root element tells what a file is; a bare record will do. Files are read by name, the last first, so that of
    several dumps the newest comes first; a record met before is skipped. What cannot be read goes to the table
    `rejects` with file and byte; the rest is taken.
    """
    files = find_dumps(paths)
    with catalogue.writer(workspace, name, KIND) as writer:
        reading = stage(writer, files, threads)
        if not reading.taken.total():
            why = reading.rejects.example() or "they hold no records"
            raise InputError(f"nothing could be read ({why}): source {name!r} is left as it was")
        tallies, conflicts = finish(writer, threads)
        writer.write("rejects", reading.rejects.sorted())
        return writer.commit([*reading.tallies(), *tallies], conflicts)


def stage(writer: catalogue.Writer, files: list[Path], threads: int | None) -> "Reading":
    """Write the tables `dump_…`, and return what became of the records.

    One thread decompresses and cuts, `threads` parse, one writes; what they give does not depend on how many.
    """
    reading = Reading(Rejects(writer.scratch), min(threads_or_default(threads), MAX_READERS))
    for _ in in_order(lambda part: writer.append(*part), reading.parts(files), 1):
        continue
    reading.tell()
    return reading


class Reading:
    """Reads files into tables, and counts what became of their records."""

    def __init__(self, rejects: Rejects, threads: int) -> None:
        self.rejects, self.taken = rejects, Counter[str]()
        self._threads, self._files = threads, 0
        self._met: Counter[str] = Counter()
        self._oddities: Counter[str] = Counter()
        self._seen = {kind: np.zeros(_SEEN_BYTES, np.uint8) for kind in KINDS}

    def parts(self, files: list[Path]) -> Iterator[tuple[str, pa.Table]]:
        """Yield the tables of all files in parts, and each table at least once."""
        waiting = {table.name: _Waiting() for table in DUMP}
        for parsed in in_order(parse, self._chunks(files), self._threads):
            for name, table in self._taken(parsed).items():
                waiting[name].add(table)
            while (due := _due(waiting)) is not None:
                yield due, waiting[due].take()
        for table in DUMP:
            last = waiting[table.name]
            if last.tables or not last.is_told:
                last.add(table.arrow.empty_table())
                yield table.name, last.take()

    def _chunks(self, files: Iterable[Path]) -> Iterator[Chunk]:
        there = [file for file in files if file.exists()]
        for link in set(files).difference(there):
            self.rejects.add(_name(link), Reject("files", 0, "the link leads nowhere", ""))
        total = sum(file.stat().st_size for file in there)
        with bar("reading", total, in_bytes=True) as progress:
            for path in there:
                with opened(path, CHUNK_BYTES) as blocks:
                    file = DumpFile(_name(path), blocks, partial(self.rejects.add, _name(path)))
                    for chunk in file.chunks():
                        progress(blocks.input_advance())
                        yield chunk
                self._files += file.sound
                if file.is_cut:
                    say(f"{shown(path)} does not end as a dump does: it may have been cut")

    def _taken(self, parsed: Parsed) -> dict[str, pa.Table]:
        """Return what a chunk brings that was not met before."""
        for reject in parsed.rejects:
            self.rejects.add(parsed.file, reject)
        if len(self._oddities) < MAX_ODDITIES:  # names made up by the thousand are not worth keeping
            self._oddities.update(parsed.oddities)
        new = np.empty(parsed.ids.size, np.bool_)
        met = int(mark_seen(parsed.ids, self._seen[parsed.kind], new))
        self._met[parsed.kind] += met
        self.taken[parsed.kind] += parsed.ids.size - met
        if not met:
            return parsed.tables
        return {name: table.filter(pa.array(new[parsed.records[name]])) for name, table in parsed.tables.items()}

    def tell(self) -> None:
        """Name once what the files hold and no table has room for, the most frequent first."""
        found = sorted((+self._oddities).items(), key=lambda each: (-each[1], each[0]))
        for oddity, count in found[:MOST_TOLD]:
            say(f"left out, as not known: {shown(oddity)} ({count:,})")
        if found[MOST_TOLD:]:
            say(f"left out, as not known: {len(found) - MOST_TOLD} more kinds of things")

    def tallies(self) -> list[Tally]:
        """Return what became of the records of each kind, and of the files."""
        rejected = self.rejects.counts
        records = [
            Tally(f"{kind}s", self.taken[kind], {"met before": self._met[kind]}, rejected[f"{kind}s"]) for kind in KINDS
        ]
        return [*records, Tally("files", self._files, rejected=rejected["files"])]


@dataclass
class _Waiting:
    """What is to be the next part of a table."""

    tables: list[pa.Table] = field(default_factory=list)
    bytes: int = 0
    is_told: bool = False

    def add(self, table: pa.Table) -> None:
        self.tables.append(table)
        self.bytes += table.nbytes

    def take(self) -> pa.Table:
        part = pa.concat_tables(self.tables)
        self.tables, self.bytes, self.is_told = [], 0, True
        return part


def _due(waiting: dict[str, _Waiting]) -> str | None:
    """Return the table to write now: the largest, if it or all of them have grown enough."""
    name = max(waiting, key=lambda name: waiting[name].bytes)
    is_due = waiting[name].bytes >= PART_BYTES or sum(each.bytes for each in waiting.values()) >= WAITING_BYTES
    return name if is_due else None


def _name(path: Path) -> str:
    return os.fsencode(path.name).decode(errors="replace")
