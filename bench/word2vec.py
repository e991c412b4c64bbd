"""Word2Vec over whole playlists: the kernel against gensim, in one run, by speed and by what the vectors know.

    python -m bench.word2vec --playlists 100000 --iterations 5
    python -m bench.word2vec --full            # the kernel alone, a million playlists, 20 iterations, as in the paper

Every trainer runs in a process of its own, from playlists in memory; words a second count every word of every
iteration, gensim's scan for its vocabulary included. One playlist in fifty is held out: the mean of the vectors of its
first half has to find its second half. Neighbours are sought among the tracks of at least five playlists.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.dataset as ds

from bench import common
from pairmine.kernels.groups import Groups, membership_counts
from pairmine.kernels.topk import top_k
from pairmine.strategies import w2v
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters

HELD_OUT = 50
LEAST = 5
SAMPLE, NEAREST, FOUND = 2000, 10, 100

Vectors = npt.NDArray[np.float32]


def parts(playlists: Groups, held_out: bool) -> Groups:
    """Return the playlists that are held out, or the others; empty in the place of those that are not asked for."""
    sizes = np.diff(playlists.offsets)
    asked = (np.arange(sizes.size) % HELD_OUT == 0) == held_out
    kept = np.repeat(asked, sizes)
    return Groups(np.concatenate(([0], np.cumsum(np.where(asked, sizes, 0)))), playlists.members[kept])


def learn(workspace: Path, trainer: str, iterations: int, threads: int) -> dict[str, float | str]:
    """Learn, save the vectors beside the workspace, and return the words a second."""
    inputs = Inputs(workspace, "synth", threads=threads)
    playlists = parts(inputs.playlists(Parameters()), held_out=False)
    parameters = Parameters(dimensions=128, iterations=iterations, trainer=trainer)
    if trainer == "kernel":  # compiled before the clock starts
        few = Groups(playlists.offsets[:50], playlists.members[: playlists.offsets[49]])
        w2v.TRAINERS[trainer](few, inputs.tracks, Parameters(dimensions=128, iterations=1, trainer=trainer), threads)
    begin = time.perf_counter()
    vectors = w2v.TRAINERS[trainer](playlists, inputs.tracks, parameters, threads)
    seconds = time.perf_counter() - begin
    np.save(workspace / f"{trainer}-{threads}.npy", vectors)
    return {"seconds": seconds, "words_s": iterations * playlists.members.size / seconds}


def quality(workspace: Path, name: str) -> dict[str, float]:
    """Return what a trainer's vectors know of tastes, of co-occurrence and of held-out playlists."""
    inputs = Inputs(workspace, "synth")
    playlists = inputs.playlists(Parameters())
    train, held_out = parts(playlists, held_out=False), parts(playlists, held_out=True)
    candidates = np.flatnonzero(membership_counts(train.members, inputs.tracks) >= LEAST)
    vectors = np.load(workspace / f"{name}.npy")[candidates]
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    truth = ds.dataset(inputs.folder / "truth_tracks").to_table(columns=["genre", "style"]).take(candidates)
    asked = np.random.default_rng(0).choice(candidates.size, min(SAMPLE, candidates.size), replace=False)
    cosine = unit[asked] @ unit.T
    cosine[np.arange(asked.size), asked] = -np.inf
    nearest = np.argpartition(-cosine, NEAREST, axis=1)[:, :NEAREST]
    same = {name: column.to_numpy() for name, column in zip(truth.column_names, truth.columns, strict=True)}
    best = top_k(train, inputs.tracks, NEAREST, stream=0).ids[candidates[asked]]
    overlap = np.mean(
        [len(set(candidates[near]) & set(top)) / NEAREST for near, top in zip(nearest, best, strict=True)]
    )
    return {
        **{name: float((of[nearest] == of[asked][:, None]).mean()) for name, of in same.items()},
        "co-occurrence": float(overlap),
        "continuation": continuation(unit, candidates, held_out, inputs.tracks),
    }


def continuation(unit: Vectors, candidates: npt.NDArray[np.int64], held_out: Groups, tracks: int) -> float:
    """Return how much of the second half of held-out playlists is among the tracks nearest to their first half."""
    place = np.full(tracks, -1)
    place[candidates] = np.arange(candidates.size)
    recalls = []
    for begin, end in zip(held_out.offsets[:-1], held_out.offsets[1:], strict=True):
        known = place[held_out.members[begin:end]]
        known = known[known >= 0]
        first, second = known[: known.size // 2], known[known.size // 2 :]
        if first.size and len(recalls) < SAMPLE:
            scores = unit @ unit[first].mean(axis=0)
            scores[first] = -np.inf
            found = np.argpartition(-scores, FOUND)[:FOUND]
            recalls.append(np.isin(second, found).mean())
    return float(np.mean(recalls))


def main() -> None:
    """Compare the trainers, or run the kernel at full size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--playlists", type=int, default=100_000)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--learn", nargs=4, metavar=("WORKSPACE", "TRAINER", "ITERATIONS", "THREADS"))
    arguments = parser.parse_args()
    if arguments.learn:
        workspace, trainer, iterations, threads = arguments.learn
        print(json.dumps(learn(Path(workspace), trainer, int(iterations), int(threads))))
        return
    size, iterations = (1_000_000, 20) if arguments.full else (arguments.playlists, arguments.iterations)
    workspace = common.world(size)
    runs = [("kernel", 2)] if arguments.full else [("gensim", 2), ("kernel", 2), ("kernel", 1)]
    learned = [common.measure("bench.word2vec", "--learn", workspace, *run[:1], iterations, run[1]) for run in runs]
    rows = []
    for (trainer, threads), measured in zip(runs, learned, strict=True):
        known = quality(workspace, f"{trainer}-{threads}")
        rows.append([trainer, threads, f"{measured['seconds']:.1f}", f"{measured['words_s']:,.0f}"])
        rows[-1] += [measured["gigabytes"], *(f"{value:.3f}" for value in known.values())]
    header = [
        "trainer",
        "threads",
        "seconds",
        "words/s",
        "GB",
        "same genre",
        "same style",
        "co-occurrence",
        "continuation",
    ]
    title = f"Word2Vec, {size:,} synthetic playlists, {iterations} iterations, 128 dimensions"
    common.report("word2vec_full" if arguments.full else "word2vec", title, header, rows)


if __name__ == "__main__":
    main()
