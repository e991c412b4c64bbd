"""Linking two sources: how many links are right and how many are found, against Splink; and time and memory by size.

python -m bench.linking --sizes 100000 300000 1000000

Quality: real names (`linking_truth.py` says how they are changed); every link that the truth does not have counts as
false, also where two real names differ less than they should. Speed: titles and artists of the real names put together
at random. Splink gets the normalised columns of `pairmine.linking.sides`, as it wants standardised input; blocks and
comparisons are the like of ours; its pairs are resolved one-to-one greedily, as ours. It runs where it is installed
(`--splink PYTHON`), on the real names and on the smallest size.

The changes to names are ours, and weights and default threshold were chosen on them (seed 0): read the figures as how
well the linker does what it was made for. Other draws of the same changes: `--seed`.
"""

import argparse
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bench import common, linking_truth

THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
PROBABILITIES = (0.5, 0.9, 0.99, 0.999, 0.9999)
LOWEST = 0.5
Truth = dict[str, str]


def quality(links: list[tuple[str, str, float]], truth: Truth, threshold: float) -> tuple[float, float]:
    """Return precision and recall of the links (left key, right key, score) from a threshold on.

    Greedy resolution takes pairs by falling score, so a higher threshold leaves the links above it as they were.
    """
    kept = [(left, right) for left, right, score in links if score >= threshold]
    right_ones = sum(truth.get(left) == right for left, right in kept)
    return right_ones / max(len(kept), 1), right_ones / len(truth)


def world(name: str, names: list[linking_truth.Name], seed: int) -> tuple[Path, Truth]:
    """Write the two sources of names into a workspace; return it and the truth."""
    workspace = common.OUT / "linking" / name
    shutil.rmtree(workspace, ignore_errors=True)
    left, right, truth, _ = linking_truth.two_sources(names, seed)
    linking_truth.write_source(workspace, "left", left)
    linking_truth.write_source(workspace, "right", right)
    return workspace, truth


def recombined(count: int) -> list[linking_truth.Name]:
    """Return distinct (artist, title) of real artists and real titles drawn at random."""
    rng = random.Random(count)
    names = sorted({name for read in linking_truth.SOURCES.values() for name in read() if all(map(str.strip, name))})
    artists, titles = ([name[place] for name in names] for place in (0, 1))
    drawn: dict[linking_truth.Name, None] = {}
    while len(drawn) < count:
        drawn[rng.choice(artists), rng.choice(titles)] = None
    return list(drawn)


def read_links(workspace: Path) -> list[tuple[str, str, float]]:
    table = pq.read_table(workspace / "links/left-right/links.parquet", columns=["left_key", "right_key", "score"])
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def ours(workspace: Path, threshold: float) -> tuple[float, float]:
    """Link anew; return seconds and peak memory in GB of the whole process."""
    shutil.rmtree(workspace / "links", ignore_errors=True)
    return common.pairmine("link", "left", "right", "--threshold", threshold, "--threads", 2, "-w", workspace)


def splink(python: str, workspace: Path) -> tuple[list[tuple[str, str, float]], dict[str, Any]]:
    """Let Splink link the same tracks; return its links and its seconds and memory."""
    from pairmine.linking import sides

    for side in ("left", "right"):
        tracks = pq.read_table(workspace / "catalogue" / side / "tracks")
        table = sides.normalised(tracks).select(["track_id", "core", "marks", "artist", "duration_ms"])
        pq.write_table(table.append_column("key", tracks["key"]), workspace / f"{side}.parquet")
    script = Path(__file__).with_name("linking_splink.py")
    done = subprocess.run([python, script, workspace], capture_output=True, text=True, check=True)
    links = json.loads((workspace / "splink.json").read_text())
    return [tuple(link) for link in links], json.loads(done.stdout.splitlines()[-1])


def quality_rows(python: str | None, seed: int) -> list[list[str]]:
    rows = []
    for name, read in linking_truth.SOURCES.items():
        names = linking_truth.distinct(read())
        workspace, truth = world(name, names, seed)
        ours(workspace, LOWEST)
        seconds, memory = min(ours(workspace, LOWEST) for _ in range(2))
        found = read_links(workspace)
        about = [name, f"{len(truth):,}", "pairmine link", f"{seconds:.1f} s, {memory:.1f} GB"]
        for threshold in THRESHOLDS:
            rows.append([*about, f"{threshold}", *(f"{part:.4f}" for part in quality(found, truth, threshold))])
        if python:
            found, spent = splink(python, workspace)
            about[2:] = ["Splink", f"{spent['seconds']:.1f} s, {spent['gigabytes']:.1f} GB"]
            for threshold in PROBABILITIES:
                rows.append([*about, f"p ≥ {threshold}", *(f"{part:.4f}" for part in quality(found, truth, threshold))])
    return rows


def size_rows(size: int, python: str | None, seed: int) -> list[list[str]]:
    workspace, truth = world(f"recombined-{size}", recombined(size * 3 // 2), seed)
    seconds, memory = min(ours(workspace, 0.8) for _ in range(2))
    about = [f"recombined, {size:,} on the left", f"{len(truth):,}"]
    figures = (f"{part:.4f}" for part in quality(read_links(workspace), truth, 0.8))
    rows = [[*about, "pairmine link", f"{seconds:.1f} s, {memory:.1f} GB", "0.8", *figures]]
    if python:
        found, spent = splink(python, workspace)
        figures = (f"{part:.4f}" for part in quality(found, truth, 0.99))
        rows.append([*about, "Splink", f"{spent['seconds']:.1f} s, {spent['gigabytes']:.1f} GB", "p ≥ 0.99", *figures])
    return rows


def main() -> None:
    """Measure quality and sizes, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--splink", help="Python interpreter that has Splink; without it Splink is left out.")
    options = parser.parse_args()
    header = ["names", "true links", "by", "time, peak memory", "threshold", "precision", "recall"]
    title = (
        "Linking two sources; two threads; ours: whole process, best of two runs; "
        "Splink: one run without start and normalising"
    )
    rows = quality_rows(options.splink, options.seed)
    common.report("linking", title, header, rows)
    for size in sorted(options.sizes):
        rows += size_rows(size, options.splink if size == min(options.sizes) else None, options.seed)
        common.report("linking", title, header, rows)


if __name__ == "__main__":
    main()
