"""A source of pairmine's own catalogue (WORKSPACE/catalogue/SOURCE), as evaluations read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, InputError, MissingError, shown
from trainer.keys import annotation_key

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Source:
    """One source of a catalogue.

    Attributes:
        folder: where it is.
        manifest: its manifest.
    """

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """What the source is called."""
        return str(self.manifest["source"])

    def has(self, table: str) -> bool:
        """Return whether the source has a table."""
        return any(entry["path"].startswith(f"{table}/") for entry in self.manifest["files"])

    def files(self, *tables: str) -> tuple[Path, ...]:
        """Return the files of some tables, in byte order."""
        paths = [entry["path"] for entry in self.manifest["files"] if entry["path"].split("/")[0] in tables]
        return tuple(self.folder / path for path in sorted(paths))

    def table(self, name: str, columns: Sequence[str]) -> pa.Table:
        """Return columns of a table, its files verified.

        Raises:
            MissingError: the source has no such table.
            DamagedError: a file is missing or differs from its checksum.
        """
        if not self.has(name):
            raise MissingError(f"{shown(self.folder)} has no table {name}: run `pairmine ingest` on data that has")
        entries = [entry for entry in self.manifest["files"] if entry["path"].startswith(f"{name}/")]
        if damage := next(store.damages(self.folder, {"files": entries}), None):
            raise DamagedError(f"{damage}: run `pairmine ingest` again")
        parts = [pq.ParquetFile(path).read(list(columns)) for path in self.files(name)]
        return pa.concat_tables(parts).combine_chunks()

    def ids(self, table: str, *columns: str) -> tuple[Int32s, ...]:
        """Return columns of ids as arrays."""
        rows = self.table(table, columns)
        return tuple(rows.column(name).to_numpy().astype(np.int32) for name in columns)

    @cached_property
    def keys(self) -> list[str]:
        """What the tracks go by (`annotation_key`), in the order of their ids.

        Raises:
            InputError: two tracks go by one key.
        """
        keys = [annotation_key(key) for key in self._tracks.column("key").to_pylist()]
        if len(set(keys)) < len(keys):
            twice = next(key for key, after in zip(sorted(keys), sorted(keys)[1:], strict=False) if key == after)
            raise InputError(f"{shown(self.folder)}: two tracks go by {shown(twice)}, extension apart: remove one file")
        return keys

    def names(self, track_ids: npt.NDArray[np.integer]) -> dict[str, tuple[str, str]]:
        """Return (title, artist) of some tracks by key, where they have them."""
        rows = self._tracks.take(pa.array(track_ids))
        known = zip(
            track_ids.tolist(), rows.column("title").to_pylist(), rows.column("artist").to_pylist(), strict=True
        )
        return {self.keys[track]: (title or "", artist or "") for track, title, artist in known if title or artist}

    def in_split(self, split: str) -> npt.NDArray[np.bool_]:
        """Return one flag a track: whether it is in a split.

        Raises:
            MissingError: the source is not split.
        """
        rows = self.table("splits", ("track_id", "split"))
        flags = np.zeros(len(self.keys), np.bool_)
        flags[rows.column("track_id").to_numpy()[rows.column("split").to_numpy(zero_copy_only=False) == split]] = True
        return flags

    @cached_property
    def _tracks(self) -> pa.Table:
        rows = self.table("tracks", ("track_id", "key", "title", "artist")).sort_by("track_id")
        return rows.drop_columns("track_id")


def open_source(folder: Path) -> Source:
    """Open a source of a catalogue.

    Raises:
        MissingError: the folder is none.
        DamagedError: its manifest is damaged.
    """
    try:
        manifest = store.read_manifest(folder)
    except MissingError:
        raise MissingError(
            f"{shown(folder)} is no source of a catalogue: run `pairmine ingest`, name WORKSPACE/catalogue/SOURCE"
        ) from None
    if "source" not in manifest or "strategy" in manifest:
        raise InputError(f"{shown(folder)} is no source of a catalogue: name WORKSPACE/catalogue/SOURCE")
    return Source(folder, manifest)
