"""Installed as a wheel pairmine works from anywhere, with its SQL and samples; its import names are two."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with the wheel's content alone, to be put on the path."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(wheel, check=True)
    [file] = folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(folder / "site"), str(file)], check=True)
    _take_compiled(folder / "site")
    return folder / "site"


def _take_compiled(site: Path) -> None:
    """Take along what numba compiled for the checkout, or the test would mostly wait for the compiler."""
    for compiled in ROOT.glob("pairmine/**/__pycache__/*.nb[ci]"):
        place = site / compiled.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        shutil.copy2(compiled, place)
    for source in ROOT.glob("pairmine/**/*.py"):
        shutil.copystat(source, site / source.relative_to(ROOT))


def run(installed: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=installed.parent, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_the_main_job_runs_from_the_wheel(installed, tmp_path) -> None:
    place = ("-w", str(tmp_path))
    run(
        installed,
        "-m",
        "pairmine",
        "ingest",
        "mpd",
        str(installed / "pairmine" / "data_samples" / "mpd"),
        "--allow-rejects",
        *place,
    )
    out = run(
        installed,
        "-m",
        "pairmine",
        "build-pairs",
        "--source",
        "mpd",
        "--strategy",
        "co",
        "--epochs",
        "1",
        *place,
    )
    assert "pairs in 1 epoch, " in out
    assert "sound" in run(installed, "-m", "pairmine", "check", *place)


def test_nothing_is_loaded_from_the_checkout(installed) -> None:
    code = "import pairmine, pairmine.resources as r; print(pairmine.__file__, r.path('sql'), r.path('cli.py'))"
    assert all(Path(path).is_relative_to(installed) for path in run(installed, "-c", code).split())


def test_the_names_cli_and_sql_stay_free(installed) -> None:
    assert sorted(path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")) == [
        "bin",
        "pairmine",
        "trainer",
    ]
