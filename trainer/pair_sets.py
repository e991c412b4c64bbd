"""Pair sets as the trainer reads them: track ids become rows of the feature store, once; damage is found on the way."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, MissingError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
KEPT_EPOCHS = 2


class Features(Protocol):
    """What data asks of a feature store: patches of log-mels by row and offset."""

    folder: Path
    manifest: dict[str, Any]
    keys: pa.StringArray
    frames: npt.NDArray[np.int32]

    def rows(self, keys: pa.ChunkedArray) -> Ints:
        """Return the row of every track, -1 for those that have no features."""

    def patches(self, rows: npt.ArrayLike, offsets: npt.ArrayLike, frames: int) -> npt.NDArray[np.float16]:
        """Return patches (N, bands, frames) that begin at the given frames of the given rows."""

    def moments(self, rows: npt.ArrayLike) -> tuple[float, float]:
        """Return mean and standard deviation of all values of some tracks."""


class Rows(NamedTuple):
    """Pairs of one epoch, tracks as rows of the feature store; `batch` is their place in a set of fixed order."""

    anchor: Ints
    positive: Ints
    negative: Ints | None
    via: Ints
    batch: Ints

    def views(self, count: int) -> Ints:
        """Return the tracks of the first `count` views: anchor, positive, negative; (V, B)."""
        columns = (self.anchor, self.positive, self.negative)[:count]
        return np.stack([column for column in columns if column is not None])

    def take(self, chosen: Any) -> "Rows":
        """Return some of the rows."""
        negative = None if self.negative is None else self.negative[chosen]
        return Rows(self.anchor[chosen], self.positive[chosen], negative, self.via[chosen], self.batch[chosen])


@dataclass(frozen=True)
class Vectors:
    """Targets of a set of kind `vectors`: `of` is the target of a feature row, or -1."""

    of: Ints
    vectors: Floats


@dataclass(frozen=True)
class Labels:
    """Targets of a set of kind `labels`: those of target i stand at starts[i] … starts[i + 1]."""

    of: Ints
    starts: Ints
    ids: Ints
    weights: Floats
    vocabulary: int
    words: Floats | None


class PairSet:
    """One folder of pairs, triplets, vectors or labels, over a feature store.

    Raises:
        MissingError: the folder is no pair set, or none of its pairs has features long enough.
        DamagedError: a file differs from its checksum, or cannot be read.
    """

    def __init__(self, folder: Path, features: Features, least_frames: int):
        self.folder, self.manifest = folder, store.read_manifest(folder)
        if "kind" not in self.manifest or "strategy" not in self.manifest:
            raise MissingError(f"{folder} is no pair set: run `pairmine build-pairs`")
        self.kind: str = self.manifest["kind"]
        self.strategy: str = self.manifest["strategy"]
        self.epochs: int = self.manifest["epochs"]
        self.fixed_batch: int | None = self.manifest.get("batch") if self.manifest.get("order") == "fixed" else None
        self._entries = {entry["path"]: entry for entry in self.manifest["files"]}
        self._place_tracks(features, least_frames)
        self.epoch = lru_cache(maxsize=KEPT_EPOCHS)(self._epoch)
        self.vectors = self._vectors() if self.kind == "vectors" else None
        self.labels = self._labels() if self.kind == "labels" else None
        self._check_some_left(features)

    def _place_tracks(self, features: Features, least_frames: int) -> None:
        """Find the feature row of every track id; -1 where there is none, or none long enough."""
        tracks = self._read("tracks.parquet")
        ids, keys = tracks.column("track_id").to_numpy(), tracks.column("key").cast(pa.string())
        rows = np.array(features.rows(keys))
        short = (rows >= 0) & (np.append(features.frames, 0)[rows] < least_frames)
        self.tracks, self.least_frames = len(ids), least_frames
        self.without_features, self.too_short = int((rows < 0).sum()), int(short.sum())
        rows[short] = -1
        self._row_of = np.full(int(ids.max(initial=-1)) + 1, -1, np.int64)
        self._row_of[ids] = rows
        self._feature_rows = len(features.keys)

    def _check_some_left(self, features: Features) -> None:
        if self.epoch(0)[0].anchor.size:
            return
        why = f"{self.without_features:,} tracks are not in it, {self.too_short:,} are under {self.least_frames} frames"
        raise MissingError(
            f"no pair of {self.folder} has features in {features.folder} ({why}): "
            "run `pairmine features` on their audio, its keys those of the pair set's tracks"
        )

    def _epoch(self, epoch: int) -> tuple[Rows, int]:
        """Return the pairs of a pair epoch whose tracks all have features, and how many pairs were dropped."""
        prefix = f"epoch={epoch:04d}/"
        parts = [self._read(path) for path in sorted(self._entries) if path.startswith(prefix)]
        if not parts:
            raise DamagedError(f"{self.folder} lacks pair epoch {epoch}: run `pairmine build-pairs --force`")
        table = pa.concat_tables(parts)
        names = [name for name in ("anchor", "positive", "negative") if name in table.column_names]
        columns = [self._row_of[table.column(name).to_numpy()] for name in names]
        kept = np.logical_and.reduce([column >= 0 for column in columns])
        via = table.column("via").fill_null(-1).to_numpy().astype(np.int64)[kept]
        batch = (np.arange(table.num_rows) // (self.fixed_batch or 1))[kept]
        anchor, positive, negative = [*(column[kept] for column in columns), None][:3]
        return Rows(anchor, positive, negative, via, batch), int(table.num_rows - kept.sum())

    def _vectors(self) -> Vectors:
        table = self._read("targets.parquet")
        column = table.column("vector").combine_chunks()
        vectors = column.flatten().to_numpy().reshape(len(column), -1).astype(np.float32)
        return Vectors(self._target_of(table), vectors)

    def _labels(self) -> Labels:
        table, known = self._read("targets.parquet"), self._read("vocabulary.parquet")
        label_ids, weights = (table.column(name).combine_chunks() for name in ("label_ids", "weights"))
        words = None
        if "vector" in known.column_names:
            column = known.column("vector").combine_chunks()
            words = column.flatten().to_numpy().reshape(len(column), -1).astype(np.float32)
        starts = label_ids.offsets.to_numpy().astype(np.int64)
        ids, shares = label_ids.values.to_numpy().astype(np.int64), weights.values.to_numpy().astype(np.float32)
        return Labels(self._target_of(table), starts, ids, shares, known.num_rows, words)

    def _target_of(self, table: pa.Table) -> Ints:
        """Return the row of the targets of every feature row, or -1."""
        rows = self._row_of[table.column("track_id").to_numpy()]
        of = np.full(self._feature_rows + 1, -1, np.int64)
        of[rows] = np.arange(len(rows))
        return of[:-1]  # what has no features was written to the last place

    def _read(self, path: str) -> pa.Table:
        entry = self._entries.get(path)
        if entry is None:
            raise DamagedError(f"{self.folder / path} is missing in its manifest: run `pairmine build-pairs --force`")
        damage = next(store.damages(self.folder, {"files": [entry]}), None)
        if damage:
            raise DamagedError(f"{damage}: run `pairmine build-pairs --force`")
        return pq.ParquetFile(self.folder / path).read()
