"""How alike two tracks are: a score in [0, 1], made of how alike their names are, and what duration and album say.

    names  = title · artist                                   similarities in [0, 1]
    doubt  = (1 − names) · (½ if durations agree to 2 s) · (0.8 if the albums are equal)
    score  = (1 − doubt) · (1 − 0.4 · lateness)               lateness: 0 at 2 s or unknown, rising to 1 at 15 s apart

A greater similarity never lowers it, nor does a smaller gap between two known durations. Titles are compared by optimal
string alignment (typing errors: a letter more, less, other, or two swapped) over code points; equal marks are a
precondition (`names.py`). Where one names a version in more detail ("Live", "Live at Wembley"), or both name another,
the title counts less. Artists: 1 if equal or the same set of names; 0.97 if one credits more names; 0.85 if they share
some or an alias; else by alignment. A title such as "Intro" says little: without equal album or duration it counts 0.8.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import distance, process

Floats = npt.NDArray[np.float32]

NEAR_MS, FAR_MS = 2_000, 15_000
LATE = 0.4
AGREEMENT = np.array([0.0, 0.85, 0.97, 1.0], np.float32)
DETAIL_MISSING = 0.85
COMMON_TITLE = 0.8


@dataclass(frozen=True)
class Scores:
    """Scores of candidates and what they are made of; one value a candidate."""

    score: Floats
    title: Floats
    artist: Floats


def score(evidence: pa.Table, threads: int) -> Scores:
    """Score candidates, a table as `sql/linking/evidence.sql` returns it."""
    title = _alike(evidence["left_core"], evidence["right_core"], threads)
    title *= _detail(evidence, threads)
    gap = evidence["gap_ms"].to_numpy()
    album = evidence["same_album"].to_numpy()
    near = (gap >= 0) & (gap <= NEAR_MS)
    title[evidence["common"].to_numpy() & ~near & ~album] *= COMMON_TITLE
    artist = AGREEMENT[evidence["names_agree"].to_numpy()]
    unlike = np.flatnonzero(artist < 1)
    artist[unlike] = np.maximum(artist[unlike], _artists(evidence.take(pa.array(unlike)), threads))
    doubt = (1 - title * artist) * np.where(near, 0.5, 1) * np.where(album, 0.8, 1)
    late = np.clip((gap - NEAR_MS) / (FAR_MS - NEAR_MS), 0, 1)
    return Scores(((1 - doubt) * (1 - LATE * late)).astype(np.float32), title, artist)


def _alike(left: pa.ChunkedArray, right: pa.ChunkedArray, threads: int) -> Floats:
    """Return how alike two columns of texts are, row by row; 1 where equal."""
    result = np.ones(len(left), np.float32)
    unequal = np.flatnonzero(pc.not_equal(left, right).to_numpy())
    rows = pa.array(unequal)
    result[unequal] = process.cpdist(
        left.take(rows).to_pylist(),
        right.take(rows).to_pylist(),
        scorer=distance.OSA.normalized_similarity,
        workers=threads,
        dtype=np.float32,
    )
    return result


def _detail(evidence: pa.Table, threads: int) -> Floats:
    """Return what the details of the versions leave of the titles' similarity."""
    left, right = evidence["left_detail"], evidence["right_detail"]
    alike = _alike(left, right, threads)
    missing = pc.xor(pc.equal(left, ""), pc.equal(right, "")).to_numpy()
    return np.where(missing, np.float32(DETAIL_MISSING), alike)


def _artists(evidence: pa.Table, threads: int) -> Floats:
    return _alike(evidence["left_artist"], evidence["right_artist"], threads)
