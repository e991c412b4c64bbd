"""A co-listen graph of pairmine's own catalogue, and the edges that no pair set was drawn from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pairmine.errors import MissingError, shown
from trainer.annotations._catalogue import Source, open_source

Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Graph:
    """An undirected graph of recordings; edges are (smaller id, larger id).

    Attributes:
        source: where it comes from; `source.keys` are the recordings in the order of their ids.
        edge_E2: all edges, ascending.
        held_out_H2: edges that no pair set of this source is drawn from.
        held_out_by: "edge" or "track": how they were held out.
        files: what was read.
    """

    source: Source
    edge_E2: Int32s
    held_out_H2: Int32s
    held_out_by: str
    files: tuple[Path, ...]


def read(data: Path, *, split: str = "test") -> Graph:
    """Read the graph of a source, WORKSPACE/catalogue/SOURCE.

    Held out are the edges of a split of `pairmine split SOURCE --by edge`; where edges were not split, those between
    two tracks of a split of `pairmine split SOURCE`, which `build-pairs --split train` leaves out.

    Args:
        data: the folder of the source.
        split: which edges, or tracks: test or valid.

    Raises:
        MissingError: it is no source, has no graph, or was not split.
        DamagedError: a file is damaged.
    """
    source = open_source(data)
    rows = source.table("edges", ("track_a", "track_b")).sort_by([("track_a", "ascending"), ("track_b", "ascending")])
    edge_E2 = np.stack([rows.column(end).to_numpy() for end in ("track_a", "track_b")], axis=1)
    if source.has("held_out_edges"):
        held = source.table("held_out_edges", ("track_a", "track_b", "split"))
        of_split = held.column("split").to_numpy(zero_copy_only=False) == split
        held_out_H2 = np.stack([held.column(end).to_numpy() for end in ("track_a", "track_b")], axis=1)[of_split]
        files = source.files("tracks", "edges", "held_out_edges")
        return Graph(source, edge_E2, held_out_H2, "edge", files)
    if not source.has("splits"):
        raise MissingError(
            f"no edges of {shown(data)} are held out: "
            f"run `pairmine split {source.name} --by edge --fractions 0.9,0,0.1`, then build the pairs"
        )
    held_out_H2 = edge_E2[source.in_split(split)[edge_E2].all(1)]
    return Graph(source, edge_E2, held_out_H2, "track", source.files("tracks", "edges", "splits"))
