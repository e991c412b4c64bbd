"""Training fed by the loader, against the same training fed from one batch that is on the device already.

    python -m bench.train_throughput --report                       the figure wanted: ResNet-50, 384 pairs, CUDA
    python -m bench.train_throughput --encoder tiny --batch 32 --steps 5 --tracks 200          does it work, on a CPU

Tracks of 30 s by the front end of playlists-2023 in a store of noise, patches of 96 × 256, NT-Xent, Adam, bf16 on CUDA,
channels last: the whole step of `pairmine train`. Peaks are the makers' figures for dense bf16.
"""

import argparse
import resource
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch.utils.flop_counter import FlopCounterMode

from bench import common
from pairmine.kernels.matching import Matches
from pairmine.shards import writer as shards
from trainer import ranks, registry, setup
from trainer.data import Batches
from trainer.features import _writer as _feature_writer
from trainer.loader import Loader
from trainer.run import Run

PEAKS = {  # dense bf16 operations a second
    "B200": 2.25e15,
    "H200": 989e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
}
FRAMES = 2_554  # 30 s at a hop of 188
WARM_UP = 3


def made(tracks: int, batch: int, steps: int, folder: Path) -> Path:
    """Write a store of noise, and pairs enough for so many steps; return the workspace."""
    shutil.rmtree(folder, ignore_errors=True)
    front_end = registry.build("frontends", "playlists").settings
    rng = np.random.default_rng(0)
    noise = 3 * rng.random((FRAMES + 997, front_end["bands"]), np.float32).astype(np.float16)
    request = {"kind": "features", "front_end": front_end, "skipped": {}}
    with _feature_writer.writer(folder / "features" / "noise", request, force=True) as opened:
        for track in range(tracks):
            opened.add(f"{track:08d}", noise[track % 997 :][:FRAMES])
        opened.commit(folder / "features" / "noise", request)
    told = {"strategy": "co", "source": "noise", "via_kind": None, "catalogue_fingerprint": "", "parameters": {}}
    wanted = shards.request(kind="pairs", epochs=1, seed=0, order="shuffled", batch=None, **told)
    with shards.writer(folder / "pairs", wanted, force=True) as pairs:
        anchor, positive = rng.integers(0, tracks, (2, batch * (steps + WARM_UP))).astype(np.int32)
        nothing = np.full(len(anchor), -1, np.int32)
        pairs.write_epoch(0, Matches(anchor, positive, nothing, np.ones(len(anchor), np.float32)), {})
        keys = [f"{track:08d}" for track in range(tracks)]
        ids = pa.array(range(tracks), pa.int32())
        pairs.write_table("tracks", pa.table({"track_id": ids, "key": keys, "title": keys, "artist": keys}))
        pairs.commit(folder / "pairs", {})
    return folder


def steps_of(run: Run, batches: Iterator[Batches], loader: Loader) -> tuple[float, float]:
    """Train on batches; return the seconds a step takes, and the share of them spent waiting for the loader."""
    for number, batch in enumerate(batches):
        if number == WARM_UP:
            _wait(run)
            begin, waited = time.perf_counter(), loader.waited_s
        run.backward(batch, ends_step=True)
        run.step()
    _wait(run)
    seconds = time.perf_counter() - begin
    return seconds / (number + 1 - WARM_UP), (loader.waited_s - waited) / seconds


def _wait(run: Run) -> None:
    if run.here.device.type == "cuda":
        torch.cuda.synchronize()


def operations(run: Run, batch: Batches) -> int:
    """Return the floating-point operations of a step, a multiplication and an addition being two."""
    with FlopCounterMode(display=False) as counter:
        run.backward(batch, ends_step=True)
    run.optimiser.zero_grad(set_to_none=True)
    return counter.get_total_flops()


def measured(options: argparse.Namespace, workspace: Path) -> list[list[Any]]:
    """Return the rows of the table: from the device, from the loader."""
    settings = [f"batch={options.batch}", "epochs=1", f"compile={str(options.compile).lower()}"]
    if options.encoder != "resnet50":
        settings += [f"encoder.name={options.encoder}", "encoder.options={bands = 96, frames = 256}"]
    job = setup.prepare(workspace, [str(workspace / "pairs")], recipe="playlist-tco-resnet50", settings=settings)
    device = torch.device(ranks.device_name(options.device))
    run = Run(job, ranks.Ranks(0, 1, device), workspace, resume=False)
    loader = Loader(job.training, pin=device.type == "cuda")
    wanted = options.steps + WARM_UP
    [(_, first)] = loader.epoch(0, 0, 1)
    on_device = {roles: batch.to(device) for roles, batch in first.items()}
    each = operations(run, on_device)
    peak = next((value for name, value in PEAKS.items() if device.type == "cuda" and name in _gpu(device)), None)
    rows, rates = [], []
    for name in ("one batch on the device", "the loader"):
        batches = (batch for _, batch in loader.epoch(0, 0, wanted)) if rates else (on_device for _ in range(wanted))
        seconds, waited = steps_of(run, batches, loader)
        rates.append(options.batch / seconds)
        share = "unknown peak" if peak is None else f"{each / seconds / peak:.1%}"
        figures = [f"{rates[-1]:,.1f}", f"{rates[-1] / rates[0]:.3f}", share, f"{waited:.1%}", f"{_memory(device):.2f}"]
        rows.append([name, *figures])
    return rows


def _gpu(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "a CPU"


def _memory(device: torch.device) -> float:
    """Return the peak so far in GB."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Measure both ways; with --report keep the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default="resnet50")
    parser.add_argument("--batch", type=int, default=384, help="pairs")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--tracks", type=int, default=4_000)
    parser.add_argument("--device")
    parser.add_argument("--compile", action="store_true", help="through torch.compile")
    parser.add_argument("--report", action="store_true", help="keep the table in bench/results")
    options = parser.parse_args()
    workspace = made(options.tracks, options.batch, options.steps, common.OUT / "train_throughput")
    try:
        rows = measured(options, workspace)
    finally:
        shutil.rmtree(workspace)
    gpu = _gpu(torch.device(ranks.device_name(options.device)))
    title = (
        f"Training {options.encoder} on {gpu}: batches of {options.batch} pairs of 96 × 256, torch {torch.__version__}"
    )
    header = ["fed from", "pairs a second", "ratio", "share of peak", "waiting for data", "peak GB"]
    if options.report:
        common.report("train_throughput", title, header, rows)
        return
    print(title)
    for row in (header, *rows):
        print(" | ".join(row))


if __name__ == "__main__":
    main()
