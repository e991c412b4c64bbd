"""Killed anywhere and run again, the result is that of an undisturbed run; a half-written one is never in its place."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pairmine import store
from tests.conftest import random_playlists
from tests.worlds import write_source

ROOT = Path(__file__).resolve().parents[2]
KILLS = 8


def command(workspace: Path, out: Path) -> list[str]:
    words = ["build-pairs", "--source", "toy", "--strategy", "tco", "--epochs", "400", "--threads", "2"]
    return [sys.executable, "-m", "pairmine", *words, "-w", str(workspace), "--out", str(out)]


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): store.sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("kills")
    write_source(workspace, "toy", random_playlists(300, 2000, seed=2))
    return workspace


@pytest.fixture(scope="module")
def undisturbed(workspace, tmp_path_factory) -> tuple[dict[str, str], float]:
    out = tmp_path_factory.mktemp("undisturbed") / "set"
    subprocess.run(command(workspace, out), cwd=ROOT, check=True)  # compiles
    begin = time.monotonic()
    subprocess.run([*command(workspace, out), "--force"], cwd=ROOT, check=True)
    return content(out), time.monotonic() - begin


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_a_set_killed_at_random_moments_ends_as_if_undisturbed(workspace, undisturbed, tmp_path, sent) -> None:
    expected, seconds = undisturbed
    generator = random.Random(int(sent))
    out = tmp_path / "set"
    for _ in range(KILLS):
        process = subprocess.Popen(command(workspace, out), cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
        try:
            process.wait(generator.uniform(0.2, 1) * seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, sent)
        message = process.communicate()[1].decode()
        assert "Traceback" not in message
        assert process.returncode != 130 or "pairmine: interrupted" in message
        assert process.returncode in (0, -signal.SIGKILL, 130, -signal.SIGINT)
        assert not out.exists() or content(out) == expected
    subprocess.run(command(workspace, out), cwd=ROOT, check=True)
    assert content(out) == expected
    assert not out.with_name("set.partial").exists()


def test_of_two_runs_with_one_output_one_writes(workspace, undisturbed, tmp_path) -> None:
    out = tmp_path / "set"
    runs = [subprocess.Popen(command(workspace, out), cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    messages = [run.communicate()[1].decode() for run in runs]
    assert sorted(run.returncode for run in runs) in ([0, 0], [0, 2])
    for run, message in zip(runs, messages, strict=True):
        assert run.returncode == 0 or "another run is writing" in message
    assert content(out) == undisturbed[0]
