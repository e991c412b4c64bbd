"""The tables playlists and playlist_tracks: order by key, repeats left out, colliding pids told apart."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.catalogue import PART_ROWS
from pairmine.kernels import gathering
from pairmine.kernels import playlist_arrays as layout
from pairmine.sources._columns import Texts, number_column, parts
from pairmine.sources._spool import Spool

Bools = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]

_TYPES = {"duration_ms": pa.int64(), "modified_at": pa.timestamp("ms"), "collaborative": pa.bool_()}
_MILLISECONDS = 1000


@dataclass
class PlaylistOrder:
    """Which playlists are kept, in the order of their keys."""

    rows: Int64s
    """Their rows in the spool."""
    keys: pa.Array
    collisions: int
    """Pids under which there are several playlists."""
    repeated: int
    repeated_entries: int


def order_playlists(rows: Int64s) -> PlaylistOrder:
    """Order playlists by key and leave out those met before."""
    pids, digests = np.ascontiguousarray(rows[:, layout.PID]), rows[:, layout.DIGEST].astype(np.uint64)
    order = np.lexsort((digests, gathering.pid_order(pids)))
    pids, digests = pids[order], digests[order]
    same_pid = pids[1:] == pids[:-1]
    is_new = np.append(True, ~(same_pid & (digests[1:] == digests[:-1])))[: order.size]
    repeated_entries = int(rows[order[~is_new], layout.ENTRIES].sum())
    keys, collisions = _keys(pids[is_new], digests[is_new])
    return PlaylistOrder(order[is_new], keys, collisions, int((~is_new).sum()), repeated_entries)


def _keys(pids: Int64s, digests: npt.NDArray[np.uint64]) -> tuple[pa.Array, int]:
    """Return (keys of distinct playlists in order, number of pids that several share)."""
    shares = _equals_neighbour(pids)
    # Where even the first 8 digits of two digests are the same, all 16 tell them apart.
    clashes = shares & _equals_neighbour(digests >> np.uint64(32))
    keys = pa.array(pids).cast(pa.string())
    if not shares.any():
        return keys, 0
    texts = keys.to_pylist()
    for row in np.flatnonzero(shares).tolist():
        texts[row] += f"#{int(digests[row]):016x}"[: 17 if clashes[row] else 9]
    return pa.array(texts, pa.string()), np.unique(pids[shares]).size


def _equals_neighbour(values: npt.NDArray[np.generic]) -> Bools:
    same = values[1:] == values[:-1]
    result: Bools = np.append(False, same)[: values.size] | np.append(same, False)[: values.size]
    return result


def playlist_table(spool: Spool, rows: Int64s, order: PlaylistOrder) -> Iterator[pa.Table]:
    """Yield the table playlists in parts."""
    source = spool.read("texts", np.uint8)
    lengths = [rows[order.rows, column + 1].astype(np.int32) for column in (layout.NAME, layout.DESCRIPTION)]
    for part in parts(*lengths):
        taken = rows[order.rows[part]]
        columns = {
            "playlist_id": pa.array(np.arange(part.start, part.start + len(taken), dtype=np.int32)),
            "key": order.keys[part],
        }
        for name, column in (("title", layout.NAME), ("description", layout.DESCRIPTION)):
            places = np.ascontiguousarray(taken[:, column])
            columns[name] = Texts(source, places, taken[:, column + 1].astype(np.int32)).array()
        for column, name in enumerate(layout.NUMBERS, layout.NUMBER):
            values = taken[:, column]
            if name == "modified_at":
                values = np.where(values < 0, -1, values * _MILLISECONDS)
            columns[name] = number_column(values, _TYPES.get(name, pa.int32()))
        yield pa.table(columns)


def playlist_tracks_table(
    spool: Spool, rows: Int64s, order: PlaylistOrder, track_of: npt.NDArray[np.int32], rank: Int64s
) -> Iterator[pa.Table]:
    """Yield the table playlist_tracks in parts, and write into `rank` where each variant is met first."""
    entries, positions = spool.read("entries", np.int32), spool.read("positions", np.int32)
    ends = np.cumsum(rows[order.rows, layout.ENTRIES])
    start = done = 0
    while start == 0 or start < ends.size:
        stop = max(int(np.searchsorted(ends, done + PART_ROWS, "right")), start + 1)
        taken = rows[order.rows[start:stop]]
        ids, places, tracks = np.empty((3, int(taken[:, layout.ENTRIES].sum())), np.int32)
        gathering.place_entries(taken, start, entries, positions, track_of, rank, done, ids, places, tracks)
        yield pa.table({"playlist_id": ids, "position": places, "track_id": tracks})
        start, done = stop, done + ids.size
