"""What annotations are, whatever file they came from: tracks with their classes, in the byte order of keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError, shown
from trainer.keys import annotation_key

Ints = npt.NDArray[np.int64]
SPLITS = ("train", "valid", "test")
LONGEST_GROUP = 500  # the array of groups gives each track as many letters as the longest has
MEND = "take the published files, or pass --allow-other-counts"


class Row(NamedTuple):
    """One track of an annotation file: its path or key, its classes, and what else the file knows of it."""

    path: str
    labels: Iterable[str]
    split: str = ""
    group: str = ""
    artist: str = ""
    title: str = ""


@dataclass(frozen=True, eq=False)
class Annotations:
    """Tracks with their classes; N tracks in the byte order of their keys, C classes.

    Attributes:
        name: the data set and its variant, as tables print it.
        keys: (N,) what the tracks go by (`annotation_key`); each once.
        classes: (C,) at least two; each has a track, but for parts of a data set (`--allow-other-counts`).
        truth_NC: uint8, 1 where a track is of a class; rows may be all zero.
        split_N: "train", "valid", "test"; "" where the files say nothing.
        group_N: what must not be torn apart: the artist, or the song of an excerpt; "" where unknown.
        files: what was read.
        names: (title, artist) by key, where the files know them.
        other_counts: in which counts the files are not the published ones, in words; "" if in none.
    """

    name: str
    keys: tuple[str, ...]
    classes: tuple[str, ...]
    truth_NC: npt.NDArray[np.uint8]
    split_N: npt.NDArray[np.str_]
    group_N: npt.NDArray[np.str_]
    files: tuple[Path, ...]
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    other_counts: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """Tracks of each split, all tracks, classes, and tracks of no class."""
        splits = {split: int(np.count_nonzero(self.split_N == split)) for split in SPLITS}
        unlabelled = int(np.count_nonzero(~self.truth_NC.any(axis=1)))
        return splits | {"tracks": len(self.keys), "classes": len(self.classes), "without a class": unlabelled}

    @property
    def labels(self) -> Ints:
        """(N,) the class of each track.

        Raises:
            InputError: a track is of no class, or of several.
        """
        classes_N = self.truth_NC.sum(axis=1, dtype=np.int64)
        if (odd := np.flatnonzero(classes_N != 1)).size:
            key, count = self.keys[odd[0]], classes_N[odd[0]]
            raise InputError(f"{self.name}: {shown(key)} has {count} classes: one a track is needed here")
        return np.asarray(self.truth_NC.argmax(axis=1), dtype=np.int64)

    def rows(self, split: str) -> Ints:
        """Return the places of the tracks of a split."""
        return np.flatnonzero(self.split_N == split)

    def take(self, rows_M: Ints) -> Self:
        """Return some of the tracks; classes stay, even those that have no track left. rows_M ascends."""
        keys = tuple(self.keys[row] for row in rows_M)
        names = {key: self.names[key] for key in keys if key in self.names}
        truth_MC, split_M, group_M = self.truth_NC[rows_M], self.split_N[rows_M], self.group_N[rows_M]
        return replace(self, keys=keys, truth_NC=truth_MC, split_N=split_M, group_N=group_M, names=names)


def gather(
    name: str,
    rows: Iterable[Row],
    files: Iterable[Path],
    *,
    classes: Iterable[str] | None = None,
    published: Mapping[str, int] | None = None,
    allow_other_counts: bool = False,
) -> Annotations:
    """Put the rows of annotation files together.

    `classes` are those of the rows in byte order, unless given. `published` are counts that must come out, as
    `Annotations.counts` names them, unless `allow_other_counts`; then classes without a track are taken too.

    Raises:
        InputError: a key is empty or comes twice, a split is unknown, a class is unknown or has no track, there are
            fewer than two classes or no tracks, or the counts are others than published.
    """
    by_key = _by_key(name, rows)
    found = set().union(*(row.labels for row in by_key.values()))
    columns = tuple(classes) if classes is not None else tuple(sorted(found, key=str.encode))
    if unknown := sorted(found.difference(columns)):
        raise InputError(f"{name}: unknown class {shown(unknown[0])!r}: take the published files")
    result = _assembled(name, by_key, columns, tuple(files))
    result = replace(result, other_counts=_other_counts(result, published or {}))
    if result.other_counts and not allow_other_counts:
        raise InputError(f"{name}: {result.other_counts} as published: {MEND}")
    if len(columns) < 2:
        raise InputError(f"{name}: one class only ({', '.join(map(shown, columns))}): two are needed to tell apart")
    if not allow_other_counts and (empty := [label for label in columns if label not in found]):
        raise InputError(f"{name}: no track of class {shown(empty[0])!r}: {MEND}")
    return result


def _by_key(name: str, rows: Iterable[Row]) -> dict[str, Row]:
    """Return the rows by their key, in byte order; labels become a set."""
    by_key: dict[str, Row] = {}
    for row in rows:
        key = annotation_key(row.path)
        if not key:
            raise InputError(f"{name}: a track has no key: take the published files")
        if key in by_key:
            raise InputError(f"{name}: {shown(key)} is annotated twice: keep one row of it")
        if row.split not in ("", *SPLITS):
            raise InputError(f"{name}: {shown(key)}: split {shown(row.split)!r} is none of {', '.join(SPLITS)}")
        if len(row.group) > LONGEST_GROUP:
            raise InputError(f"{name}: {shown(key)}: a group of {len(row.group):,} letters: shorten it")
        by_key[key] = row._replace(labels=frozenset(row.labels))
    if not by_key:
        raise InputError(f"{name}: the annotation files name no track: take the published files")
    return dict(sorted(by_key.items(), key=lambda item: item[0].encode(errors="surrogatepass")))


def _assembled(name: str, by_key: dict[str, Row], classes: tuple[str, ...], files: tuple[Path, ...]) -> Annotations:
    column = {label: place for place, label in enumerate(classes)}
    truth_NC = np.zeros((len(by_key), len(classes)), dtype=np.uint8)
    for place, row in enumerate(by_key.values()):
        truth_NC[place, [column[label] for label in row.labels]] = 1
    return Annotations(
        name,
        tuple(by_key),
        classes,
        truth_NC,
        np.array([row.split for row in by_key.values()], dtype=np.str_),
        np.array([row.group for row in by_key.values()], dtype=np.str_),
        files,
        {key: (row.title, row.artist) for key, row in by_key.items() if row.title or row.artist},
    )


def _other_counts(found: Annotations, published: Mapping[str, int]) -> str:
    """Return "test 400, not 800 …" where counts are others than published."""
    counts = found.counts
    other = [f"{what} {counts[what]:,}, not {count:,}" for what, count in published.items() if counts[what] != count]
    return "; ".join(other)
