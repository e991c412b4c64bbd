"""The main job on the shipped samples, as the commands a user would type, each shown before it runs."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from pairmine import resources
from pairmine.errors import PairmineError, UsageError

HINTS = """
That was the whole way from playlists, a Discogs dump and listens to training pairs. With your own data:

    pairmine ingest mpd ~/mpd/data                          # the Million Playlist Dataset, plain, .gz or .zst
    pairmine build-pairs --source mpd --strategy tco        # 50 epochs of pairs, in workspace/pairs/mpd-tco
    pairmine stats workspace/pairs/mpd-tco                  # what is in them, before you spend GPU hours
    pairmine ingest discogs ~/discogs                       # the monthly dump: releases, masters, artists, labels
    pairmine link discogs audio                             # after `pairmine ingest audio ~/music`
    pairmine ingest synth --playlists 1000000               # or a made-up world of that size
"""


def steps(samples: Path, workspace: Path) -> Iterator[list[str]]:
    """Yield the commands of the demo, without `pairmine` and the workspace; each may use what those before it made."""
    tco = workspace / "pairs" / "mpd-tco"
    yield ["ingest", "mpd", str(samples / "mpd"), "--allow-rejects"]
    yield ["sql", "select file, position, reason from mpd.rejects"]
    yield ["stats", "mpd"]
    for strategy in ("co", "artist-co", "tco", "self"):
        yield ["build-pairs", "--source", "mpd", "--strategy", strategy]
    yield ["ingest", "discogs", str(samples / "discogs"), "--allow-rejects"]
    yield ["build-pairs", "--source", "discogs", "--strategy", "label"]
    yield ["sql", "--name", "top-vias", "--on", "discogs-label", "--set", "rows=5"]
    yield ["link", "mpd", "discogs"]
    yield ["build-pairs", "--source", "discogs", "--strategy", "track", "--on", "mpd"]
    yield ["ingest", "listens", str(samples / "listens"), "--allow-rejects"]
    yield ["build-pairs", "--source", "listens", "--strategy", "triplet", "--per-epoch", "1000", "--epochs", "1"]
    yield ["check"]
    yield ["stats", str(tco)]
    yield ["sql", "--name", "sample", "--on", "mpd-tco", "--set", "rows=10"]
    yield ["explain", *_strongest_pair(tco), "--pairs", str(tco)]


def _strongest_pair(pair_set: Path) -> tuple[str, str]:
    """Return the keys of the pair with the highest score of the first epoch."""
    epoch = pq.ParquetFile(pair_set / "epoch=0000" / "part-00000.parquet").read()
    best = epoch.sort_by([("score", "descending"), ("anchor", "ascending")]).slice(0, 1).to_pylist()[0]
    tracks = pq.ParquetFile(pair_set / "tracks.parquet").read(["track_id", "key"])
    keys = dict(zip(*(column.to_pylist() for column in tracks.columns), strict=True))
    return keys[best["anchor"]], keys[best["positive"]]


def run(workspace: Path) -> str:
    """Run the demo in a workspace of its own and return what to try next.

    Raises:
        UsageError: the folder holds anything but an earlier demo.
        PairmineError: one of the commands failed, which is a defect.
    """
    marker = workspace / ".demo"
    if workspace.exists() and not marker.exists() and any(workspace.iterdir()):
        raise UsageError(f"{workspace} holds something else than a demo: name another folder by --workspace")
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    marker.touch()
    for words in steps(resources.path("data_samples"), workspace):
        words += ["--workspace", str(workspace)]
        print(f"\n$ pairmine {shlex.join(words)}", flush=True)
        done = subprocess.run([sys.executable, "-m", "pairmine", *words], check=False)
        if done.returncode:
            raise PairmineError(f"pairmine {shlex.join(words)} ended with exit code {done.returncode}")
    return HINTS
