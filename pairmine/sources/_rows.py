"""Rows of tables of listens or edges as columns by role, and the rules every row must pass to be taken."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.sources._records import Reject

Bools = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]

COUNT_MAX = 2**31 - 1
EXCERPT_CHARACTERS = 80
EMPTY = "empty"
NO_TEXT = "NUL bytes, bytes that are not UTF-8, or a line of over 16 MiB"
_BROKEN = "a line break within an id: a quote that does not end?"
NO_COUNT = f"the count is no whole number from 1 to {COUNT_MAX}"
_LOOP = "both ends are the same"


@dataclass
class Rows:
    """Rows of one file: strings by role (user, track, title …), and the rows' numbers in the file, from 1.

    `size` counts all rows met, those in `rejects` and `skipped` too.
    """

    columns: dict[str, pa.Array]
    positions: Int64s
    size: int
    rejects: list[Reject] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def shifted(self, before: int) -> "Rows":
        """Return the rows as they stand behind so many others."""
        rejects = [reject._replace(position=reject.position + before) for reject in self.rejects]
        return Rows(self.columns, self.positions + before, self.size, rejects, self.skipped)


def clean(column: pa.Array) -> pa.Array:
    """Return texts without blanks around them; "" stands for none."""
    return pc.ascii_trim_whitespace(pc.fill_null(column, ""))


def first_of(columns: list[pa.Array]) -> pa.Array:
    """Return in each row the first of several columns that says something."""
    result = columns[0]
    for column in columns[1:]:
        result = pc.if_else(pc.equal(result, ""), column, result)
    return result


def checked(rows: Rows, unit: str, required: dict[str, str]) -> tuple[Rows, Int64s]:
    """Return the rows that are sound, the others among the rejects, and the sound rows' counts (1 without a column).

    Args:
        rows: cleaned strings.
        unit: what a row is: the unit of the rejects.
        required: roles that must not be empty, and how to call what is missing. Two of them that are the ends of
            an edge (`track_a`, `track_b`) must differ.
    """
    everything = rows.positions.size
    blank = np.ones(everything, np.bool_)
    why = np.zeros(everything, np.int64)
    reasons = [""]

    def reject(bad: Bools, reason: str) -> None:
        why[bad & (why == 0)] = len(reasons)
        reasons.append(reason)

    for column in rows.columns.values():
        blank &= _mask(pc.equal(column, ""))
        reject(_mask(pc.match_substring(column, "\0")), NO_TEXT)
    for role, name in required.items():
        reject(_mask(pc.equal(rows.columns[role], "")), f"no {name}")
        reject(_mask(pc.match_substring(rows.columns[role], "\n")), _BROKEN)
    counts = np.ones(everything, np.int64)
    if "count" in rows.columns:
        counts = _counts(rows.columns["count"])
        reject(counts == 0, NO_COUNT)
    if "track_a" in required:
        reject(_mask(pc.equal(rows.columns["track_a"], rows.columns["track_b"])), _LOOP)
    why[blank] = 0
    bad = np.flatnonzero(why)
    told = [Reject(unit, int(rows.positions[row]), reasons[why[row]], _excerpt(rows, row)) for row in bad.tolist()]
    sound = (why == 0) & ~blank
    skipped = rows.skipped + Counter({EMPTY: int(blank.sum())})
    if sound.all():
        return Rows(rows.columns, rows.positions, rows.size, rows.rejects + told, skipped), counts
    columns = {role: column.filter(pa.array(sound)) for role, column in rows.columns.items()}
    return Rows(columns, rows.positions[sound], rows.size, rows.rejects + told, skipped), counts[sound]


def _mask(flags: pa.Array) -> Bools:
    return np.asarray(flags.to_numpy(zero_copy_only=False), np.bool_)


def _counts(column: pa.Array) -> Int64s:
    """Return the counts, 0 for those that may not be: 3, 3.0 and 3e0 are three, 2.5 is none."""
    texts = pl.Series(pl.from_arrow(column))
    whole = texts.cast(pl.Int64, strict=False)
    if whole.null_count():
        numbers = texts.cast(pl.Float64, strict=False)
        numbers = numbers.set((numbers != numbers.floor()) | numbers.is_nan() | (numbers.abs() > COUNT_MAX), None)
        whole = whole.fill_null(numbers.cast(pl.Int64, strict=False))
    values = whole.fill_null(0).to_numpy()
    return np.where((values < 1) | (values > COUNT_MAX), 0, values)


def _excerpt(rows: Rows, row: int) -> str:
    return excerpt(", ".join(str(column[row]) for column in rows.columns.values()))


def excerpt(text: str) -> str:
    """Return how a row begins, without what no text may hold."""
    return text[:EXCERPT_CHARACTERS].replace("\0", "\N{REPLACEMENT CHARACTER}")
