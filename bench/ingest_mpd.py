"""MPD JSON to the finished catalogue, as the input grows; and what others take for less.

python -m bench.ingest_mpd --sizes 10000 30000 100000

The peers only write flat rows (all fields, zstd Parquet, a file each) and number nothing: no ids, no tables of
tracks, artists and albums, no check of what they read. They run on the largest size.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench import common

MPD_BYTES = 33.0e9
ENTRY = {"pos": int, "duration_ms": int} | dict.fromkeys(
    ("artist_name", "track_uri", "artist_uri", "track_name", "album_uri", "album_name"), str
)


def slices(playlists: int) -> Path:
    """Return a folder of synthetic slices in the original layout, made unless it is there."""
    folder = common.OUT / f"mpd-{playlists}"
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        words = ("--playlists", playlists, "--format", "json", "--out", partial, "-w", common.OUT / "mpd")
        common.pairmine("ingest", "synth", *words)
        partial.rename(folder)
    return folder


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.json"))


def duckdb_file(path: Path, target: Path) -> None:
    import duckdb

    fields = ", ".join(f"{name} {'bigint' if kind is int else 'varchar'}" for name, kind in ENTRY.items())
    shape = f"struct(pid bigint, name varchar, tracks struct({fields})[])[]"
    duckdb.sql(f"""
        copy (
            with playlists as (
                select unnest(playlists, recursive := false) as p
                from read_json('{path}', columns = {{playlists: '{shape}'}}, maximum_object_size = 200000000)
            )
            select p.pid, p.name, unnest(p.tracks, recursive := true) from playlists
        ) to '{target}' (format parquet, compression zstd)
    """)


def polars_file(path: Path, target: Path) -> None:
    import polars as pl

    fields = pl.Struct({name: pl.Int64 if kind is int else pl.String for name, kind in ENTRY.items()})
    playlist = pl.Struct({"pid": pl.Int64, "name": pl.String, "tracks": pl.List(fields)})
    frame = pl.read_json(path, schema={"playlists": pl.List(playlist)}).explode("playlists").unnest("playlists")
    frame.explode("tracks").unnest("tracks").write_parquet(target, compression="zstd")


def msgspec_file(path: Path, target: Path) -> None:
    import msgspec
    import pyarrow as pa
    import pyarrow.parquet as pq

    entry = msgspec.defstruct("Entry", list(ENTRY.items()), gc=False)
    playlist = msgspec.defstruct("Playlist", [("pid", int), ("name", str), ("tracks", list[entry])], gc=False)
    document = msgspec.defstruct("Slice", [("playlists", list[playlist])], gc=False)
    playlists = msgspec.json.decode(path.read_bytes(), type=document).playlists
    entries = [item for p in playlists for item in p.tracks]
    columns = {name: pa.array([getattr(item, name) for item in entries]) for name in ENTRY}
    columns["pid"] = pa.array([p.pid for p in playlists for _ in p.tracks])
    pq.write_table(pa.table(columns), target, compression="zstd", use_dictionary=False)


PEERS: dict[str, tuple[Callable[[Path, Path], None], int]] = {
    "DuckDB read_json, unnest": (duckdb_file, 1),
    "Polars read_json, explode": (polars_file, 1),
    "Polars, two processes": (polars_file, 2),
    "msgspec, two processes": (msgspec_file, 2),
}


def run_peer(name: str, folder: Path) -> None:
    """Let one peer convert a folder; prints its seconds as JSON."""
    convert, processes = PEERS[name]
    target = common.OUT / "peer"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    paths = sorted(folder.glob("*.json"))
    targets = [target / f"{path.stem}.parquet" for path in paths]
    convert(paths[0], targets[0])
    begin = time.perf_counter()
    if processes == 1:
        for path, out in zip(paths, targets, strict=True):
            convert(path, out)
    else:
        # Polars and Arrow have threads of their own by now, which a fork would not take along.
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            list(pool.map(convert, paths, targets))
    print(json.dumps({"seconds": time.perf_counter() - begin}))


def row(name: str, size: int, seconds: float, memory: float, ours: float) -> list[str]:
    speed = size / seconds / 1e6
    return [
        name,
        f"{size / 1e9:.2f} GB",
        f"{seconds:.2f} s",
        f"{speed:.0f} MB/s",
        f"{memory:.2f} GB",
        f"{MPD_BYTES / 1e6 / speed:.0f} s",
        f"{speed / ours:.2f}",
    ]


def main() -> None:
    """Measure all sizes and peers, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    workspace = common.OUT / "ingest-mpd"
    common.pairmine("ingest", "mpd", slices(1000), "-w", workspace)  # compiles every kernel once
    measured = []
    for playlists in sorted(options.sizes):
        folder = slices(playlists)
        command = ("ingest", "mpd", folder, "-w", workspace)
        best = min(common.pairmine(*command) for _ in range(options.repeats))
        measured.append((f"**pairmine ingest mpd**, {playlists:,} playlists", folder_bytes(folder), *best))
    ours = measured[-1][1] / measured[-1][2] / 1e6
    rows = [row(*figures, ours) for figures in measured]
    folder = slices(max(options.sizes))
    for name in PEERS:
        runs = [common.measure("bench.ingest_mpd", "peer", name, folder) for _ in range(options.repeats)]
        best_run = min(runs, key=lambda run: run["seconds"])
        rows.append(row(f"{name} (flat rows only)", folder_bytes(folder), *best_run.values(), ours))
    header = [
        "what",
        "input",
        "wall",
        "speed",
        "peak memory of a process",
        "33 GB (extrapolated)",
        "times our largest",
    ]
    common.report(
        "ingest_mpd", "MPD JSON to the finished catalogue; best of several runs, process start to exit", header, rows
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        run_peer(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
