"""Whether encoders learn from mined pairs: the recipe `laptop` on clips whose labels are known, over three seeds.

    python -m bench.learning                  # 800 rendered clips of the synthetic world, retrieved by genre and style
    python -m bench.learning --clips DIR      # a folder with tracks.tsv: file, split, soundtrack, artist, title

Soundtracks serve as playlists. `co+self` and `tco+self` are the recipe `laptop-with-self`, which learns from both sets.
Encoders are trained on the tracks of the split `train` and judged on those of `test`; the recipes were chosen on the
synthetic world and on parts of the training clips. Figures are means over seeds; their replicates resample queries, the
same ones for every system, and are averaged over seeds, so intervals and differences are those of the mean encoder.
"""

import argparse
import csv
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.common import OUT, RESULTS, pairmine, report
from trainer.metrics.score import Score, interval
from trainer.reporting import results

SEEDS = 3
METRICS = ("P@1", "MAP")
BASELINES = ("MFCC", "random weights", "chance")
CLIPS, SECONDS, PLAYLISTS = 800, 6, 3000


def synthetic(workspace: Path) -> tuple[str, list[str], dict[str, Path], list[str]]:
    """Return source, strategies, label tables by column, and options of `evaluate`, of the synthetic world."""
    if not (workspace / "features" / "synth-vggish").exists():
        pairmine("ingest", "synth", "--playlists", PLAYLISTS, "--audio", CLIPS, "--seconds", SECONDS, "-w", workspace)
        pairmine("features", "--source", "synth", "--front-end", "vggish", "-w", workspace)
        pairmine("split", "synth", "--by", "track", "--fractions", "0.75,0,0.25", "-w", workspace)
    clips = (workspace / "audio" / "synth" / "key_map.tsv").read_text().splitlines()[1:]
    heard = workspace / "heard.txt"
    heard.write_text("".join(f"{line.split()[1]}\n" for line in clips))
    query = (
        f"select key, genre, style, split from read_csv('{workspace / 'audio' / 'synth' / 'key_map.tsv'}') "
        "join synth.truth_tracks using (key) join synth.splits using (track_id)"
    )
    labels = workspace / "labels.csv"
    command = [sys.executable, "-m", "pairmine", "sql", "--csv", query, "-w", workspace]
    labels.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    for strategy in ("co", "tco", "artist-co", "self"):
        words = ("--source", "synth", "--strategy", strategy, "--epochs", 20, "--split", "train", "--keys", heard)
        pairmine("build-pairs", *words, "-w", workspace)
    tables = {"genre": labels, "style": labels}
    return "synth", ["co", "tco", "artist-co", "self", "tco+self"], tables, ["--split", "test"]


def real(workspace: Path, clips: Path) -> tuple[str, list[str], dict[str, Path], list[str]]:
    """Return the same of a folder of clips."""
    with (clips / "tracks.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["split"] == "train"]
    workspace.mkdir(parents=True, exist_ok=True)
    training = workspace / "training.tsv"
    with training.open("w") as file:
        writer = csv.DictWriter(file, rows[0], delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    if not (workspace / "features" / "clips").exists():
        pairmine("ingest", "playlists", training, "--playlist", "soundtrack", "--track", "file", "-w", workspace)
        pairmine("features", clips, "--front-end", "vggish", "--name", "clips", "-w", workspace)
    for strategy in ("co", "artist-co", "self"):
        pairmine("build-pairs", "--source", "playlists", "--strategy", strategy, "-w", workspace)
    tables = {"soundtrack": clips / "tracks.tsv", "artist": clips / "tracks.tsv"}
    return "playlists", ["co", "artist-co", "self", "co+self"], tables, ["--split", "test", "--least", "3"]


def train(workspace: Path, source: str, strategies: Sequence[str]) -> list[str]:
    """Train each strategy's encoders that are not there yet, and return the names of all runs."""
    runs = [(strategy, seed) for seed in range(SEEDS) for strategy in strategies]
    for strategy, seed in runs:
        if not (workspace / "runs" / f"{strategy}-{seed}" / "best.safetensors").exists():
            folders = [workspace / "pairs" / f"{source}-{each}" for each in strategy.split("+")]
            sets = [word for folder in folders for word in ("--pairs", folder)]
            recipe = "laptop" if len(folders) == 1 else "laptop-with-self"
            words = ("--recipe", recipe, "--name", f"{strategy}-{seed}", "--set", f"seed={seed}")
            pairmine("train", *sets, *words, "-w", workspace)
    return [f"{strategy}-{seed}" for strategy, seed in runs]


def judge(workspace: Path, runs: list[str], column: str, table: Path, options: list[str]) -> dict[str, list[Score]]:
    """Return the figures of every system, a strategy's averaged over seeds."""
    out = workspace / f"{column}.json"
    given = [word for run in runs for word in ("--checkpoint", run)]
    pairmine(
        "evaluate",
        "retrieval",
        "--data",
        table,
        "--label-column",
        column,
        *options,
        *given,
        "--out",
        out,
        "-w",
        workspace,
    )
    found: dict[str, list[list[Score]]] = {}
    for system in results.read(out).systems:
        name = system.name.rpartition("-")[0] if system.name in runs else system.name
        found.setdefault(name, []).append([score for metric in METRICS if (score := system.score(metric))])
    return {name: [mean(of_seeds) for of_seeds in zip(*scores, strict=True)] for name, scores in found.items()}


def mean(scores: Sequence[Score]) -> Score:
    """Return the mean figure of several seeds."""
    replicates = np.mean([score.replicates for score in scores], axis=0)
    return Score(scores[0].metric, float(np.mean([score.value for score in scores])), replicates, scores[0].unit)


def rows(column: str, scores: dict[str, list[Score]], strategies: Sequence[str]) -> list[list[str]]:
    """Return a table's rows: figures, and how far each strategy lies above random weights and MFCC."""
    table = []
    for name, found in scores.items():
        cells = [f"{score.value:.3f} {_span(score.interval)}" for score in found]
        for other in BASELINES[1::-1]:
            apart = [a.replicates - b.replicates for a, b in zip(found, scores[other], strict=True)]
            value = found[-1].value - scores[other][-1].value
            cells.append(f"{value:+.3f} {_span(interval(apart[-1]))}" if name in strategies else "")
        table.append([column, name, *cells])
    return table


def plot(name: str, scores: dict[str, dict[str, list[Score]]]) -> None:
    """Draw the MAP of every system with its interval, a panel a label, as bench/results/<name>.png."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(scores), figsize=(5 * len(scores), 2.6), sharey=True)
    for axis, (column, found) in zip(axes, scores.items(), strict=True):
        names = list(found)[::-1]
        of_map = [found[system][-1] for system in names]
        spans = [score.interval or (score.value, score.value) for score in of_map]
        reach = [[score.value - low for score, (low, _) in zip(of_map, spans, strict=True)]]
        reach += [[high - score.value for score, (_, high) in zip(of_map, spans, strict=True)]]
        colours = ["#2563a8" if system not in BASELINES else "#9aa3af" for system in names]
        axis.barh(names, [score.value for score in of_map], xerr=reach, color=colours, height=0.6, capsize=2)
        axis.set_xlabel(f"MAP, same {column}")
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(RESULTS / f"{name}.png", dpi=120)


def _span(of: tuple[float, float] | None) -> str:
    return "" if of is None else f"[{of[0]:.3f}, {of[1]:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=Path)
    clips = parser.parse_args().clips
    name = "learning" if clips is None else "learning_clips"
    workspace = (OUT / name).resolve()
    source, strategies, tables, options = synthetic(workspace) if clips is None else real(workspace, clips)
    runs = train(workspace, source, strategies)
    scores = {column: judge(workspace, runs, column, file, options) for column, file in tables.items()}
    table = [row for column, found in scores.items() for row in rows(column, found, strategies)]
    title = f"Retrieval of held-out tracks by encoders trained on mined pairs, mean of {SEEDS} seeds"
    above = ["MAP above random weights", "MAP above MFCC"]
    report(name, title, ["label", "system", *METRICS, *above], table)
    plot(name, scores)


if __name__ == "__main__":
    main()
