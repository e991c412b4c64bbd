"""dim-sim: triplets of 3 s clips of the Million Song Dataset, judged by people; the clean version has 879.

J. Lee, N. J. Bryan, J. Salamon, Z. Jin, J. Nam, *Disentangled multidimensional metric learning for music similarity*,
ICASSP 2020. `clean-dim-sim.csv`: anchor_id, anchor_start_seconds, song1_id, song1_start_seconds, song2_id,
song2_start_seconds, song1_vote and perhaps song2_vote. The song with more votes is the nearer one; without
song2_vote, song1_vote is 1 where song1 is nearer and 0 where song2 is.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.keys import annotation_key

Ints = npt.NDArray[np.int64]

FILE = "clean-dim-sim.csv"
PUBLISHED = 879
SECONDS = 3
PLACES = ("anchor", "song1", "song2")

Clip = tuple[str, float]


@dataclass(frozen=True, eq=False)
class Triplets:
    """T triplets of C clips; the clips are sorted by key, in byte order, and start.

    Attributes:
        clips: (C,) key of the track, start in seconds.
        anchor_T: which clip is the anchor.
        positive_T: which people found nearer to it.
        negative_T: which they found farther.
        undecided: triplets left out because both songs had as many votes.
        file: what was read.
        other_counts: how many there are, where that is not as published; else "".
    """

    clips: tuple[Clip, ...]
    anchor_T: Ints
    positive_T: Ints
    negative_T: Ints
    undecided: int
    file: Path
    other_counts: str = ""


def read(data: Path, *, allow_other_counts: bool = False) -> Triplets:
    """Read the triplets from a file, or from clean-dim-sim.csv below a folder.

    Args:
        data: the folder or the file.
        allow_other_counts: take another number of triplets than published.

    Raises:
        InputError: the file is missing or cannot be read, a column or a value is, or there are not 879 triplets.
    """
    file = data if data.is_file() else _files.find(data, FILE)
    rows = [_triplet(file, line, cells) for line, cells in _cells(file)]
    if not rows or (len(rows) != PUBLISHED and not allow_other_counts):
        mend = "take the published file, or pass --allow-other-counts"
        raise InputError(f"{shown(file)}: {len(rows):,} triplets, but {PUBLISHED} were published: {mend}")
    decided = [row for row in rows if row is not None]
    if not decided:
        raise InputError(f"{shown(file)}: no triplet is decided by its votes: take the published file")
    clips = sorted({clip for row in decided for clip in row}, key=lambda clip: (clip[0].encode(), clip[1]))
    place_of = {clip: place for place, clip in enumerate(clips)}
    anchor_T, positive_T, negative_T = np.array([[place_of[clip] for clip in row] for row in decided]).T
    other = "" if len(rows) == PUBLISHED else f"triplets {len(rows):,}, not {PUBLISHED}"
    return Triplets(tuple(clips), anchor_T, positive_T, negative_T, len(rows) - len(decided), file, other)


def _cells(file: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows by column, each with its line."""
    needed = [f"{place}_{what}" for place in PLACES for what in ("id", "start_seconds")] + ["song1_vote"]
    rows = _files.table(file)
    line, header = next(rows, (1, []))
    if missing := [column for column in needed if column not in header]:
        raise _files.malformed(file, line, f"no column {missing[0]}")
    found = []
    for line, row in rows:
        if len(row) != len(header):
            raise _files.malformed(file, line, f"{len(row)} cells under {len(header)} columns")
        found.append((line, dict(zip(header, row, strict=True))))
    return found


def _triplet(file: Path, line: int, cells: dict[str, str]) -> tuple[Clip, Clip, Clip] | None:
    """Return anchor, nearer and farther clip; None if the votes do not tell."""
    anchor, song1, song2 = (_clip(file, line, cells, place) for place in PLACES)
    for1 = _number(file, line, cells, "song1_vote")
    for2 = _number(file, line, cells, "song2_vote") if "song2_vote" in cells else 1 - for1
    if "song2_vote" not in cells and for1 not in (0, 1):
        raise _files.malformed(file, line, f"song1_vote is {shown(cells['song1_vote'])}, not 0 or 1")
    if for1 == for2:
        return None
    return (anchor, song1, song2) if for1 > for2 else (anchor, song2, song1)


def _clip(file: Path, line: int, cells: dict[str, str], place: str) -> Clip:
    key = annotation_key(cells[f"{place}_id"].strip())
    if not key:
        raise _files.malformed(file, line, f"{place}_id is empty")
    return key, _number(file, line, cells, f"{place}_start_seconds")


def _number(file: Path, line: int, cells: dict[str, str], column: str) -> float:
    try:
        number = float(cells[column])
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise _files.malformed(file, line, f"{column} is {shown(cells[column])!r}, no number from 0 up")
    return number
