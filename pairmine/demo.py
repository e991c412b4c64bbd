"""The main job on the shipped samples, as the commands a user would type, each shown before it runs."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from pairmine import resources
from pairmine.errors import PairmineError

HINTS = """
That was the whole way from playlists to training pairs. With your own data:

    pairmine ingest mpd ~/mpd/data                          # the Million Playlist Dataset, plain, .gz or .zst
    pairmine build-pairs --source mpd --strategy tco        # 50 epochs of pairs, in workspace/pairs/mpd-tco
    pairmine stats workspace/pairs/mpd-tco                  # what is in them, before you spend GPU hours
    pairmine ingest synth --playlists 1000000               # or a made-up world of that size
"""


def steps(samples: Path, workspace: Path) -> list[list[str]]:
    """Return the commands of the demo, without `pairmine` and the workspace."""
    tco = str(workspace / "pairs" / "mpd-tco")
    return [
        ["ingest", "mpd", str(samples / "mpd"), "--allow-rejects"],
        ["stats", "mpd"],
        ["sql", "select file, position, reason from mpd.rejects"],
        *(
            ["build-pairs", "--source", "mpd", "--strategy", name, "--epochs", "10"]
            for name in ("co", "artist-co", "tco")
        ),
        ["build-pairs", "--source", "mpd", "--strategy", "self"],
        ["check"],
        ["stats", tco],
        ["sql", "--on", "mpd-tco", "--name", "strongest_pairs"],
    ]


def run(workspace: Path) -> str:
    """Run the demo in an empty workspace of its own and return what to try next.

    Raises:
        PairmineError: one of the commands failed, which is a defect.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    for words in steps(resources.path("data_samples"), workspace):
        print(f"\n$ pairmine {shlex.join(words)}", flush=True)
        done = subprocess.run([sys.executable, "-m", "pairmine", *words, "--workspace", str(workspace)], check=False)
        if done.returncode:
            raise PairmineError(f"pairmine {shlex.join(words)} ended with exit code {done.returncode}")
    return HINTS
