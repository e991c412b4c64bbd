"""The whole way on the shipped samples and a made-up world, as the commands a user would type, each shown."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pyarrow.parquet as pq

from pairmine import resources
from pairmine.errors import PairmineError, UsageError
from pairmine.failures import TRAIN

HINTS = """
That was the way from raw playlists, a Discogs dump and listens to training pairs{way}.
To paste the commands above, and look around in the demo's workspace, first:

{setup}

With your own data (then not in the demo's workspace: `unset PAIRMINE_WORKSPACE`):

    pairmine ingest mpd ~/mpd/data                          # the Million Playlist Dataset, plain, .gz or .zst
    pairmine build-pairs --source mpd --strategy tco        # 50 epochs of pairs, in workspace/pairs/mpd-tco
    pairmine stats workspace/pairs/mpd-tco                  # what is in them, before you spend GPU hours
    pairmine ingest discogs ~/discogs                       # the monthly dump: releases, masters, artists, labels
    pairmine link discogs audio                             # after `pairmine ingest audio ~/music`
    pairmine features ~/music --front-end playlists         # log-mels of your audio
    pairmine train --pairs workspace/pairs/mpd-tco          # the paper's recipe; `train --list` shows all
    pairmine evaluate retrieval --data labels.csv --checkpoint playlist-tco-resnet50
"""
TRAINED = """; then, in a made-up world whose truth is known, from pairs to two encoders:
    {page} shows how well they find held-out clips of the same genre, and the loss while they learnt"""
NOT_TRAINED = """.
Training was left out, since there is no {module}: pip install 'pairmine[train]', and run the demo again"""
OF_MPD = ("co", "artist-co", "tco", "self", "w2v", "cf", "labels")
OF_DISCOGS = ("track", "release", "artist", "label", "label-co", "genre")
NEEDS = {"cf": "implicit", "genre": "gensim"}
OPTIONS = {"cf": ("--trainer", "wmf")}  # LightFM, which warp needs, is an extra of its own
TRAINED_ON = ("tco", "self")
CLIPS, SECONDS, PLAYLISTS = 800, 6, 3000
PAGE = "page.html"


@dataclass(frozen=True)
class Step:
    """A command without `pairmine`, in the environment's workspace; its output goes to a file where one is named."""

    words: list[str]
    out: Path | None = None

    def __str__(self) -> str:
        return f"pairmine {shlex.join(self.words)}" + (f" > {shlex.quote(str(self.out))}" if self.out else "")


def mining(samples: Path, workspace: Path) -> Iterator[Step]:
    """Yield the way from raw data to pairs; each command may use what those before it made."""
    tco = workspace / "pairs" / "mpd-tco"
    yield _step("ingest mpd", samples / "mpd", "--allow-rejects")
    yield _step("sql", "select file, position, reason from mpd.rejects")
    yield _step("sql --name top-titles --on mpd --set rows=5")
    yield _step("ingest discogs", samples / "discogs", "--allow-rejects")
    yield _step("ingest listens", samples / "listens", "--allow-rejects")
    yield _step("link mpd discogs")
    for source, strategies in (("mpd", OF_MPD), ("discogs", OF_DISCOGS)):
        for strategy in (each for each in strategies if _is_there(NEEDS.get(each))):
            yield _step("build-pairs --source", source, "--strategy", strategy, *OPTIONS.get(strategy, ()))
    yield _step("build-pairs --source listens --strategy triplet --per-epoch 1000 --epochs 1")
    yield _step("sql --name top-vias --on discogs-label --set rows=5")
    yield _step("check")
    yield _step("stats", tco)
    yield _step("sql --name sample --on mpd-tco --set rows=10")
    yield _step("explain", *_strongest_pair(tco), "--pairs", tco)


def training(workspace: Path) -> Iterator[Step]:
    """Yield the way from pairs to figures, in a made-up world whose truth is known."""
    heard, labels, page = (workspace / name for name in ("heard.txt", "labels.csv", PAGE))
    clips = f"read_csv('{workspace / 'audio' / 'synth' / 'key_map.tsv'}')"
    yield _step("ingest synth --playlists", PLAYLISTS, "--audio", CLIPS, "--seconds", SECONDS)
    yield _step("features --source synth --front-end vggish")
    yield _step("split synth --by artist --fractions 0.75,0,0.25")
    yield _step("sql --csv", f"select key from {clips}", out=heard)
    for strategy in TRAINED_ON:
        yield _step("build-pairs --source synth --split train --epochs 20 --strategy", strategy, "--keys", heard)
    for strategy in TRAINED_ON:
        pairs = workspace / "pairs" / f"synth-{strategy}"
        yield _step("train --recipe laptop --set steps=200 --pairs", pairs, "--name", strategy)
    yield _step("embed", TRAINED_ON[0])
    truth = f"from {clips} join synth.truth_tracks using (key) join synth.splits using (track_id)"
    yield _step("sql --csv", f"select key, genre, split {truth}", out=labels)
    runs = [word for strategy in TRAINED_ON for word in ("--checkpoint", strategy)]
    by_genre = ("--data", labels, "--label-column", "genre", "--split", "test")
    yield _step("evaluate retrieval", *by_genre, *runs, "--html", page)


def _step(command: str, *rest: object, out: Path | None = None) -> Step:
    return Step([*command.split(), *map(str, rest)], out)


def _is_there(module: str | None) -> bool:
    return module is None or find_spec(module) is not None


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
    setup = _setup(workspace)
    print("\n".join(f"$ {line}" for line in setup), flush=True)
    for step in mining(resources.path("data_samples"), workspace):
        _run(step, workspace)
    pasted = "\n".join(f"    {line}" for line in setup)
    lacking = [module for module in TRAIN if not _is_there(module)]
    if lacking:
        return HINTS.format(way=NOT_TRAINED.format(module=lacking[0]), setup=pasted)
    for step in training(workspace):
        _run(step, workspace)
    return HINTS.format(way=TRAINED.format(page=workspace / PAGE), setup=pasted)


def _setup(workspace: Path) -> list[str]:
    """Return what a shell needs for the commands shown: the environment where it is not active, and the workspace."""
    activate = Path(sys.prefix) / "bin" / "activate"
    active = shutil.which("pairmine") or not activate.exists()
    return [
        *([] if active else [f". {shlex.quote(str(activate))}"]),
        f"export PAIRMINE_WORKSPACE={shlex.quote(str(workspace))}",
    ]


def _run(step: Step, workspace: Path) -> None:
    print(f"\n$ {step}", flush=True)
    command = [sys.executable, "-m", "pairmine", *step.words]
    environment = os.environ | {"PAIRMINE_WORKSPACE": str(workspace)}
    with step.out.open("wb") if step.out else nullcontext() as out:
        done = subprocess.run(command, check=False, stdout=out, env=environment)
    if done.returncode:
        raise PairmineError(f"{step} ended with exit code {done.returncode}")
