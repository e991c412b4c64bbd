"""Counting the listeners that tracks share, against SciPy, implicit and DuckDB.

    python -m bench.colisten --listens 2000000

Every method starts from each user's distinct tracks in memory and runs in a process of its own, two threads. `pairmine`
counts, drops pairs under two listeners and keeps what is among the 250 strongest edges of its smaller end, as
`ingest listens` does; implicit counts and keeps the 250 strongest of one end. `pairmine, all` keeps every edge; so do
SciPy (one thread), which multiplies the user × track matrix by itself, and DuckDB, which joins the listens with
themselves: these three must give the same sum of counts. Seconds are those of the method alone; memory is that of its
process, the listens included.
"""

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench import common
from pairmine import seeding
from pairmine.kernels import colistens
from pairmine.kernels.groups import Groups, grouped

THREADS = 2
LEAST = 2
STRONGEST = 250


def world(listens: int) -> tuple[Groups, int]:
    """Return each user's distinct tracks: about 50 a user, tracks by a Zipf-like popularity within the user's taste."""
    rng = seeding.rng(0, "bench", "colisten", listens)
    users, tracks = listens // 50, max(listens // 100, 1000)
    sizes = rng.geometric(1 / 50, users) + 1
    user = np.repeat(np.arange(users), sizes)
    taste = rng.integers(0, tracks, users)[user]
    track = (taste + (tracks ** rng.random(user.size)).astype(np.int64)) % tracks
    pairs = np.unique(user * tracks + track)
    return grouped((pairs // tracks).astype(np.int32), (pairs % tracks).astype(np.int32), users), tracks


def run_pairmine(users: Groups, tracks: int, strongest: int = STRONGEST) -> int:
    """Count with our kernel; return the sum of the counts of the edges kept by their smaller end."""
    own = Groups(users.offsets.copy(), users.members.copy())
    ready, _ = colistens.listeners(own, tracks, LEAST)
    found, _ = colistens.candidates(ready, strongest, min_count=LEAST, stream=0, threads=THREADS)
    return int(sum(each.counts.sum() for each in found))


def run_pairmine_all(users: Groups, tracks: int) -> int:
    """Count with our kernel and keep every edge."""
    return run_pairmine(users, tracks, tracks)


def matrix_of(users: Groups, tracks: int) -> Any:
    """Return the user × track matrix."""
    from scipy.sparse import csr_matrix

    ones = np.ones(users.members.size, np.int32)
    return csr_matrix((ones, users.members, users.offsets), shape=(users.offsets.size - 1, tracks))


def run_scipy(users: Groups, tracks: int) -> int:
    """Count by XᵀX; return the sum of the counts of pairs a < b."""
    from scipy.sparse import triu

    matrix = matrix_of(users, tracks)
    counts = triu(matrix.T.tocsr() @ matrix, 1).tocsr().data
    return int(counts[counts >= LEAST].sum())


def run_implicit(users: Groups, tracks: int) -> int:
    """Count with implicit's nearest neighbours; a track is among its own best, so one more is asked for."""
    from implicit.nearest_neighbours import ItemItemRecommender
    from scipy.sparse import triu

    model = ItemItemRecommender(K=STRONGEST + 1, num_threads=THREADS)
    model.fit(matrix_of(users, tracks).astype(np.float64), show_progress=False)
    counts = triu(model.similarity, 1).tocsr().data
    return int(counts[counts >= LEAST].sum())


def run_duckdb(users: Groups, tracks: int) -> int:
    """Count by a self-join in SQL."""
    import duckdb
    import pyarrow as pa

    user = np.repeat(np.arange(users.offsets.size - 1, dtype=np.int32), np.diff(users.offsets))
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": "8GB"})
    connection.register("listens", pa.table({"user_id": user, "track_id": users.members}))
    counted = (
        "select count(*) as count from listens as a join listens as b "
        "on a.user_id = b.user_id and a.track_id < b.track_id group by a.track_id, b.track_id"
    )
    query = f"select coalesce(sum(count), 0) from ({counted} having count(*) >= {LEAST})"
    return int(connection.sql(query).fetchall()[0][0])


ALL = "pairmine, all", "scipy", "duckdb"
METHODS: dict[str, Callable[[Groups, int], int]] = {
    "pairmine": run_pairmine,
    "pairmine, all": run_pairmine_all,
    "scipy": run_scipy,
    "implicit": run_implicit,
    "duckdb": run_duckdb,
}


def single(method: str, listens: int) -> dict[str, Any]:
    """Run one method and return its seconds and result."""
    few = Groups(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32))
    METHODS[method](few, 2)  # compiles, imports
    users, tracks = world(listens)
    begin = time.perf_counter()
    total = METHODS[method](users, tracks)
    return {"seconds": time.perf_counter() - begin, "sum": total, "listens": int(users.members.size), "tracks": tracks}


def main() -> None:
    """Compare all methods on one world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listens", type=int, default=2_000_000)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--single", choices=METHODS)
    arguments = parser.parse_args()
    if arguments.single:
        print(json.dumps(single(arguments.single, arguments.listens)))
        return
    found = {
        method: common.measure("bench.colisten", "--single", method, "--listens", arguments.listens)
        for method in arguments.methods
    }
    if len({found[method]["sum"] for method in ALL if method in found}) > 1:
        raise SystemExit(f"{', '.join(ALL)} disagree: {found}")
    own = found.get("pairmine", {}).get("seconds", float("nan"))
    rows = [
        [method, f"{each['seconds']:.1f}", f"{each['seconds'] / own:.1f}", each["gigabytes"], f"{each['sum']:,}"]
        for method, each in found.items()
    ]
    first = next(iter(found.values()))
    title = f"Co-listens of {first['listens']:,} listens of {first['tracks']:,} tracks"
    common.report("colisten", title, ["method", "seconds", "times ours", "GB", "sum of counts"], rows)


if __name__ == "__main__":
    main()
