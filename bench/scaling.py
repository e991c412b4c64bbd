"""Time and memory of whole commands as playlists grow: table and plot.

python -m bench.scaling --sizes 10000 100000 1000000
"""

import argparse
import shutil

from bench import common

EPOCHS = 50


def measure(playlists: int) -> dict[str, tuple[float, float]]:
    """Return wall seconds and GB of each command at a size."""
    workspace = common.OUT / f"synth-{playlists}"
    shutil.rmtree(workspace, ignore_errors=True)
    place = ("-w", workspace)
    source = ("--source", "synth")
    return {
        "ingest synth": common.pairmine("ingest", "synth", "--playlists", playlists, *place),
        "build-pairs co": common.pairmine("build-pairs", *source, "--strategy", "co", "--epochs", EPOCHS, *place),
        "build-pairs tco": common.pairmine("build-pairs", *source, "--strategy", "tco", "--epochs", EPOCHS, *place),
        "stats tco": common.pairmine("stats", workspace / "pairs" / "synth-tco", *place),
        "check tco": common.pairmine("check", workspace / "pairs" / "synth-tco", *place),
    }


def plot(sizes: list[int], results: list[dict[str, tuple[float, float]]]) -> None:
    """Draw seconds and gigabytes over playlists, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4))
    for axis, unit, place in zip(axes, ("seconds", "GB"), (0, 1), strict=True):
        for command in results[0]:
            axis.loglog(sizes, [result[command][place] for result in results], marker="o", label=command)
        axis.set_xlabel("playlists")
        axis.set_ylabel(unit)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(common.RESULTS / "scaling.png", dpi=120)


def main() -> None:
    """Measure all sizes and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    sizes = parser.parse_args().sizes
    common.world(100)  # compiles every kernel once
    measure(100)
    results = [measure(size) for size in sizes]
    rows = [
        [
            command,
            *(f"{seconds:.1f} s, {memory:.2f} GB" for seconds, memory in (result[command] for result in results)),
        ]
        for command in results[0]
    ]
    title = f"Whole commands, {EPOCHS} epochs, from process start to exit"
    common.report("scaling", title, ["command", *(f"{size:,} playlists" for size in sizes)], rows)
    plot(sizes, results)


if __name__ == "__main__":
    main()
