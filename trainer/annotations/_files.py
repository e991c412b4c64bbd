"""Published files: found by name below a folder, read plain or gzipped, every fault one line with the file's name."""

import codecs
import csv
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from pairmine.errors import InputError, shown

LONGEST_LINE = 1 << 20
LARGEST_BYTES = 1 << 29  # of files that are read whole


def find(data: Path, name: str, within: str = "") -> Path:
    """Return the file of that name, or name.gz, below a folder; of several the one below a folder called `within`.

    Raises:
        InputError: there is none, or there are several.
    """
    found = find_any(data, name, within)
    if found is None:
        raise InputError(f"{shown(data)}: no {name} or {name}.gz in it or below: put the published file there")
    return found


def find_any(data: Path, name: str, within: str = "") -> Path | None:
    """Return what `find` returns; None if there is none.

    Raises:
        InputError: there are several, or `data` is no folder.
    """
    if not data.is_dir():
        wrong = "is a file: name the folder it is in" if data.exists() else "no such folder: check --data"
        raise InputError(f"{shown(data)}: {wrong}")
    found = sorted(
        Path(place, file) for place, _, files in os.walk(data) for file in (name, f"{name}.gz") if file in files
    )
    found = [path for path in found if path.suffix != ".gz" or path.with_suffix("") not in found]
    if within and any(within in path.parts for path in found):
        found = [path for path in found if within in path.parts]
    if len(found) > 1:
        raise InputError(f"{shown(data)}: {shown(found[0])} and {shown(found[1])}: name the folder of one of them")
    return found[0] if found else None


@contextmanager
def faults_named(file: Path) -> Iterator[None]:
    """Turn what can go wrong in reading a file into an error of one line with its name.

    Raises:
        InputError: the file cannot be read, is cut short or damaged, is no UTF-8, or is no CSV.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise InputError(
            f"{shown(file)}, line {_line_that_is_not_utf8(file)}: not UTF-8: take the published file, or convert it"
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{shown(file)}: damaged or cut short ({error}): download it again") from error
    except csv.Error as error:
        raise InputError(f"{shown(file)}: no table: {error}: take the published file") from error
    except OSError as error:
        raise InputError(f"{shown(file)}: cannot be read: {error.strerror}: check the file") from error


def _line_that_is_not_utf8(file: Path) -> int:
    """Return the number of the first line that is no UTF-8: a decoder tells only where in its buffer it stopped."""
    number, decoder = 1, codecs.getincrementaldecoder("utf-8")()
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        while piece := stream.readline(LONGEST_LINE):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                break
            number += piece.endswith(b"\n")
    return number


def content(file: Path) -> bytes:
    """Return the bytes of a file, unpacked.

    Raises:
        InputError: it cannot be read, or holds more than annotations ever do.
    """
    with faults_named(file), gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
        data = bytes(stream.read(LARGEST_BYTES + 1))
    if len(data) > LARGEST_BYTES:
        raise InputError(f"{shown(file)}: over {LARGEST_BYTES >> 20} MiB unpacked: no file of annotations")
    return data


@contextmanager
def text(file: Path) -> Iterator[TextIO]:
    """Open a text file: UTF-8 with or without a byte order mark; CRLF, CR and LF end a line.

    Raises:
        InputError: reading it fails, here or while it is open.
    """
    with faults_named(file):
        opener: Callable[..., TextIO] = gzip.open if file.suffix == ".gz" else open
        with opener(file, "rt", encoding="utf-8-sig", newline=None) as stream:
            yield stream


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text file that are not empty, with their numbers.

    Raises:
        InputError: it cannot be read, or a line is longer than any of published files.
    """
    with text(file) as stream:
        number = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise InputError(f"{shown(file)}, line {number}: longer than {LONGEST_LINE:,} letters: no such file")
            if line := line.removesuffix("\n"):
                yield number, line


def table(file: Path, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a table that are not empty, with the number of the line they end on; fields may be quoted.

    Raises:
        InputError: it cannot be read.
    """
    with text(file) as stream:
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
        for row in reader:
            if row:
                yield reader.line_num, row


def malformed(file: Path, line: int, wrong: str) -> InputError:
    """Return the error of a row that is not in the published form."""
    return InputError(f"{shown(file)}, line {line}: {wrong}: take the published file")
