"""What a run that goes on keeps of the recipe it was begun by, and what may be changed on the way."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pairmine.errors import UsageError
from trainer import checkpoint
from trainer import recipe as recipes
from trainer._toml import leaves
from trainer.recipe import Recipe

FREE = "steps", "epochs", "log_every", "save_minutes", "compile", "optimiser"

Changes = dict[str, tuple[Any, Any]]


def recipe(path: Path, settings: Iterable[str], *, named: str | None, encoder: str | None, loss: str | None) -> Recipe:
    """Return the recipe of a checkpoint, with settings changed now.

    Args:
        path: of the checkpoint.
        settings: as `optimiser.lr=1e-4`; what is not among them stays as the run was begun.
        named: recipe that the command names; none: that of the run.
        encoder: the same.
        loss: the same.

    Raises:
        UsageError: a setting is unknown, or the run cannot go on with it; or another recipe, encoder or loss is named.
        DamagedError: the checkpoint is damaged.
    """
    text = checkpoint.load_state(path)["recipe"]
    before, now = (recipes.of_toml(text, str(path), each) for each in ((), settings))
    losses = ", ".join(task.loss for task in before.tasks)
    for option, asked, begun in (
        ("--recipe", named, before.name),
        ("--encoder", encoder, before.encoder.name),
        ("--loss", loss, losses),
    ):
        if asked is not None and asked != begun:
            raise UsageError(
                f"{option} {asked}: {path} was begun with {begun}: leave it out, or name another run with --name"
            )
    different = [name for name in vars(now) if name not in FREE and getattr(before, name) != getattr(now, name)]
    if different:
        raise UsageError(
            f"{path} was begun with another {', '.join(different)}: on the way only {', '.join(FREE)} may be changed: "
            "leave the others out, or name another run with --name"
        )
    return now


def changes(before: Recipe, now: Recipe) -> Changes:
    """Return the settings that may be changed and were: (before, now) by key."""
    old, new = (dict(leaves({name: asdict(each)[name] for name in FREE})) for each in (before, now))
    return {key: (old[key][0], new[key][0]) for key in new if old[key] != new[key]}


def told(changed: Changes) -> str:
    """Return them in one line."""
    return ", ".join(f"{key} {before} → {now}" for key, (before, now) in changed.items())
