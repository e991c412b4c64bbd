"""GTZAN: 1,000 excerpts of 30 s, ten genres; the fault-filtered split, which keeps repeats and artists apart.

G. Tzanetakis, P. Cook: Musical genre classification of audio signals. IEEE TSAP 2002. Fault-filtered: C. Kereliuk,
B. Sturm, J. Larsen: Deep learning and music adversaries. IEEE TMM 2015 (github.com/coreyker/dnn-mgr).
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from trainer.annotations import _files
from trainer.annotations._annotations import SPLITS, Annotations, Row, gather

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


class Split(StrEnum):
    """The published splits; stratified ones have artists and repeats on both sides."""

    filtered = "filtered"
    stratified = "stratified"


PUBLISHED = {
    Split.filtered: {"train": 443, "valid": 197, "test": 290},
    Split.stratified: {"train": 500, "valid": 250, "test": 250},
}


def read(data: Path, split: Split = Split.filtered, *, allow_other_counts: bool = False) -> Annotations:
    """Read `{train,valid,test}_{filtered,stratified}.txt`. Keys are paths (`blues/blues.00029`).

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than published.
    """
    files = {part: _files.find(data, f"{part}_{split}.txt") for part in SPLITS}
    return gather(
        f"GTZAN, {'fault-filtered' if split == Split.filtered else 'stratified'}",
        (row for part, file in files.items() for row in _rows(file, part)),
        files.values(),
        classes=GENRES,
        published=PUBLISHED[split],
        allow_other_counts=allow_other_counts,
    )


def _rows(file: Path, split: str) -> Iterator[Row]:
    for number, line in _files.lines(file):
        genre, slash, name = line.strip().partition("/")
        if genre not in GENRES or not name.startswith(f"{genre}."):
            raise _files.malformed(file, number, "expected a path such as blues/blues.00029.wav")
        yield Row(f"{genre}{slash}{name}", (genre,), split)
