"""The demo's commands, at a small size and in one process; and those the README shows."""

import re
import shlex
import subprocess
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

import pytest
import typer

from cli import app
from pairmine import demo, resources

README = Path(__file__).resolve().parent.parent / "README.md"


def run(step: demo.Step, workspace: Path) -> None:
    small = ["steps=2" if word.startswith("steps=") else word for word in step.words]
    with step.out.open("w") if step.out else nullcontext() as out, redirect_stdout(out) if out else nullcontext():
        assert not app([*small, "--workspace", str(workspace)], prog_name="pairmine", standalone_mode=False)


def test_every_command_of_the_demo_works(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(demo, "CLIPS", 60)
    monkeypatch.setattr(demo, "PLAYLISTS", 300)
    for step in demo.mining(resources.path("data_samples"), tmp_path):
        run(step, tmp_path)
    for step in demo.training(tmp_path):
        run(step, tmp_path)
    assert "60 of 60 keys of --keys are in synth" in capsys.readouterr().err
    page = (tmp_path / demo.PAGE).read_text()
    assert page.count("<svg") >= 3 and "random weights" in page


def test_what_the_demo_shows_can_be_pasted(tmp_path, monkeypatch, capsys) -> None:
    ran: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[bytes]:
        ran.append((command[1:], env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(demo.subprocess, "run", run)
    monkeypatch.setattr(demo.shutil, "which", lambda _: None)
    monkeypatch.setattr(demo.sys, "prefix", str(tmp_path / "my env"))
    monkeypatch.setattr(demo, "mining", lambda *_: [demo.Step(["check"])])
    monkeypatch.setattr(demo, "training", lambda *_: [])
    (tmp_path / "my env" / "bin").mkdir(parents=True)
    (tmp_path / "my env" / "bin" / "activate").touch()
    setup = [f". '{tmp_path}/my env/bin/activate'", f"export PAIRMINE_WORKSPACE={tmp_path / 'w'}"]
    end = demo.run(tmp_path / "w")
    assert capsys.readouterr().out.split("\n") == [*(f"$ {line}" for line in setup), "", "$ pairmine check", ""]
    assert "\n".join(f"    {line}" for line in setup) in end
    [(words, environment)] = ran
    assert words == ["-m", "pairmine", "check"] and environment["PAIRMINE_WORKSPACE"] == str(tmp_path / "w")
    monkeypatch.setattr(demo.shutil, "which", lambda name: name)
    assert demo._setup(tmp_path / "w") == setup[1:]


def shown_commands() -> list[str]:
    """Return the commands of the README, in blocks and in running text."""
    text = README.read_text()
    inline = re.findall(r"`pairmine (?!LEFT)([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [*re.findall(r"^pairmine ([^#\n]+)", "".join(re.findall(r"```\n.*?```", text, re.DOTALL)), re.M), *inline]


def test_every_command_of_the_readme_is_one() -> None:
    shown = shown_commands()
    assert len(shown) > 40
    for line in shown:
        command, context, words = typer.main.get_command(app), None, shlex.split(line)
        while words and hasattr(command, "resolve_command"):
            context = command.make_context("pairmine", words, parent=context)
            _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        if words:  # otherwise it is the name alone, as in "the links of `pairmine link`"
            command.make_context("pairmine", words, parent=context)


def test_another_folder_is_left_alone(tmp_path) -> None:
    (tmp_path / "mine.txt").touch()
    with pytest.raises(demo.UsageError, match="holds something else than a demo"):
        demo.run(tmp_path)
