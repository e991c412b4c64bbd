"""The examples for other people's trainers run, are short, and learn something."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trainer import pair_worlds as worlds

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PACKAGES = {"lightning_simclr": "lightning", "metric_learning": "pytorch_metric_learning"}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("world")
    return worlds.write_pairs(folder / "pairs"), worlds.write_features(folder, "musicnn", absent=(3,))


def test_every_example_is_named_here_and_under_forty_lines() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == PACKAGES.keys()
    for path in EXAMPLES.glob("*.py"):
        assert path.read_text().count("\n") < 40, path


@pytest.mark.parametrize("name", PACKAGES)
def test_an_example_runs_and_its_loss_falls_below_that_of_chance(name, world, tmp_path) -> None:
    pytest.importorskip(PACKAGES[name], reason=f"{PACKAGES[name]} is not installed")
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, world)]
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "COLUMNS": "200"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    losses = [float(found) for found in re.findall(r"loss:?\s+(\d+\.\d+)", done.stdout)]
    assert losses[-1] < math.log(2 * 46 - 1) - 0.2  # 46 pairs have features for both
