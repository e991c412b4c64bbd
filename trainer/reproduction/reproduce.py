"""`pairmine reproduce PAPER`: run the commands that make a paper's tables; those whose output is there are skipped."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from pairmine import store
from pairmine.errors import INTERRUPTED, MissingError, PairmineError, UsageError
from pairmine.progress import say
from trainer.reproduction import grid as grids
from trainer.reproduction import toy_data
from trainer.reproduction.grid import Data, Grid, Step
from trainer.reproduction.made import State, ends, state

ORIGIN = "reproduction.json"
UNITS = "bytes", "kB", "MB", "GB", "TB"


class StepError(PairmineError):
    """A command of a grid failed; its exit code is ours."""

    def __init__(self, message: str, exit_code: int):
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Planned:
    """A step, how far it is, and its command as one would type it."""

    step: Step
    state: State
    command: str


@dataclass(frozen=True)
class Reproduction:
    """What a paper's tables take: data, and commands in order."""

    grid: Grid
    data: Path
    missing: tuple[str, ...]
    steps: list[Planned]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        told = {name: getattr(self.grid, name) for name in ("paper", "title", "tables", "left_out")}
        data = {
            name: asdict(each) | {"folder": str(self.data / name), "there": name not in self.missing}
            for name, each in self._data()
        }
        steps = [
            {"name": each.step.name, "state": each.state, "command": each.command, "makes": str(each.step.makes)}
            | {"data": each.step.data, "rows": each.step.rows or None, "bytes": each.step.bytes or None}
            for each in self.steps
        ]
        return {**told, "data": data, "steps": steps}

    def __str__(self) -> str:
        lines = [f"{self.grid.paper}: {self.grid.title}", *(f"  {table}" for table in self.grid.tables)]
        lines += [f"  but: {text}" for text in self.grid.left_out]
        lines += ["", "data:", *(line for name, each in self._data() for line in self._told(name, each))]
        made = sum(each.state is State.made for each in self.steps)
        lines += ["", f"steps, {made} of {len(self.steps)} made (sizes are those of the paper, about):"]
        for each in self.steps:
            lines += [f"  {each.state:6} {each.step.name}", f"         {each.command}"]
            lines += [f"         makes {each.step.makes}{_size(each.step.rows, each.step.bytes)}"]
        return "\n".join(lines)

    def _data(self) -> list[tuple[str, Data]]:
        """Return the data that these steps read."""
        read = {name for each in self.steps for name in each.step.data}
        return [(name, each) for name, each in self.grid.data.items() if name in read]

    def _told(self, name: str, data: Data) -> Iterator[str]:
        yield f"  {'lacks' if name in self.missing else 'has':6} {self.data / name}: {data.title}{_size(0, data.bytes)}"
        if name in self.missing:
            yield f"         looked for: {', '.join(str(self.data / name / pattern) for pattern in data.find)}"
            yield f"         licence: {data.licence}; get it: {data.get}"


def reproduce(
    workspace: Path,
    paper: str,
    *,
    data: Path | None = None,
    only: Sequence[str] = (),
    settings: Sequence[str] = (),
    dry_run: bool = False,
    toy: bool = False,
) -> Reproduction:
    """Run the commands of a paper's tables that are not done yet, each shown; or tell them.

    Args:
        workspace: where everything is kept.
        paper: name of a grid, or a .toml file.
        data: folder of the data, one folder each; by default `data`.
        only: beginnings of the names of the steps to run; none: all.
        settings: handed to every `train`, as `optimiser.lr=1e-4`.
        dry_run: tell the commands and run none.
        toy: add the words that make it small; what `data` lacks, by default WORKSPACE/toy-data, is made up.

    Raises:
        UsageError: there is no such grid, or no step that begins so; the workspace was made from other data, or a run
            in it by another recipe.
        MissingError: data is missing; nothing was run.
        StepError: a command failed.
        KeyboardInterrupt: Ctrl-C; the command that ran has stopped.
    """
    grid = grids.load(paper)
    data = data or (workspace / "toy-data" if toy else Path("data"))
    chosen = [step for step in grids.steps(grid, data, workspace, toy=toy) if _is_chosen(step, only)]
    if not chosen:
        known = dict.fromkeys(step.name.partition("/")[0] for step in grids.steps(grid, data, workspace))
        raise UsageError(f"no step of {paper} begins with {', '.join(only)}: they begin with {', '.join(known)}")
    _check_origin(workspace, data, toy)
    added = [word for each in settings for word in ("--set", each)]
    chosen = [replace(step, words=step.words + added) if step.words[0] == "train" else step for step in chosen]
    if toy and not dry_run:
        toy_data.write(data, dict.fromkeys(name for step in chosen for name in step.data))
    if not dry_run:
        _check_data(_report(grid, data, workspace, chosen))
        workspace.mkdir(parents=True, exist_ok=True)
        store.write_bytes(workspace / ORIGIN, (json.dumps(_origin(data, toy)) + "\n").encode())
        for number, step in enumerate(chosen, 1):
            _run(step, workspace, f"[{number}/{len(chosen)}]")
    return _report(grid, data, workspace, chosen)


def _check_origin(workspace: Path, data: Path, toy: bool) -> None:
    """Raise UsageError if a workspace was filled from other data, which would pass for these."""
    file = workspace / ORIGIN
    if file.exists() and (before := json.loads(file.read_bytes())) != _origin(data, toy):
        raise UsageError(
            f"{workspace} was filled from {before['data']}{', made up' if before['toy'] else ''}: "
            "name another --workspace, or the same data"
        )


def _origin(data: Path, toy: bool) -> dict[str, Any]:
    return {"data": str(data.resolve()), "toy": toy}


def _is_chosen(step: Step, only: Sequence[str]) -> bool:
    return not only or any(step.name.startswith(beginning) for beginning in only)


def _report(grid: Grid, data: Path, workspace: Path, chosen: list[Step]) -> Reproduction:
    planned = [Planned(step, now := state(step.makes, step.words), _shown(step, workspace, now)) for step in chosen]
    read = {name for each in planned for name in each.step.data}
    missing = tuple(name for name in grid.data if name in read and not _is_there(data / name, grid.data[name]))
    return Reproduction(grid, data, missing, planned)


def _is_there(folder: Path, data: Data) -> bool:
    return all(next(folder.glob(pattern), None) is not None for pattern in data.find)


def _check_data(report: Reproduction) -> None:
    """Raise MissingError if data is missing that a step reads which is not made yet."""
    read = {name for each in report.steps if each.state is not State.made for name in each.step.data}
    needed = [name for name in report.missing if name in read]
    if not needed:
        return
    for name in needed:
        for line in report._told(name, report.grid.data[name]):
            say(line)
    raise MissingError(
        f"{report.data} lacks {', '.join(needed)}: put them there, name another folder by --data, or run what "
        "does without by --only; `--dry-run` tells all"
    )


def _run(step: Step, workspace: Path, number: str) -> None:
    """Run a command unless it is done; stop if it fails.

    Raises:
        StepError: it failed, or made nothing.
        KeyboardInterrupt: it was interrupted.
    """
    now = state(step.makes, step.words)
    if now is State.made:
        say(f"{number} {step.name}: made already")
        return
    command = _shown(step, workspace, now)
    say(f"\n{number} {step.name}\n$ {command}")
    code = _ended(_words(step, workspace, now))
    if code in (INTERRUPTED, -signal.SIGINT, -signal.SIGTERM):
        raise KeyboardInterrupt
    if code:
        raise StepError(
            f"{step.name} ended with exit code {code}: mend what it says, then run the same `reproduce` again, which "
            f"goes on with it; alone it is `{command}`",
            code if code > 0 else 128 - code,
        )
    if state(step.makes, step.words) is not State.made:
        raise StepError(f"{step.name} ended well, but {step.makes} is not whole: `{command}`", PairmineError.exit_code)


def _words(step: Step, workspace: Path, now: State) -> list[str]:
    resumed = ["--resume", *ends(step.words)] if now is State.begun else []
    return [*step.words, *resumed, "--workspace", str(workspace)]


def _shown(step: Step, workspace: Path, now: State) -> str:
    return f"pairmine {shlex.join(_words(step, workspace, now))}"


def _ended(words: list[str]) -> int:
    """Run a command to its end and return its exit code; what it prints goes where ours does."""
    with subprocess.Popen([sys.executable, "-m", "pairmine", *words]) as process, _waiting(process):
        return process.wait()


@contextmanager
def _waiting(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave Ctrl-C to the command, which gets it too and saves what it has; hand SIGTERM on to it."""

    def leave(signal_: int, frame: FrameType | None) -> None:
        if signal_ == signal.SIGTERM:
            process.terminate()

    before = {each: signal.signal(each, leave) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _size(rows: int, bytes_: int) -> str:
    """Return ", about so many rows, so many bytes", of what is known."""
    told = [f"{rows:,} rows"] if rows else []
    if bytes_:
        power = min((len(str(bytes_)) - 1) // 3, len(UNITS) - 1)
        told.append(f"{bytes_ / 1000**power:.3g} {UNITS[power]}")
    return f" (about {', '.join(told)})" if told else ""
