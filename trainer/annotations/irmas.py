"""IRMAS: excerpts with their predominant instruments; 6,705 of 3 s with one to train on, 2,874 with several to test on.

J. J. Bosch, J. Janer, F. Fuhrmann, P. Herrera: A comparison of sound segregation techniques for predominant instrument
recognition in musical audio signals. ISMIR 2012. Tables of labels: github.com/Veleslavia/EUSIPCO2017.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from trainer.annotations import _files
from trainer.annotations._annotations import Annotations, Row, gather

INSTRUMENTS = ("cel", "pia", "vio", "cla", "org", "gac", "tru", "flu", "sax", "gel", "voi")
INSTRUMENT_OF = {str(number): instrument for number, instrument in enumerate(INSTRUMENTS)}
TRAIN_NAME = re.compile(r"(?:\d+__)?\[(?P<instrument>[a-z]{3})\](?:\[[^\]]+\])+(?P<song>\d+)__\d\.wav")
TEST_NAME = re.compile(r"(?P<song>.+)-\d+\.wav")


class Part(StrEnum):
    """The two parts of the data set."""

    train = "train"
    test = "test"


PUBLISHED = {Part.train: {"train": 6_705}, Part.test: {"test": 2_874}}


def read(data: Path, part: Part = Part.train, *, folders: bool = True, allow_other_counts: bool = False) -> Annotations:
    """Read `irmas_train_meta.csv` or `irmas_test_meta.csv`; groups are songs.

    Keys of the training part are paths in it (`cel/[cel][cla]0019__3`), or without `folders` names as in its table
    (`[cel][cla]0019__3`); of the test part names, since its table knows no folders. A song of the training part is the
    number before `__`; the twelve numbers that files with and without a leading counter share are taken for one song
    each. 36 names of the test part are UTF-8 once read as code page 866; they are put right.

    Raises:
        InputError: the file is missing, not in the published form, or has other counts than published.
    """
    file = _files.find(data, f"irmas_{part}_meta.csv")
    return gather(
        f"IRMAS, {part} part",
        _train_rows(file, folders) if part == Part.train else _test_rows(file),
        [file],
        classes=INSTRUMENTS,
        published=PUBLISHED[part],
        allow_other_counts=allow_other_counts,
    )


def _train_rows(file: Path, folders: bool) -> Iterator[Row]:
    for number, name, labels in _cells(file):
        found = TRAIN_NAME.fullmatch(name)
        if found is None or labels != [found["instrument"]]:
            raise _files.malformed(file, number, "expected a name such as [cel][cla]0019__3.wav and its one class")
        yield Row(f"{labels[0]}/{name}" if folders else name, labels, "train", group=found["song"])


def _test_rows(file: Path) -> Iterator[Row]:
    for number, name, labels in _cells(file):
        name = _ungarbled(name)
        found = TEST_NAME.fullmatch(name)
        if found is None:
            raise _files.malformed(file, number, "expected a name such as 'The Failure-18.wav'")
        yield Row(name, labels, "test", group=found["song"])


def _cells(file: Path) -> Iterator[tuple[int, str, list[str]]]:
    """Yield line, file name and instruments of each row `name,"0 2 10"`."""
    for number, cells in _files.table(file):
        classes = cells[1].split() if len(cells) == 2 else []
        if not classes or not all(label in INSTRUMENT_OF for label in classes):
            raise _files.malformed(file, number, f"expected a name and class numbers of 0 to {len(INSTRUMENTS) - 1}")
        yield number, cells[0], [INSTRUMENT_OF[label] for label in classes]


def _ungarbled(name: str) -> str:
    """Return a name as it was: a published one is UTF-8 that was read as code page 866."""
    try:
        return name.encode("cp866").decode()
    except UnicodeError:
        return name
