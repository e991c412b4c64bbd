"""How alike two tracks are: a score in [0, 1], made of how alike their names are, and what duration and album say.

    names  = title · artist                                   similarities in [0, 1]
    doubt  = (1 − names) · (½ if durations agree to 2 s) · (0.8 if the albums are equal)
    score  = (1 − doubt) · (1 − 0.4 · lateness)               lateness: 0 at 2 s or unknown, rising to 1 at 15 s apart

A greater similarity never lowers it, nor does a smaller gap between two known durations.

Texts that are not equal are compared by optimal string alignment (a letter more, less, other, or two swapped) over code
points. That forgives typing errors; a whole word more or another is none, and counts 0.6 of that, an error in a word of
two or three letters 0.8, a plural 0.87 (`typing_factor`). Marks (kinds of version, numbers) are equal in all
candidates. Where one title names its version in more detail ("Live", "Live at Wembley"), or both name another, it
counts less. A title such as "Intro" says little: without equal album or near duration it counts 0.75.

Artists: 1 if they are the same set of names, 0.97 if one credits one or two more, 0.82 if they share some or an alias,
0.76 if these are fewer than half of a list of four or more (ten composers of one title: near duration or equal album
must say more), 0.9 if "J. Smith" stands for "John Smith"; else as texts.
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
SOME_NAMES = np.float32(0.82)
AGREEMENT = np.array([0.0, 0.76, SOME_NAMES, 0.97, 1.0], np.float32)
INITIALS = 0.9
DETAIL_MISSING = 0.85
COMMON_TITLE = 0.75
OTHER_WORD, SHORT_WORD, PLURAL = 0.6, 0.8, 0.87
HOPELESS = 0.5


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
    written = pc.not_equal(evidence["left_artist"], evidence["right_artist"]).to_numpy()
    unlike = np.flatnonzero(written & (artist <= SOME_NAMES))
    artist[unlike] = np.maximum(artist[unlike], _artists(evidence.take(pa.array(unlike)), threads))
    doubt = (1 - title * artist) * np.where(near, 0.5, 1) * np.where(album, 0.8, 1)
    late = np.clip((gap - NEAR_MS) / (FAR_MS - NEAR_MS), 0, 1)
    return Scores(((1 - doubt) * (1 - LATE * late)).astype(np.float32), title, artist)


def _alike(left: pa.ChunkedArray, right: pa.ChunkedArray, threads: int) -> Floats:
    """Return how alike two columns of folded texts are, row by row; 1 where equal."""
    result = np.ones(len(left), np.float32)
    unequal = np.flatnonzero(pc.not_equal(left, right).to_numpy())
    lefts, rights = (column.take(pa.array(unequal)).to_pylist() for column in (left, right))
    scorer = distance.OSA.normalized_similarity
    aligned = process.cpdist(lefts, rights, scorer=scorer, workers=threads, dtype=np.float32)
    for i in np.flatnonzero(aligned >= HOPELESS):
        aligned[i] *= typing_factor(lefts[i], rights[i])
    result[unequal] = aligned
    return result


def typing_factor(left: str, right: str) -> float:
    """Return 1 if the words in which two texts differ can be one word typed twice, else how much less they count.

    Words may be joined or parted; an error in each five letters is allowed, one in words of four. In shorter ones an
    error may make another word, and a plural is one.
    """
    lefts, rights = left.split(), right.split()
    here = "".join(word for word in lefts if word not in rights)
    there = "".join(word for word in rights if word not in lefts)
    longer = max(len(here), len(there))
    errors = max(1, longer // 5)
    if longer < 2 or distance.OSA.distance(here, there, score_cutoff=errors) > errors:
        return OTHER_WORD
    if here != there and here.rstrip("s") == there.rstrip("s"):
        return PLURAL
    return SHORT_WORD if longer < 4 and here != there else 1.0


def _detail(evidence: pa.Table, threads: int) -> Floats:
    """Return what the details of the versions leave of the titles' similarity."""
    left, right = evidence["left_detail"], evidence["right_detail"]
    alike = _alike(left, right, threads)
    missing = pc.xor(pc.equal(left, ""), pc.equal(right, "")).to_numpy()
    return np.where(missing, np.float32(DETAIL_MISSING), alike)


def _artists(evidence: pa.Table, threads: int) -> Floats:
    """Return how alike artists without a name in common are."""
    left, right = evidence["left_artist"], evidence["right_artist"]
    result = _alike(left, right, threads)
    short = pc.or_(pc.match_substring_regex(left, r"^\pL "), pc.match_substring_regex(right, r"^\pL "))
    for i in np.flatnonzero(short.to_numpy()):
        if same_but_initials(left[i].as_py(), right[i].as_py()):
            result[i] = max(result[i], INITIALS)
    return result


def same_but_initials(left: str, right: str) -> bool:
    """Return whether two names have the same words, but that the first may be an initial: "j smith", "john smith"."""
    (first, _, rest), (other, _, others) = left.partition(" "), right.partition(" ")
    return bool(rest) and rest == others and first[:1] == other[:1] and 1 in (len(first), len(other))
