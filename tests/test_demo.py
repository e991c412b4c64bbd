"""The demo's commands, at a small size and in one process."""

from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import pytest

from cli import app
from pairmine import demo, resources


def run(step: demo.Step, workspace: Path) -> None:
    small = ["steps=2" if word.startswith("steps=") else word for word in step.words]
    with step.out.open("w") if step.out else nullcontext() as out, redirect_stdout(out) if out else nullcontext():
        assert not app([*small, "--workspace", str(workspace)], prog_name="pairmine", standalone_mode=False)


def test_every_command_of_the_demo_works(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(demo, "CLIPS", 60)
    monkeypatch.setattr(demo, "PLAYLISTS", 300)
    for step in demo.mining(resources.path("data_samples"), tmp_path):
        run(step, tmp_path)
    for step in demo.training(tmp_path):
        run(step, tmp_path)
    page = (tmp_path / demo.PAGE).read_text()
    assert page.count("<svg") >= 3 and "random weights" in page


def test_another_folder_is_left_alone(tmp_path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(demo.UsageError, match="holds something else than a demo"):
        demo.run(tmp_path)
