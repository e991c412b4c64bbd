"""Exact top-10 co-occurrence against sparse_dot_topn and implicit, and a matching epoch against plain Python.

    python -m bench.cooccurrence --playlists 1000000

Every method starts from playlists in memory and runs in a process of its own, two threads. Seconds are those of the
method alone; memory is that of its process, the playlists included. All give the same sum of counts.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench import common
from pairmine import parallel, seeding
from pairmine.kernels import matching, topk
from pairmine.kernels.groups import Groups
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters

K = 10
THREADS = 2
EPOCHS = 10


def playlists_of(workspace: Path) -> tuple[Groups, int]:
    """Return the playlists of the workspace's world and the number of its tracks."""
    inputs = Inputs(workspace, "synth")
    return inputs.playlists(Parameters()), inputs.tracks


def run_pairmine(groups: Groups, tracks: int) -> int:
    """Count with our kernel; return the sum of the counts kept."""
    scores = topk.top_k(groups, tracks, K, stream=0, threads=THREADS).scores
    return int(scores.sum(dtype=np.float64))


def matrix_of(groups: Groups, tracks: int) -> Any:
    """Return the playlist × track matrix."""
    from scipy.sparse import csr_matrix

    ones = np.ones(groups.members.size, np.int32)
    return csr_matrix((ones, groups.members, groups.offsets), shape=(groups.offsets.size - 1, tracks))


def run_sparse_dot_topn(matrix: Any) -> int:
    """Count with sparse_dot_topn; a track is among its own best, so one more is asked for."""
    from sparse_dot_topn import sp_matmul_topn

    transposed = matrix.T.tocsr()
    best = sp_matmul_topn(transposed, matrix, top_n=K + 1, n_threads=THREADS)
    return int(best.sum() - matrix.nnz)


def run_implicit(matrix: Any) -> int:
    """Count with implicit's nearest neighbours."""
    from implicit.nearest_neighbours import ItemItemRecommender

    model = ItemItemRecommender(K=K + 1, num_threads=THREADS)
    model.fit(matrix.astype(np.float64), show_progress=False)
    return int(model.similarity.sum() - matrix.nnz)


def co_in_python(groups: Groups, tracks: int) -> int:
    """Draw one `co` epoch with a Python set of available tracks; return its pairs."""
    generator = np.random.default_rng(0)
    available = set(range(tracks))
    pairs = 0
    for group in generator.permutation(groups.offsets.size - 1).tolist():
        members = groups.members[groups.offsets[group] : groups.offsets[group + 1]].tolist()
        free = [track for track in members if track in available]
        generator.shuffle(free)
        free = free[: len(free) // 2 * 2]
        available.difference_update(free)
        pairs += len(free) // 2
    return pairs


def epochs(draw: Callable[[int], matching.Matches]) -> float:
    """Return seconds an epoch, over EPOCHS epochs on all threads."""
    begin = time.perf_counter()
    list(parallel.in_order(draw, range(EPOCHS), THREADS))
    return (time.perf_counter() - begin) / EPOCHS


def single(method: str, workspace: Path) -> dict[str, Any]:
    """Run one method and return its seconds and result."""
    groups, tracks = playlists_of(workspace)
    few = Groups(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32))
    work: Callable[[], int]
    if method == "pairmine":
        run_pairmine(few, 2)  # compiles
        work = lambda: run_pairmine(groups, tracks)  # noqa: E731
    else:
        matrix = matrix_of(groups, tracks)
        run = {"sparse_dot_topn": run_sparse_dot_topn, "implicit": run_implicit}[method]
        work = lambda: run(matrix)  # noqa: E731
    begin = time.perf_counter()
    total = work()
    return {"seconds": time.perf_counter() - begin, "sum": total}


def matching_epochs(workspace: Path) -> dict[str, Any]:
    """Return seconds an epoch of `co` and `tco`, and of `co` in Python."""
    groups, tracks = playlists_of(workspace)
    ids, scores = topk.top_k(groups, tracks, K, stream=0, threads=THREADS)
    order = seeding.stream(0, "bench")

    def co(epoch: int) -> matching.Matches:
        return matching.pair_groups(groups, tracks, order + epoch, order - epoch, pool=True)

    def tco(epoch: int) -> matching.Matches:
        return matching.pair_neighbours(ids, scores, order + epoch, order - epoch)

    paired = {name: 2 * draw(0).anchor.size / tracks for name, draw in (("co", co), ("tco", tco))}
    begin = time.perf_counter()
    co_in_python(groups, tracks)
    python = time.perf_counter() - begin
    return {"co": epochs(co), "tco": epochs(tco), "python": python, "paired": paired}


def main() -> None:
    """Run all methods in turn and report medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--playlists", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--method", help="run one method and print it as JSON")
    arguments = parser.parse_args()
    workspace = common.world(arguments.playlists)
    if arguments.method:
        work = matching_epochs if arguments.method == "matching" else lambda path: single(arguments.method, path)
        print(json.dumps(work(workspace)))
        return
    methods = ["pairmine", "sparse_dot_topn", "implicit"]
    size = ("--playlists", arguments.playlists)
    results: dict[str, list[dict[str, Any]]] = {method: [] for method in methods}
    for _ in range(arguments.runs):
        for method in methods:
            results[method].append(common.measure("bench.cooccurrence", "--method", method, *size))
    seconds = {method: median(run["seconds"] for run in runs) for method, runs in results.items()}
    rows = [
        [
            method,
            f"{seconds[method]:.1f}",
            f"{seconds[method] / seconds['pairmine']:.1f}",
            max(run["gigabytes"] for run in runs),
            f"{runs[0]['sum']:,}",
        ]
        for method, runs in results.items()
    ]
    title = f"Exact top-10 co-occurrence of {arguments.playlists:,} synthetic playlists, {THREADS} threads"
    header = ["method", f"seconds (median of {arguments.runs})", "times pairmine", "GB", "sum of counts"]
    common.report("cooccurrence", title, header, rows)
    epoch = common.measure("bench.cooccurrence", "--method", "matching", *size)
    rows = [
        [
            "co",
            f"{epoch['co']:.3f}",
            f"{epoch['python']:.1f}",
            f"{epoch['python'] / epoch['co']:.0f}",
            f"{epoch['paired']['co']:.1%}",
        ],
        ["tco", f"{epoch['tco']:.3f}", "", "", f"{epoch['paired']['tco']:.1%}"],
    ]
    header = ["strategy", "seconds an epoch, 2 threads", "Python, 1 thread", "ratio", "tracks paired"]
    common.report("matching", f"One epoch of {arguments.playlists:,} synthetic playlists", header, rows)


if __name__ == "__main__":
    main()
