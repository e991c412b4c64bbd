"""Files of rows in the order they are read, whatever their format; what cannot be read goes to the rejects."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pairmine import progress
from pairmine.errors import shown
from pairmine.sources import _delimited, _parquet_rows
from pairmine.sources._blocks import Blocks, find_files, open_bytes, opened
from pairmine.sources._column_roles import Columns, Named, Roles, guess, of_header
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects
from pairmine.sources._rows import Rows

_SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".parquet")
_PACKED = (".gz", ".zst")

KnownLayout = Callable[[Sequence[Sequence[str]]], Columns | None]
JsonRows = Callable[[Blocks, str, Callable[[], None], int | None], Iterator[Rows]]


class RowFiles:
    """Reads files of one source one after the other.

    Args:
        unit: what a row is: the unit of the rejects.
        roles: what its columns may be for.
        named: columns the options name.
        rejects: takes what cannot be read.
        threads: blocks read at a time.
        known: tells the columns of a table without a header from its first rows, if it knows the layout; with it,
            lines of a user and all their tracks are read too.
        of_json: reads a file of JSON, where that may be one.
    """

    def __init__(
        self,
        unit: str,
        roles: Roles,
        named: Named,
        rejects: Rejects,
        threads: int | None,
        known: KnownLayout | None = None,
        of_json: JsonRows | None = None,
    ) -> None:
        self._unit, self._roles, self._named = unit, roles, named
        self._known, self._of_json = known, of_json
        self._rejects, self._threads, self._told = rejects, threads, ""
        self.sound = 0

    def read(self, files: Iterable[Path]) -> Iterator[tuple[str, Rows]]:
        """Yield the rows of every file with its base name."""
        sizes = {file: file.stat().st_size for file in files if self._is_there(file)}
        with progress.bar("reading", sum(sizes.values()), in_bytes=True) as advance:
            for file in sizes:
                for rows in self._rows(file, advance):
                    yield shown(file.name), rows

    def _is_there(self, file: Path) -> bool:
        if not file.exists():
            self._rejects.add(shown(file.name), Reject("files", 0, "the link leads nowhere", ""))
        return file.exists()

    def _rows(self, file: Path, advance: Callable[[int], None]) -> Iterator[Rows]:
        with open_bytes(file) as binary:
            magic = binary.read(len(_parquet_rows.MAGIC)) if file.is_file() else b""
        if magic == _parquet_rows.MAGIC:
            with closing(_parquet_rows.opened_parquet(file)) as parquet:
                columns = of_header(shown(file), parquet.schema_arrow.names, self._roles, self._named)
                self._tell(file, columns)
                yield from _parquet_rows.read(file, parquet, columns)
            advance(file.stat().st_size)
            self.sound += 1
            return
        with opened(file) as blocks:
            yield from self._text_rows(file, blocks, lambda: advance(blocks.input_advance()))
            if blocks.damage:
                self._rejects.add(shown(file.name), Reject("files", blocks.position, blocks.damage, ""))
            self.sound += blocks.damage is None

    def _text_rows(self, file: Path, blocks: Blocks, tick: Callable[[], None]) -> Iterator[Rows]:
        begin = _delimited.head(blocks)
        if self._of_json and begin.lstrip()[:1] in (b"{", b"["):
            yield from self._of_json(blocks, self._unit, tick, self._threads)
            return
        written = _delimited.dialect(begin)
        if written is None:
            return
        columns = self._columns(file, written)
        self._tell(file, columns or "a user and all of their tracks a line")
        yield from _delimited.read(blocks, written, columns, self._unit, tick, self._threads)

    def _columns(self, file: Path, written: _delimited.Dialect) -> Columns | None:
        """Return what the columns of a table in text are; None for lines of a user and all their tracks."""
        if not any(self._named.values()) and self._known is not None:
            columns = self._known(written.rows)
            if columns or written.is_adjacency:
                return columns
        return guess(shown(file), written.rows, self._roles, self._named)

    def _tell(self, file: Path, columns: Columns | str) -> None:
        """Report how a file is read, once for files that are alike."""
        if str(columns) != self._told:
            self._told = str(columns)
            progress.say(f"{shown(file.name)}: {columns}")


def find(paths: Iterable[Path], more: tuple[str, ...] = ()) -> list[Path]:
    """Return the files named, and those in the folders named whose suffix is one of a table, or of `more`.

    Raises:
        InputError: there is no such path, it may not be read, or a folder holds nothing of use.
    """
    suffixes = _SUFFIXES + more
    kinds = ", ".join(f"*{suffix}" for suffix in suffixes)

    def fits(name: str) -> bool:
        plain = name.lower()
        for packed in _PACKED:
            plain = plain.removesuffix(packed)
        return plain.endswith(suffixes)

    return find_files(paths, fits, f"{kinds} (or .gz, .zst)")
