"""What all benchmarks share: worlds of a size, whole-process time and memory, tables."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
OUT = Path(__file__).parent / "out"


def pairmine(*words: object) -> tuple[float, float]:
    """Run a command of pairmine; return its wall seconds and peak memory in GB."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "pairmine", *map(str, words)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"pairmine {' '.join(map(str, words))} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1e6


def world(playlists: int) -> Path:
    """Return a workspace with the source `synth` of this size, made unless it is there."""
    workspace = OUT / f"synth-{playlists}"
    if not (workspace / "catalogue" / "synth" / "manifest.json").exists():
        pairmine("ingest", "synth", "--playlists", playlists, "-w", workspace)
    return workspace


def measure(module: str, *words: object) -> dict[str, Any]:
    """Run `python -m module words`, which prints one JSON object, and add its peak memory in GB."""
    process = subprocess.Popen([sys.executable, "-m", module, *map(str, words)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{module} {words} ended with {process.returncode}")
    return {**json.loads(output.splitlines()[-1]), "gigabytes": round(usage.ru_maxrss / 1e6, 2)}


def report(name: str, title: str, header: list[str], rows: list[list[Any]]) -> None:
    """Print a Markdown table and keep it as bench/results/<name>.md."""
    lines = [f"# {title}", "", machine(), "", f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text)


def machine() -> str:
    """Return a line about the machine a figure comes from."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {memory:.0f} GiB."
