"""What `embed` hears: a feature store, or a folder of audio as feature stores in memory, some files at a time."""

from collections.abc import Iterator
from copy import deepcopy
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine import parallel, store
from pairmine.errors import InputError, UsageError, shown
from trainer import setup
from trainer.features import _inputs as _feature_inputs
from trainer.features._inputs import Item
from trainer.features._writer import rejects_table
from trainer.features.audio import UnusableError
from trainer.features.extraction import Halves, Shorts, excerpt, one_thread_each, read_item
from trainer.features.store import INDEX_SCHEMA, FeatureStore, Tracks
from trainer.trained_encoder import TrainedEncoder

TRACKS = 1024  # are embedded and written at once
BYTES = 1 << 26  # of audio files at once; log-mels take about as many bytes as MP3

Ints = npt.NDArray[np.int64]


class Inputs(Protocol):
    """Attributes: how many tracks or files there are, and a digest of them."""

    count: int
    digest: str

    def pieces(self) -> Iterator[tuple[Tracks, Ints, int]]:
        """Yield tracks, the rows that are long enough for the encoder, and how many of `count` these account for."""


class Stored:
    """The tracks of a feature store; `too_short` counts those that the encoder cannot hear."""

    def __init__(self, workspace: Path, folder: Path | None, model: TrainedEncoder) -> None:
        folder = folder or setup.find_features(workspace, model.front_end)
        self._opened = setup.open_features(folder, model.front_end)
        self._rows = np.flatnonzero(self._opened.frames >= model.encoder.shortest).astype(np.int64)
        self.count, self.digest = len(self._rows), str(self._opened.manifest["digest"])
        self.too_short = len(self._opened.keys) - self.count

    def pieces(self) -> Iterator[tuple[Tracks, Ints, int]]:
        """Yield the store with some rows after the other."""
        for first in range(0, len(self._rows), TRACKS):
            rows = self._rows[first : first + TRACKS]
            yield self._opened, rows, len(rows)


class Folder:
    """The audio below a folder, keyed as `features` keys it: by its path, or by key_map.tsv.

    Attributes:
        rejects: (file, position, reason, excerpt) of those met so far that the encoder cannot be given.

    Raises:
        InputError: there is no such folder, or no audio in it.
        UsageError: the encoder does not hear audio, only arrays that are shipped.
    """

    def __init__(self, folder: Path, model: TrainedEncoder, threads: int | None) -> None:
        if model.front_end.reads != "audio":
            raise UsageError(
                f"--audio {shown(folder)}: the encoder hears arrays by the front end {model.recipe.front_end}, no "
                "audio: embed a feature store, --features"
            )
        self._folder, self._threads = folder, threads
        self._front_end = deepcopy(model.front_end)  # stays on the CPU, wherever the model goes
        self._shortest = model.encoder.shortest * model.front_end.hop / model.front_end.rate
        inputs = _feature_inputs.find(folder, "audio", None, None)
        self._items, self.count, self.digest = inputs.items, len(inputs.items), inputs.digest()
        self.rejects: list[list[Any]] = [[file, 0, reason, ""] for file, reason in inputs.unreadable]

    def pieces(self) -> Iterator[tuple[Tracks, Ints, int]]:
        """Yield the log-mels of some files after the other.

        Raises:
            InputError: at the end, if nothing could be used.
        """
        sizes = [item.path.stat().st_size for item in self._items]
        chunks: dict[tuple[int, int], list[Item]] = {}
        for place, (item, before) in enumerate(zip(self._items, accumulate(sizes, initial=0), strict=False)):
            chunks.setdefault((before // BYTES, place // TRACKS), []).append(item)
        for items in chunks.values():
            opened = self._heard(items)
            yield opened, np.arange(len(opened)), len(items)
        if len(self.rejects) >= self.count:
            file, _, reason, _ = self.rejects[0]
            raise InputError(f"nothing of {shown(self._folder)} can be used: {file}: {reason}: check the files")

    def _heard(self, items: list[Item]) -> FeatureStore:
        """Return the log-mels of some files, in the precision in which `features` would store them."""
        read = partial(read_item, self._front_end, False, None, self._shortest)
        keys: list[str] = []
        mels: list[Halves | Shorts] = []
        with one_thread_each():
            for item, found in parallel.in_order(read, items, self._threads):
                if isinstance(found, UnusableError):
                    self.rejects.append([item.file, found.position, str(found), excerpt(item.path)])
                else:
                    keys.append(item.key)
                    mels.append(found)
        frames = [len(mel) for mel in mels]
        columns = [keys, [0] * len(keys), [0, *accumulate(frames)][: len(keys)], frames]
        arrays = [pa.array(column, field.type) for column, field in zip(columns, INDEX_SCHEMA, strict=True)]
        whole = np.concatenate([np.empty((0, self._front_end.bands), np.float16), *mels])
        index = pa.table(arrays, INDEX_SCHEMA)
        return FeatureStore(self._folder, {"front_end": self._front_end.settings}, index, [whole])

    def write_rejects(self, file: Path) -> None:
        """Write the files that were not taken, with reasons, as a table."""
        store.write_parquet(file.parent, file.name, rejects_table(self.rejects))
