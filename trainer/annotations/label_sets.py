"""Label sets of pairmine's own (`build-pairs --strategy labels`): what recordings are called."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, InputError, MissingError, shown
from pairmine.pair_sets import command
from trainer.keys import annotation_key

Ints = npt.NDArray[np.int64]

TABLES = ("tracks.parquet", "targets.parquet", "vocabulary.parquet")


@dataclass(frozen=True, eq=False)
class LabelSet:
    """Recordings and their labels.

    Attributes:
        folder: of the set.
        manifest: its manifest.
        keys: (N,) what the recordings go by (`annotation_key`).
        start_N1: recording n has the labels of places start[n] to start[n + 1] …
        label_M: … of this array, as numbers of the vocabulary.
        vocabulary: (V,) the labels; the rows of a softmax trained on the set.
        names: (title, artist) by key, where they are known.
    """

    folder: Path
    manifest: dict[str, Any]
    keys: tuple[str, ...]
    start_N1: Ints
    label_M: Ints
    vocabulary: list[str]
    names: dict[str, tuple[str, str]]

    @property
    def files(self) -> tuple[Path, ...]:
        """What was read."""
        return tuple(self.folder / name for name in TABLES)

    def truth(self, rows: Ints, labels: list[str]) -> npt.NDArray[np.bool_]:
        """Return which of some labels some recordings have, (rows, labels); a label the set does not know, none has."""
        column_of = {label: column for column, label in enumerate(labels)}
        column_V = np.array([column_of.get(label, -1) for label in self.vocabulary], np.int64)
        row_M = np.repeat(np.arange(len(self.keys)), np.diff(self.start_N1))
        place_N = np.full(len(self.keys), -1, np.int64)
        place_N[rows] = np.arange(len(rows))
        at_M, column_M = place_N[row_M], column_V[self.label_M]
        wanted_M = (at_M >= 0) & (column_M >= 0)
        truth = np.zeros((len(rows), len(labels)), np.bool_)
        truth[at_M[wanted_M], column_M[wanted_M]] = True
        return truth

    def counts(self, rows: Ints) -> Ints:
        """Return how many of some recordings have each label of the vocabulary."""
        chosen_N = np.zeros(len(self.keys), np.bool_)
        chosen_N[rows] = True
        return np.bincount(self.label_M[np.repeat(chosen_N, np.diff(self.start_N1))], minlength=len(self.vocabulary))


def read(folder: Path) -> LabelSet:
    """Read a label set.

    Raises:
        MissingError: there is none.
        InputError: it is a pair set of another kind, or two of its recordings go by one key.
        DamagedError: a file is missing or damaged.
    """
    try:
        manifest = store.read_manifest(folder)
    except MissingError:
        raise MissingError(
            f"{shown(folder)} holds no labels: run `pairmine build-pairs --strategy labels --out {shown(folder)}`"
        ) from None
    if manifest.get("kind") != "labels":
        raise InputError(f"{shown(folder)} holds {manifest.get('kind')}, not labels: name a set of --strategy labels")
    entries = [entry for entry in manifest["files"] if entry["path"] in TABLES]
    if damage := next(store.damages(folder, {"files": entries}), None):
        raise DamagedError(f"{damage}: run `{command(manifest, folder)}`")
    tracks, targets, vocabulary = (pq.ParquetFile(folder / name).read().combine_chunks() for name in TABLES)
    known = tracks.sort_by("track_id").select(["track_id", "key", "title", "artist"])
    at = np.searchsorted(known.column("track_id").to_numpy(), targets.column("track_id").to_numpy())
    known = known.take(at)
    keys = tuple(annotation_key(key) for key in known.column("key").to_pylist())
    if len(set(keys)) < len(keys):
        raise InputError(f"{shown(folder)}: two recordings go by one key, extensions apart: build it anew without one")
    titles = zip(keys, known.column("title").to_pylist(), known.column("artist").to_pylist(), strict=True)
    lists = targets.column("label_ids").combine_chunks()
    return LabelSet(
        folder,
        manifest,
        keys,
        lists.offsets.to_numpy().astype(np.int64),
        lists.values.to_numpy().astype(np.int64),
        vocabulary.sort_by("label_id").column("label").to_pylist(),
        {key: (title or "", artist or "") for key, title, artist in titles if title or artist},
    )
