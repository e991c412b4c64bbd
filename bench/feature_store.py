"""Patches of the feature store from the page cache, against a loop over memory-mapped arrays and one file a track.

    python -m bench.feature_store --tracks 6000 --threads 2

Tracks of 30 s (1,876 frames of 96 bands), batches of 384 pairs of 96 × 256 patches at random places; every way draws
the same batches, each thread its own. The last line copies as many bytes from one array in memory: no loader is faster.
"""

import argparse
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import common
from trainer.features import _writer as _feature_writer
from trainer.features.store import FeatureStore

FRAMES, BANDS, PATCH, BATCH = 1_876, 96, 256, 768
SHARD_BYTES = 1 << 28
ROUNDS = 5

Halves = npt.NDArray[np.float16]
Ids = npt.NDArray[np.int64]


def made(tracks: int, folder: Path) -> FeatureStore:
    """Return a store of noise, and write the same tracks as one file each."""
    rng = np.random.default_rng(0)
    noise = rng.random((FRAMES + 997, BANDS), np.float32).astype(np.float16)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "files").mkdir(parents=True)
    _feature_writer.SHARD_BYTES = SHARD_BYTES
    front_end = {"bands": BANDS, "hop": 256, "rate": 16_000}
    with _feature_writer.writer(folder / "store", {"kind": "features", "front_end": front_end}, force=True) as writer:
        for track in range(tracks):
            mel = noise[track % 997 :][:FRAMES]
            writer.add(f"{track:08d}", mel)
            np.save(folder / "files" / f"{track}.npy", mel)
        writer.commit(folder / "store", {"kind": "features", "front_end": front_end})
    return FeatureStore.open(folder / "store")


def main() -> None:
    """Measure every way and report patches a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=6_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, default=40)
    options = parser.parse_args()
    folder = common.OUT / "features"
    opened = made(options.tracks, folder)
    rng = np.random.default_rng(1)
    draws = [
        (rng.integers(0, options.tracks, BATCH), rng.integers(0, FRAMES - PATCH + 1, BATCH))
        for _ in range(options.batches)
    ]
    memory = [np.empty((BATCH, PATCH, BANDS), np.float16) for _ in range(options.threads)]
    flat = np.ones((BATCH, PATCH, BANDS), np.float16)

    def looped(rows: Ids, starts: Ids, _: Halves) -> Halves:
        patches = [opened.mel(row)[:, at : at + PATCH] for row, at in zip(rows, starts, strict=True)]
        return np.stack(patches)

    def from_files(rows: Ids, starts: Ids, _: Halves) -> Halves:
        found = [
            np.load(folder / "files" / f"{row}.npy")[at : at + PATCH] for row, at in zip(rows, starts, strict=True)
        ]
        return np.stack(found)

    def copied(rows: Ids, starts: Ids, out: Halves) -> None:
        out[:] = flat

    ways: dict[str, Callable[[Ids, Ids, Halves], object]] = {
        "`patches(…, out)`": lambda rows, starts, out: opened.patches(rows, starts, PATCH, out),
        "`patches(…)`": lambda rows, starts, _: opened.patches(rows, starts, PATCH),
        "Python loop over the memory maps": looped,
        "`np.load` of one file a track": from_files,
        "copy of one array in memory": copied,
    }
    rates = {name: rate(way, draws, memory) for name, way in ways.items()}
    best = rates["`patches(…, out)`"]
    rows = [[name, f"{each:,.0f}", f"{each / best:.2f}"] for name, each in rates.items()]
    title = f"Patches of 96 × 256 from {options.tracks:,} tracks, {options.threads} threads"
    common.report("feature_store", title, ["way", "patches a second", "ratio"], rows)
    shutil.rmtree(folder)


def rate(way: Callable[[Ids, Ids, Halves], object], draws: list[tuple[Ids, Ids]], memory: list[Halves]) -> float:
    """Return patches a second, the best of some rounds; the first round warms up."""
    threads, seconds = len(memory), []

    def work(one: int) -> None:
        for draw in draws[one::threads]:
            way(*draw, memory[one])

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            list(pool.map(work, range(threads)))
            seconds.append(time.perf_counter() - begin)
    return len(draws) * BATCH / min(seconds[1:])


if __name__ == "__main__":
    main()
