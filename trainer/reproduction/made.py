"""Whether what a command makes is there, told by the files alone."""

from enum import StrEnum
from itertools import pairwise
from pathlib import Path

from pairmine import store
from pairmine.errors import UsageError
from trainer import checkpoint
from trainer import recipe as recipes
from trainer.position import Position

ENDS = "steps", "epochs", "log_every", "save_minutes", "compile"  # what does not change a step that was made


class State(StrEnum):
    """How far what a command makes is."""

    made = "made"
    begun = "begun"
    missing = "to do"


def state(makes: Path, words: list[str]) -> State:
    """Return how far a command got.

    A run is made when its checkpoint stands at the end of the recipe, as the command asks for it; a folder when its
    manifest, which is written last, is there; a table when a part is. A file is made unless one that its command reads
    is newer.

    Args:
        makes: what the command makes.
        words: of the command.

    Raises:
        DamagedError: a run's checkpoint is damaged.
        UsageError: a run was trained by another recipe than the command's.
    """
    if makes.parent.name == "runs":
        return _run(makes / checkpoint.LAST, words)
    if makes.is_file():
        read = [path for word in words if (path := Path(word.rpartition("=")[2])).is_file() and path != makes]
        is_old = any(path.stat().st_mtime > makes.stat().st_mtime for path in read)
        return State.missing if is_old else State.made
    has_parts = (makes / store.MANIFEST).is_file() or any(makes.glob("*.parquet"))
    return State.made if has_parts else State.missing


def _run(path: Path, words: list[str]) -> State:
    if not path.is_file():
        return State.missing
    wanted = recipes.load(option(words, "--recipe")[0], option(words, "--set"))
    state = checkpoint.load_state(path)
    begun = recipes.of_toml(state["recipe"], str(path))
    different = [name for name in vars(wanted) if name not in ENDS and getattr(wanted, name) != getattr(begun, name)]
    if different:
        raise UsageError(
            f"{path.parent} was trained with another {', '.join(different)}: pass the same --set, or remove the folder"
        )
    position = Position.of(state["position"])
    return State.made if position.finished(wanted) or not wanted.tasks else State.begun


def ends(words: list[str]) -> list[str]:
    """Return the settings that tell a run that goes on where to end: it keeps those it was begun with otherwise."""
    wanted = recipes.load(option(words, "--recipe")[0], option(words, "--set"))
    return ["--set", f"epochs={wanted.epochs}", "--set", f"steps={wanted.steps}"]


def option(words: list[str], name: str) -> list[str]:
    """Return every value of an option of a command."""
    return [value for word, value in pairwise(words) if word == name]
