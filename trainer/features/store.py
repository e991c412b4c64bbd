"""The feature store: log-mels of many tracks in a few memory-mapped shards, in half precision, with an index by key.

A store is a folder:

    manifest.json      front end and its parameters, source, checksums; what `features` was asked
    index.parquet      one row per track, in the byte order of keys: key, shard, first_frame, frames
    shard-00000.npy …  float16 (frames, bands), the tracks of the shard one behind the other; of waveforms int16
    rejects.parquet    one row per file that is not in the store: file, position, reason, excerpt

A patch is one contiguous piece of a shard. Opening reads the index and maps the shards; nothing else is touched.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.kernels import patches as kernel

Int64s = npt.NDArray[np.int64]
Values = npt.NDArray[np.float16]  # of a store of waveforms, int16

KINDS = {"features": "float16", "waveforms": "int16"}
INDEX, REJECTS = "index.parquet", "rejects.parquet"
INDEX_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("first_frame", pa.int64(), nullable=False),
        pa.field("frames", pa.int32(), nullable=False),
    ]
)


def shard_name(number: int) -> str:
    """Return the name of a shard's file."""
    return f"shard-{number:05d}.npy"


class Tracks(Protocol):
    """What is asked of tracks of which patches are taken, by row.

    Attributes:
        waveforms: whether patches are samples (N, 1, samples), from which a front end computes `frames` frames.
    """

    folder: Path
    keys: pa.StringArray
    frames: npt.NDArray[np.int32]
    waveforms: bool

    @property
    def seconds_a_frame(self) -> float:
        """Time from one frame to the next."""

    def patches(self, rows: npt.ArrayLike, offsets: npt.ArrayLike, frames: int) -> Values:
        """Return patches (N, bands, frames) that begin at the given frames of the given rows."""


class FeatureStore:
    """Log-mels of tracks, by row; rows are in the byte order of keys. Safe to use from several threads.

    Attributes:
        folder: where it is.
        manifest: its manifest; `front_end` holds the settings of the front end.
        keys: pyarrow array of the tracks' keys.
        frames: int32 (tracks,): the length of each track.
        bands: mel bands F.
        waveforms: False: patches are log-mels (`Waveforms` reads a store of samples).
    """

    waveforms = False

    def __init__(self, folder: Path, manifest: dict[str, Any], index: pa.Table, shards: list[Values]) -> None:
        self.folder, self.manifest = folder, manifest
        self.keys: pa.StringArray = index.column("key").combine_chunks()
        self.frames: npt.NDArray[np.int32] = index.column("frames").to_numpy()
        self.bands: int = manifest["front_end"]["bands"]
        self._first: Int64s = index.column("first_frame").to_numpy()
        self._shard: npt.NDArray[np.int32] = index.column("shard").to_numpy()
        self._shards = shards  # kept, so that what `_addresses` point to stays mapped
        self._addresses = np.array([shard.ctypes.data for shard in shards], np.uint64)

    @classmethod
    def open(cls, folder: Path) -> "FeatureStore":
        """Open a store.

        Raises:
            MissingError: there is none.
            DamagedError: a file is missing, has another size than it should, or the index points outside the shards.
        """
        try:
            manifest = store.read_manifest(folder)
        except MissingError:
            raise MissingError(f"{folder} holds no features: run `pairmine features DIR` first") from None
        if manifest.get("kind") not in KINDS:
            raise MissingError(f"{folder} is no feature store: run `pairmine features DIR` first")
        for entry in manifest["files"]:
            path = folder / entry["path"]
            if not path.is_file() or path.stat().st_size != entry["bytes"]:
                raise DamagedError(f"{path} is missing or has another size than its manifest says: make the store anew")
        try:
            index = pq.ParquetFile(folder / INDEX).read().cast(INDEX_SCHEMA)
            shards = [np.load(folder / shard_name(n), mmap_mode="r") for n in range(manifest["shards"])]
        except (ValueError, pa.ArrowInvalid) as error:
            raise DamagedError(f"{folder} is damaged ({' '.join(str(error).split())}): make the store anew") from error
        _check(folder, index, shards, KINDS[manifest["kind"]], manifest["front_end"]["bands"])
        return cls(folder, manifest, index, shards)

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers of a data loader open the store themselves, rather than be sent its content."""
        return FeatureStore.open, (self.folder,)

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, key: str) -> int:
        """Return the row of a track.

        Raises:
            KeyError: it has no features here.
        """
        row = int(self.rows([key])[0])
        if row < 0:
            raise KeyError(key)
        return row

    def rows(self, keys: pa.Array | pa.ChunkedArray | Sequence[str]) -> Int64s:
        """Return the row of every track, −1 for those that have no features here."""
        wanted = keys if isinstance(keys, (pa.Array, pa.ChunkedArray)) else pa.array(keys, pa.string())
        found = pc.index_in(wanted, value_set=self.keys)
        rows: Int64s = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        return rows

    def mel(self, row: int) -> Values:
        """Return a whole track, (F, T) float16 (of waveforms int16), as a view of the shard."""
        first = self._first[row]
        view: Values = self._shards[self._shard[row]][first : first + self.frames[row]].T
        return view

    def patches(self, rows: npt.ArrayLike, offsets: npt.ArrayLike, frames: int, out: Values | None = None) -> Values:
        """Return patches (N, F, T): of track `rows[i]` the `frames` frames from `offsets[i]` on; float16, or int16.

        The result is a view of an (N, T, F) array, so that a patch is copied in one piece: call `.contiguous()` where
        it has been moved to. That array is `out` if given (C-contiguous; pinned memory, say): not to be given fresh
        pages for every batch makes it almost twice as fast.

        Raises:
            UsageError: a patch reaches beyond its track, there is no such row, or `out` has another form.
        """
        row, offset = np.asarray(rows, np.int64), np.asarray(offsets, np.int64)
        check_patches(self, row, offset, frames)
        shape = (len(row), frames, self.bands)
        dtype = self._shards[0].dtype
        out = np.empty(shape, dtype) if out is None else out
        if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous:
            raise UsageError(f"out is {out.dtype} of shape {out.shape}: contiguous {dtype} {shape} is wanted")
        kernel.gather(self._addresses[self._shard[row]], self._first[row] + offset, out.view(np.uint16))
        return out.transpose(0, 2, 1)

    def moments(self, rows: npt.ArrayLike) -> tuple[float, float]:
        """Return mean and standard deviation of all values of some tracks: what strategies-2022 standardises by."""
        return moments(self.mel(row) for row in np.asarray(rows, np.int64))

    @cached_property
    def seconds_a_frame(self) -> float:
        """Time from one frame to the next."""
        front_end = self.manifest["front_end"]
        return float(front_end["hop"] / front_end["rate"])


def moments(values: Iterable[npt.NDArray[np.floating]]) -> tuple[float, float]:
    """Return mean and standard deviation of all values of some arrays, one in memory at a time; zeros of none."""
    count, total, squares = 0, 0.0, 0.0
    for each in values:
        wide = each.astype(np.float64)
        count += wide.size
        total += float(wide.sum())
        squares += float(np.square(wide).sum())
    mean = total / max(count, 1)
    return mean, max(squares / max(count, 1) - mean**2, 0.0) ** 0.5


def check_patches(tracks: Tracks, row: Int64s, offset: Int64s, frames: int) -> None:
    """Raise UsageError if a patch reaches beyond its track, or there is no such row."""
    if row.size and not 0 <= row.min() <= row.max() < len(tracks.keys):
        raise UsageError(f"rows {row.min()} to {row.max()} are asked of {len(tracks.keys)} tracks in {tracks.folder}")
    beyond = np.flatnonzero((offset < 0) | (offset + frames > tracks.frames[row]))
    if beyond.size:
        key, has = tracks.keys[int(row[beyond[0]])], tracks.frames[row[beyond[0]]]
        raise UsageError(
            f"{key} has {has} frames in {tracks.folder}: there are no {frames} from frame {offset[beyond[0]]} on"
        )


def _check(folder: Path, index: pa.Table, shards: list[Values], dtype: str, bands: int) -> None:
    """Raise DamagedError unless every track of the index lies inside a shard of the right form."""
    for number, shard in enumerate(shards):
        if shard.dtype != dtype or shard.ndim != 2 or shard.shape[1] != bands or not shard.flags.c_contiguous:
            raise DamagedError(f"{folder / shard_name(number)} is no {dtype} array of {bands} bands: make it anew")
    lengths = np.array([len(shard) for shard in shards], np.int64)
    first, frames, shard_of = (index.column(name).to_numpy() for name in ("first_frame", "frames", "shard"))
    inside = (shard_of >= 0) & (shard_of < len(shards)) & (first >= 0) & (frames >= 0)
    if not inside.all() or (first + frames > lengths[shard_of]).any():
        raise DamagedError(f"{folder / INDEX} points outside the shards: make the store anew")
