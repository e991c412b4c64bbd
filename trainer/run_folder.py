"""A run's folder: the recipe resolved whole, metrics as JSON lines and for TensorBoard, checkpoints."""

import json
import sys
from pathlib import Path
from typing import Any

from pairmine import store
from pairmine.errors import MissingError, UsageError
from trainer import checkpoint
from trainer.recipe import Recipe

RECIPE, METRICS = "recipe.toml", "metrics.jsonl"


def new_folder(workspace: Path, name: str) -> Path:
    """Make the folder of a new run.

    Raises:
        UsageError: there is a run of that name, or the name is a path.
    """
    folder = _folder(workspace, name)
    if (folder / checkpoint.LAST).exists():
        raise UsageError(f"{folder} holds a run: go on with --resume, or name another with --name")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def begun(workspace: Path, name: str) -> Path:
    """Return the checkpoint that a run goes on from.

    Raises:
        UsageError: the name is a path.
        MissingError: there is none.
    """
    folder = _folder(workspace, name)
    if not (folder / checkpoint.LAST).exists():
        raise MissingError(f"{folder} holds no checkpoint to go on from: run the same command without --resume")
    return folder / checkpoint.LAST


def _folder(workspace: Path, name: str) -> Path:
    if Path(name).name != name:
        raise UsageError(f"--name {name}: a run's name is no path")
    return workspace / "runs" / name


def find_checkpoint(workspace: Path, run: str) -> Path:
    """Return the checkpoint a name or path stands for: the best of a run, else its last, or an export's model.

    Raises:
        MissingError: there is none.
    """
    for folder in (Path(run), workspace / "runs" / run):
        if folder.is_file():
            return folder
        for name in (checkpoint.BEST, checkpoint.LAST, checkpoint.EXPORTED):
            if (folder / name).is_file():
                return folder / name
    raise MissingError(f"there is no checkpoint {run}, and no run of that name in {workspace}: run `pairmine train`")


class Metrics:
    """Writes metrics; lines a run wrote after the checkpoint it goes on from are taken back.

    Args:
        folder: of the run.
        recipe: written beside them.
        step: that of the checkpoint, 0 in a new run.
        writes: False on all ranks but the first.
    """

    def __init__(self, folder: Path, recipe: Recipe, step: int, *, writes: bool = True):
        self._file, self._board = None, None
        if not writes:
            return
        store.write_bytes(folder / RECIPE, recipe.as_toml().encode())
        path = folder / METRICS
        if step:
            written = path.read_text(errors="replace").splitlines() if path.exists() else []
            kept = [line for line in written if _step_of(line) <= step]
            store.write_bytes(path, "".join(f"{line}\n" for line in kept).encode())
        self._file = path.open("a" if step else "w")
        self._board = _board(folder, step)

    def write(self, kind: str, step: int, figures: dict[str, Any]) -> None:
        """Write a line: {"kind": …, "step": …, figures}."""
        if self._file is None:
            return
        self._file.write(json.dumps({"kind": kind, "step": step, **figures}) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in figures.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        """Close all files."""
        if self._file is not None:
            self._file.close()
        if self._board is not None:
            self._board.close()


def _step_of(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except ValueError:
        return sys.maxsize  # a line cut short by a kill


def _board(folder: Path, step: int) -> Any:
    """Return a writer of TensorBoard events, or None where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1 if step else None)
