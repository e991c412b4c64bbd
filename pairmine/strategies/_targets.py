"""What strategies with learned or read targets share: every track with itself, and tables of targets beside."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.errors import InputError
from pairmine.kernels.groups import Groups
from pairmine.kernels.matching import Matches
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters


class Labels(NamedTuple):
    """The label lists of tracks, and the labels with the number of tracks that have them."""

    track_ids: npt.NDArray[np.int32]
    lists: Groups
    names: list[str]
    counts: npt.NDArray[np.int64]


def read_labels(inputs: Inputs, parameters: Parameters, name: str, **variables: object) -> Labels:
    """Run `sql/strategies/<name>.sql`, which gives a row per track and label.

    Raises:
        InputError: no track has a label.
    """
    rows = inputs.sql(name, parameters, **variables)
    if not rows.num_rows:
        raise InputError(f"{inputs.source}: no track has a label of this kind: choose other --tags")
    track_ids, begins = np.unique(rows.column("track_id").to_numpy(), return_index=True)
    label_ids = rows.column("label_id").to_numpy()
    _, first = np.unique(label_ids, return_index=True)
    known = rows.take(pa.array(first))
    lists = Groups(np.append(begins, label_ids.size), label_ids)
    counts = known.column("tracks").to_numpy()
    return Labels(track_ids.astype(np.int32), lists, known.column("label").to_pylist(), counts)


def labels(found: Labels, vectors: npt.NDArray[np.float32] | None = None) -> Prepared:
    """Pair every track with itself; its target are its labels, with weights that sum to 1."""
    offsets = pa.array(found.lists.offsets.astype(np.int32))
    sizes = np.diff(found.lists.offsets)
    weights = np.repeat((1 / sizes).astype(np.float32), sizes)
    targets = {
        "track_id": found.track_ids,
        "label_ids": pa.ListArray.from_arrays(offsets, pa.array(found.lists.members, pa.int32())),
        "weights": pa.ListArray.from_arrays(offsets, pa.array(weights)),
    }
    vocabulary = {
        "label_id": np.arange(len(found.names), dtype=np.int32),
        "label": pa.array(found.names, pa.string()),
        "count": found.counts,
    }
    if vectors is not None:
        vocabulary["vector"] = fixed_lists(vectors)
    return itself(found.track_ids, {"targets": pa.table(targets), "vocabulary": pa.table(vocabulary)})


def vectors(track_ids: npt.NDArray[np.int32], values: npt.NDArray[np.float32]) -> Prepared:
    """Pair every track with itself; its target is its vector (N, D)."""
    return itself(track_ids, {"targets": pa.table({"track_id": track_ids, "vector": fixed_lists(values)})})


def fixed_lists(values: npt.NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Return the rows of a matrix as lists of one size."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), pa.float32()), values.shape[1])


def itself(track_ids: npt.NDArray[np.int32], tables: dict[str, pa.Table]) -> Prepared:
    """Pair every track with itself, each epoch; `tables` hold what it stands for."""
    none, ones = np.full(track_ids.size, -1, np.int32), np.ones(track_ids.size, np.float32)
    matches = Matches(track_ids, track_ids, none, ones)
    return Prepared(lambda epoch: matches, tables)
