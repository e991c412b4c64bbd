"""Read a pair set: epochs as NumPy arrays, targets, keys for ids; every file is checked as it is read.

    >>> from pairmine.shards import Reader
    >>> pairs = Reader("workspace/pairs/mpd-tco")
    >>> epoch = pairs.epoch(0)
    >>> pairs.keys_of(epoch.anchor[:3]), pairs.keys_of(epoch.positive[:3])

Needs NumPy and pyarrow, no database and no torch.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.pair_sets import command
from pairmine.shards.targets import Bools, Floats, Ids, Ints, Labels, Places, Vectors

KEPT_EPOCHS = 2


class Epoch(NamedTuple):
    """The rows of one pair epoch, in the order of the files; N rows.

    Attributes:
        anchor, positive: int32 ids of tracks; in sets of kind vectors or labels both are the same.
        negative: int32 ids, in sets of kind triplets.
        via: int32 id of what links the two (see `vias.parquet`), -1 for nothing.
        score: float32, how strong the link is.
        place: int64, the row's place in the files; counted without gaps unless rows were left out.
    """

    anchor: Ids
    positive: Ids
    negative: Ids | None
    via: Ids
    score: Floats
    place: Ints

    def take(self, chosen: Any) -> "Epoch":
        """Return some of the rows."""
        return Epoch(*(None if column is None else column[chosen] for column in self))  # type: ignore[arg-type]


class Reader:
    """One pair set: a folder that `pairmine build-pairs` wrote.

    Attributes:
        folder, manifest: where it is, and what its manifest says.
        kind: "pairs", "triplets", "vectors" or "labels".
        strategy: the rule it was built by.
        epochs: how many pair epochs it has.
        batch: rows of a composed batch, where the set is of fixed order; else None.
        track_ids, keys: its tracks (T,), ids ascending, and their keys.

    Args:
        folder: of the set.
        only: keys of the tracks wanted, e.g. those that have audio; rows with any other track are left out.

    Raises:
        MissingError: the folder is no pair set, or nothing of it is left.
        DamagedError: a file differs from its checksum, or is missing.
    """

    def __init__(self, folder: str | Path, *, only: Sequence[str] | pa.Array | None = None) -> None:
        self.folder = Path(folder)
        self.manifest = store.read_manifest(self.folder)
        if "kind" not in self.manifest or "strategy" not in self.manifest:
            raise MissingError(f"{folder} is no pair set: run `pairmine build-pairs`")
        self.kind: str = self.manifest["kind"]
        self.strategy: str = self.manifest["strategy"]
        self.epochs: int = self.manifest["epochs"]
        self.batch: int | None = self.manifest.get("batch") if self.manifest.get("order") == "fixed" else None
        self._entries = {entry["path"]: entry for entry in self.manifest["files"]}
        tracks = self.table("tracks")
        self.track_ids: Ids = _array(tracks.column("track_id"))
        self.keys: pa.StringArray = tracks.column("key").cast(pa.string()).combine_chunks()
        self._place = Places(self.track_ids)
        self._only, self._wanted = only, None if only is None else self._among(only)
        self.epoch = lru_cache(maxsize=KEPT_EPOCHS)(self._epoch)
        if only is not None and not len(self.epoch(0).anchor):
            raise MissingError(self._none_left(len(only)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Workers of a data loader open the set themselves, rather than be sent its content."""
        return partial(Reader, self.folder, only=self._only), ()

    def keys_of(self, ids: npt.ArrayLike) -> pa.StringArray:
        """Return the keys of tracks by id; `.to_pylist()` gives plain strings.

        Raises:
            UsageError: the set has no track of such an id.
        """
        places = self._place(ids)
        if (places < 0).any():
            unknown = np.asarray(ids)[places < 0].flat[0]
            raise UsageError(f"{self.folder} has no track of id {unknown}: ids are those of its tracks.parquet")
        return self.keys.take(pa.array(places))

    @cached_property
    def identity(self) -> str:
        """Digest of the set and of which tracks are wanted: equal ones give equal rows."""
        if self._wanted is None:
            return str(self.manifest["digest"])
        return store.digest([self.manifest["digest"], np.packbits(self._wanted).tobytes().hex()])

    def _among(self, only: Sequence[str] | pa.Array) -> Bools:
        """Return which tracks are wanted."""
        known = only if isinstance(only, pa.Array) else pa.array(only, pa.string())
        wanted: Bools = pc.is_in(self.keys, value_set=known.cast(pa.string())).to_numpy(zero_copy_only=False)
        return wanted

    def _none_left(self, asked: int) -> str:
        found = 0 if self._wanted is None else int(self._wanted.sum())
        return (
            f"no row of {self.folder} is left: {found:,} of its {len(self.keys):,} tracks are among the {asked:,} "
            f"wanted: give keys such as {self.keys[0].as_py()!r}"
        )

    def _epoch(self, epoch: int) -> Epoch:
        """Return the rows of a pair epoch; a training epoch e reads pair epoch e % epochs.

        Raises:
            UsageError: there is no such epoch.
            DamagedError: a file differs from its checksum, or is missing.
        """
        if not 0 <= epoch < self.epochs:
            raise UsageError(f"{self.folder} has epochs 0 to {self.epochs - 1}, not {epoch}: ask for epoch % epochs")
        prefix = f"epoch={epoch:04d}/"
        parts = [self._read(path) for path in sorted(self._entries) if path.startswith(prefix)]
        if not parts:
            raise DamagedError(f"{self.folder} lacks pair epoch {epoch}: run `{self._again()}`")
        table = pa.concat_tables(parts)
        negative = _array(table.column("negative")) if "negative" in table.column_names else None
        anchor, positive, score = (_array(table.column(name)) for name in ("anchor", "positive", "score"))
        via = _array(table.column("via").fill_null(-1))
        whole = Epoch(anchor, positive, negative, via, score, np.arange(table.num_rows))
        return whole if self._wanted is None else whole.take(self._all_wanted(whole, self._wanted))

    def _all_wanted(self, rows: Epoch, wanted: Bools) -> Bools:
        columns = [column for column in (rows.anchor, rows.positive, rows.negative) if column is not None]
        kept: Bools = np.logical_and.reduce([wanted[self._place(column)] for column in columns])
        return kept

    @cached_property
    def vectors(self) -> Vectors | None:
        """The targets of a set of kind `vectors`; None for other kinds."""
        if self.kind != "vectors":
            return None
        table = self.table("targets")
        return Vectors(_array(table.column("track_id")), _matrix(table.column("vector")))

    @cached_property
    def labels(self) -> Labels | None:
        """The targets of a set of kind `labels`; None for other kinds."""
        if self.kind != "labels":
            return None
        table, known = self.table("targets"), self.table("vocabulary")
        label_ids, weights = (table.column(name).combine_chunks() for name in ("label_ids", "weights"))
        return Labels(
            _array(table.column("track_id")),
            label_ids.offsets.to_numpy().astype(np.int64),
            label_ids.values.to_numpy().astype(np.int64),
            weights.values.to_numpy().astype(np.float32),
            tuple(known.column("label").to_pylist()),
            _matrix(known.column("vector")) if "vector" in known.column_names else None,
        )

    def table(self, name: str) -> pa.Table:
        """Return `tracks`, `vias`, `targets`, `vocabulary` or `excluded` whole.

        Raises:
            DamagedError: the file differs from its checksum, or the set has none.
        """
        return self._read(f"{name}.parquet")

    def has(self, name: str) -> bool:
        """Return whether the set has a table, as `table` takes it."""
        return f"{name}.parquet" in self._entries

    def _again(self) -> str:
        return command(self.manifest, self.folder)

    def _read(self, path: str) -> pa.Table:
        entry = self._entries.get(path)
        if entry is None:
            raise DamagedError(f"{self.folder / path} is missing in its manifest: run `{self._again()}`")
        damage = next(store.damages(self.folder, {"files": [entry]}), None)
        if damage:
            raise DamagedError(f"{damage}: run `{self._again()}`")
        return pq.ParquetFile(self.folder / path).read()


def _array(column: pa.ChunkedArray) -> Any:
    """Return a column as a copy: arrow's own memory cannot be written to, which torch warns of."""
    return np.array(column.to_numpy())


def _matrix(column: pa.ChunkedArray) -> Floats:
    """Return a column of fixed-size lists as a matrix."""
    lists = column.combine_chunks()
    matrix: Floats = lists.flatten().to_numpy().reshape(len(lists), -1).astype(np.float32)
    return matrix
