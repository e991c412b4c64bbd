"""A table of playlists, one row per entry: CSV, TSV, JSON lines or Parquet, its columns named or guessed."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.errors import InputError, shown
from pairmine.progress import say
from pairmine.sources import _delimited, _json_rows, _parquet_rows
from pairmine.sources._blocks import Blocks, opened
from pairmine.sources._column_roles import Columns, Named, Role, guess, of_header
from pairmine.sources._json_objects import MOST
from pairmine.sources._playlist_rows import PlaylistSpool
from pairmine.sources._records import Reject
from pairmine.sources._rows import Rows, checked, excerpt

# The names that published tables give their columns, compared by letters and digits only; the first that is there.
ROLES = {
    "playlist": Role(("playlistid", "playlisturi", "pid", "plylstid", "mixid", "playlist", "playlistname"), True),
    "track": Role(
        ("trackid", "trackuri", "tid", "songid", "songuri", "spotifyid", "isrc", "uri", "url", "file", "path",
         "location", "filename", "track", "song"),
        True,
    ),
    "position": Role(("position", "pos", "trackposition", "trackindex", "tracknumber", "place", "index", "order")),
    "title": Role(("title", "trackname", "tracktitle", "songname", "songtitle", "name")),
    "artist": Role(("artist", "artistname", "artistnames", "artists", "creator", "performer")),
    "album": Role(("album", "albumname", "albumtitle", "release", "releasename")),
    "duration": Role(("durationms", "trackdurationms", "lengthms", "duration", "length", "seconds")),
    "playlist_title": Role(("playlisttitle", "playlistname", "plylsttitle", "mixname")),
}  # fmt: skip
UNIT = "entries"
_REQUIRED = {role: role for role, wanted in ROLES.items() if wanted.required}
_SECOND = 1000  # milliseconds
_MILLISECONDS = ("ms", "msec", "millis", "milliseconds")
_WHOLE = re.compile(r"(\d{1,10})(?:\.0*)?")
_NUMBER = re.compile(r"\d{1,12}(?:\.\d*)?")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]?\d(?:\.\d*)?)")


def read_table(
    path: Path,
    part: int,
    named: Named,
    spool: PlaylistSpool,
    reject: Callable[[Reject], None],
    tick: Callable[[int], None],
    threads: int | None,
) -> Counter[str]:
    """Lay down the rows of one file in `spool`, tell on stderr what its columns were taken for.

    Args:
        path: the file; plain, gzip or zstd.
        part: its number.
        named: the column of each role that an option names.
        spool: takes the rows.
        reject: called with every reject; positions are numbers of rows from 1, the header's among them.
        tick: called with the bytes of the file read since the last call.
        threads: of the parser.

    Returns:
        How many rows were skipped by each rule.

    Raises:
        UsageError: an option names a column that is not there.
        InputError: there is no column of playlists or tracks, or the file cannot be read at all.
    """
    skipped: Counter[str] = Counter()
    for columns, rows in _rows(path, named, tick, threads):
        sound, _ = checked(rows, UNIT, _REQUIRED)
        skipped += sound.skipped
        for each in sound.rejects:
            reject(each)
        spool.add_table("rows", _entries(sound, columns, part, reject))
    return skipped


def _rows(path: Path, named: Named, tick: Callable[[int], None], threads: int | None) -> Iterator[tuple[Columns, Rows]]:
    with opened(path) as blocks:
        begin = _delimited.head(blocks)
        if begin.startswith(_parquet_rows.MAGIC):
            yield from _of_parquet(path, named)
        elif begin.lstrip().startswith(b"{"):
            yield from _of_json(blocks, named, tick)
        else:
            yield from _of_text(blocks, begin, named, tick, threads)
        tick(blocks.input_advance())
        if blocks.damage is not None:
            raise InputError(f"the compressed data is damaged ({blocks.damage}): what follows is lost")


def _of_text(
    blocks: Blocks, begin: bytes, named: Named, tick: Callable[[int], None], threads: int | None
) -> Iterator[tuple[Columns, Rows]]:
    dialect = _delimited.dialect(begin)
    if dialect is None:
        raise InputError(f"{shown(blocks.path)} is empty")
    columns = guess(blocks.path.name, dialect.rows, ROLES, named)
    if columns.header is None and dialect.fields > len(_REQUIRED) and not all(named.get(role) for role in _REQUIRED):
        raise InputError(
            f"{shown(blocks.path)}: which columns are playlist and track? name them with --playlist and --track (by "
            f"number, from 1, where there is no header); its first row: {', '.join(dialect.rows[0])}"
        )
    if dialect.is_adjacency:
        raise InputError(f"{shown(blocks.path)}: its columns are not separated by tabs, commas, semicolons or bars")
    _tell(blocks.path, columns)
    for rows in _delimited.read(blocks, dialect, columns, UNIT, lambda: tick(blocks.input_advance()), threads):
        yield columns, rows


def _of_json(blocks: Blocks, named: Named, tick: Callable[[int], None]) -> Iterator[tuple[Columns, Rows]]:
    columns, before = None, 0
    for body in _delimited.bodies(blocks, False, lambda: tick(blocks.input_advance())):
        lines = body.splitlines()
        if columns is None:
            columns = of_header(blocks.path.name, _json_rows.header(lines), ROLES, named)
            _tell(blocks.path, columns)
        yield columns, _json_rows.rows(lines, columns, UNIT).shifted(before)
        before += len(lines)


def _of_parquet(path: Path, named: Named) -> Iterator[tuple[Columns, Rows]]:
    file = _parquet_rows.opened_parquet(path)
    schema = file.schema_arrow
    columns = of_header(path.name, schema.names, ROLES, named)
    for role, places in columns.places.items():
        if any(pa.types.is_nested(schema.types[place]) for place in places):
            raise InputError(f"{shown(path)}: {role} is a {schema.types[places[0]]}: unnest it, one row per entry")
    _tell(path, columns)
    for rows in _parquet_rows.read(path, file, columns):
        yield columns, rows


def _tell(path: Path, columns: Columns) -> None:
    say(f"{shown(path.name)}: {columns}")


def _entries(rows: Rows, columns: Columns, part: int, reject: Callable[[Reject], None]) -> pa.Table:
    """Return sound rows as they are laid down."""
    texts = {role: column for role, column in rows.columns.items() if role not in ("position", "duration")}
    table = {name: pc.if_else(pc.equal(column, ""), None, column) for name, column in texts.items()}
    table["row"] = pa.array(rows.positions)
    table["part"] = pa.array(np.full(rows.positions.size, part))
    if "position" in rows.columns:
        table["position"] = _numbers(rows, "position", 1, _whole, reject)
    if "duration" in rows.columns:
        name = columns.header[columns.places["duration"][0]] if columns.header else ""
        unit, parse = (1, _milliseconds) if name.lower().endswith(_MILLISECONDS) else (_SECOND, _seconds)
        table["duration_ms"] = _numbers(rows, "duration", unit, parse, reject)
    return pa.table(table)


def _numbers(
    rows: Rows, role: str, unit: int, parse: Callable[[str], int | None], reject: Callable[[Reject], None]
) -> pa.Array:
    """Return a column as numbers; what is none is told and left out.

    Args:
        rows: sound rows.
        role: the column's.
        unit: what one stands for, in a whole number without sign.
        parse: reads all other texts.
        reject: called with every text that is none.
    """
    texts = pl.Series(pl.from_arrow(rows.columns[role]))
    whole = texts.cast(pl.Int64, strict=False)
    is_plain = whole.is_between(0, MOST).fill_null(False)
    others = texts.filter(~is_plain & (texts != "")).unique().to_list()
    parsed = {text: parse(text) for text in others} | {"": None}
    said = texts.replace_strict(parsed, default=None, return_dtype=pl.Int64)
    for row in (~is_plain & said.is_null() & (texts != "")).arg_true().to_list():
        reason = f"{role}: not understood, the row is taken without"
        reject(Reject("fields", int(rows.positions[row]), reason, excerpt(texts[row])))
    return (whole * unit).set(~is_plain, None).fill_null(said).to_arrow()


def _whole(text: str) -> int | None:
    """Return a whole number, also written as 3.0."""
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found and int(found[1]) <= MOST else None


def _milliseconds(text: str) -> int | None:
    return round(float(text)) if _NUMBER.fullmatch(text) else None


def _seconds(text: str) -> int | None:
    """Return the milliseconds of 215, 215.3, 3:35 or 1:03:35."""
    if _NUMBER.fullmatch(text):
        return round(_SECOND * float(text))
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = found.groups()
    return round(_SECOND * (3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)))
