"""Recipes: one TOML file a system, read into one typed, frozen configuration."""

import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import tomli_w

from pairmine.errors import MissingError, UsageError
from pairmine.registry import check_name
from trainer._toml import Table, leaves, make, merged, set_value, without_none

FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class Network:
    """A member of `encoders` or `projectors` by name, and the options in which it differs from its paper."""

    name: str
    options: Table = field(default_factory=dict)


@dataclass(frozen=True)
class Views:
    """How patches are cut from tracks and changed before the encoder sees them.

    Attributes:
        frames: length of a patch; 0 for the encoder's own.
        pairing: two patches of one track: "random", "adjacent" (`gap_seconds` apart) or "same".
        mix: shape parameters of the Beta distribution of the share at which a patch stays when another of the batch is
            mixed into it, before the log; none: not mixed.
        augment: changes drawn for every patch: "stretch", "pitch", "reverb", "noise", "polarity", "gain"; to waveforms
            where the store holds them, else to mels; and "mask" to mels, whatever the store holds.
        standardise: subtract the mean of the training tracks, divide by their standard deviation.
    """

    frames: int = 0
    pairing: str = "random"
    gap_seconds: float = 0.5
    mix: list[float] = field(default_factory=list)
    augment: list[str] = field(default_factory=list)
    standardise: bool = False


@dataclass(frozen=True)
class Task:
    """One objective, and the pair sets it learns from.

    Attributes:
        roles: the pair sets; several are joined by track, and what a track lacks in one is masked.
        loss: a member of `losses`; its parameters' names say what it is given.
        projector: what stands between encoder and loss; none: nothing.
        target_projector: the same for the vectors of a set of kind "vectors", which then are the positives.
        modalities: encoders of the joined sets' targets, for a loss over modalities: "genre", "cf".
        weight: of its loss in the sum.
        phase: when it is learnt, counted from 1.
        groups: rows that are no negatives of each other: of one anchor ("track") or one via ("via"), or "none".
    """

    roles: list[str]
    loss: str
    loss_options: Table = field(default_factory=dict)
    projector: Network | None = None
    target_projector: Network | None = None
    modalities: list[Network] = field(default_factory=list)
    weight: float = 1.0
    phase: int = 1
    groups: str = "track"


@dataclass(frozen=True)
class Optimiser:
    """Adam."""

    lr: float
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """How the learning rate goes.

    Attributes:
        name: "constant", "cosine" (to zero at the end of the run) or "plateau" (times `factor` after `patience` epochs
            without gain in validation loss, in training loss where there is no validation).
        warmup: steps of a linear rise from zero.
        average_last: epochs at the end whose weights are averaged (SWA), at the constant rate `average_lr`.
    """

    name: str = "constant"
    warmup: int = 0
    factor: float = 0.1
    patience: int = 10
    average_last: int = 0
    average_lr: float = 0.0


@dataclass(frozen=True)
class Phase:
    """A stage of a curriculum: it ends after `steps`, or after `patience` epochs whose loss does not fall by `gain`."""

    steps: int
    patience: int = 5
    gain: float = 0.001


@dataclass(frozen=True)
class Refresh:
    """New negatives as the encoder learns, for losses that take negatives (ours; see `trainer.refresh`).

    Attributes:
        every: epochs between two refreshes; 0: the pair set's negatives stay.
        rank_from, rank_to: negatives are drawn from these ranks, from 0, of the tracks nearest to the anchor that are
            no positives of it.
    """

    every: int = 0
    rank_from: int = 10
    rank_to: int = 100


@dataclass(frozen=True)
class Recipe:
    """A system of a paper, whole: with the pair sets and the features it says all a run needs.

    Attributes:
        name: that of its file.
        paper, title: for `train --list`.
        default_for: strategies whose pair sets are trained by it where no recipe is named.
        front_end: the one its features are made by.
        encoder, views, tasks, optimiser, schedule, refresh, phases: see there.
        epochs, steps: the run ends with the first of both; 0: not by this.
        batch: rows of a batch over all ranks, each task its own.
        accumulate: batches whose gradients make a step.
        cache_chunk: with gradient caching, rows the encoder sees at once; 0: no caching.
        start: checkpoint whose encoder this run starts from.
        needs: settings that it cannot do without and that only the user knows: key, and what to give.
        freeze: leave the encoder as it is.
        drop_last: leave out the last batch of an epoch where it is not full.
        precision: "bf16" (autocast on CUDA; float32 on a CPU) or "float32".
        compile: run the encoder through torch.compile.
        embed: what `embed` hands the encoder: "patches" of its length, or the "whole" track.
        seed: names all random draws.
        log_every: steps between two lines of metrics.
        save_minutes: after which a run saves in the middle of an epoch, with the next line of metrics; 0: only at its
            end.
    """

    name: str
    paper: str
    title: str
    front_end: str
    encoder: Network
    tasks: list[Task]
    optimiser: Optimiser
    batch: int
    epochs: int = 0
    steps: int = 0
    accumulate: int = 1
    cache_chunk: int = 0
    views: Views = field(default_factory=Views)
    schedule: Schedule = field(default_factory=Schedule)
    refresh: Refresh = field(default_factory=Refresh)
    phases: list[Phase] = field(default_factory=list)
    default_for: list[str] = field(default_factory=list)
    start: str = ""
    needs: Table = field(default_factory=dict)
    freeze: bool = False
    drop_last: bool = True
    precision: str = "bf16"
    compile: bool = False
    embed: str = "patches"
    seed: int = 0
    log_every: int = 10
    save_minutes: float = 10.0

    @property
    def roles(self) -> list[str]:
        """The pair sets it needs, in the order of its tasks."""
        return list(dict.fromkeys(role for task in self.tasks for role in task.roles))

    def check_needs(self) -> None:
        """Raise MissingError unless every setting it needs is given."""
        given = dict(leaves(asdict(self)))
        for key, what in self.needs.items():
            if not any(given.get(key, [])):
                raise MissingError(f"recipe {self.name} needs {what}: pass --set {key}=FILE")

    def as_toml(self) -> str:
        """Return it whole, with what its file leaves at the default; `of_toml` reads it."""
        return tomli_w.dumps(without_none(asdict(self)))


CHOICES = {
    "views.pairing": ("random", "adjacent", "same"),
    "views.augment": ("pitch", "stretch", "reverb", "noise", "polarity", "gain", "mask"),
    "tasks.groups": ("track", "via", "none"),
    "schedule.name": ("constant", "cosine", "plateau"),
    "precision": ("bf16", "float32"),
    "embed": ("patches", "whole"),
}
POSITIVE = "batch", "accumulate", "log_every", "optimiser.lr", "phases.steps", "tasks.phase"
NOT_NEGATIVE = (
    *("epochs", "steps", "cache_chunk", "save_minutes", "views.frames", "views.gap_seconds", "optimiser.weight_decay"),
    *("schedule.warmup", "schedule.patience", "schedule.average_last", "schedule.average_lr"),
    *("phases.patience", "refresh.every", "refresh.rank_from", "refresh.rank_to"),
)


def names() -> list[str]:
    """Names of all recipes, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml") if not path.stem.startswith("_"))


def load(name: str, settings: Iterable[str] = (), *, encoder: str | None = None, loss: str | None = None) -> Recipe:
    """Return a recipe by name, or from a file whose name ends in .toml.

    Args:
        name: of the recipe.
        settings: such as `optimiser.lr=1e-4`.
        encoder: another than the recipe's, by name or as module:Class; the recipe's options for its own are dropped,
            `settings` may give new ones.
        loss: the same, by name or as module:function.

    Raises:
        UsageError: there is none of that name, or a setting is unknown (the nearest is suggested) or means nothing;
            or the recipe has several losses.
    """
    if name.endswith(".toml"):
        path = Path(name)
    else:
        check_name("recipe", name, names())
        path = FOLDER / f"{name}.toml"
    table = {**_read(path), "name": path.stem}
    if encoder is not None:
        table["encoder"] = {"name": encoder}
    if loss is not None:
        table["tasks"] = [_with_loss(table, loss)]
    for setting in settings:
        set_value(table, setting)
    return _checked(table, str(path))


def _with_loss(table: Table, loss: str) -> Table:
    """Return the only task of a recipe, with another loss."""
    tasks = table["tasks"]
    if len(tasks) != 1:
        raise UsageError(f"recipe {table['name']} has {len(tasks)} losses: name one, such as --set tasks.0.loss={loss}")
    return {**tasks[0], "loss": loss, "loss_options": {}}


def of_toml(text: str, where: str, settings: Iterable[str] = ()) -> Recipe:
    """Return the recipe that `Recipe.as_toml` wrote, with settings such as `optimiser.lr=1e-4` changed.

    Raises:
        UsageError: it is none, or a setting is unknown or means nothing.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{where} is no TOML ({error}): mend it") from None
    for setting in settings:
        set_value(table, setting)
    return _checked(table, where)


@cache
def default_for(strategy: str) -> str | None:
    """Return the name of the recipe for pair sets of a strategy, or None."""
    return next((name for name in names() if strategy in load(name).default_for), None)


def _read(path: Path) -> Table:
    """Read a recipe; what it does not say stands in the recipe it is based on."""
    try:
        table = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML ({error}): mend it") from None
    base = table.pop("base", None)
    if base is None:
        return table
    return merged(_read(path.with_name(f"{base}.toml")), table)


def _checked(table: Table, where: str) -> Recipe:
    recipe: Recipe = make(Recipe, table, "", where)
    for path, values in leaves(asdict(recipe)):
        if path in CHOICES:
            for value in values:
                check_name(f"{path} (in {where})", value, CHOICES[path])
        for value in values:  # compared so that not a number fails too
            if path in POSITIVE and not value > 0:
                raise UsageError(f"{where}: {path} is {value}: it must be above 0")
            if path in NOT_NEGATIVE and not value >= 0:
                raise UsageError(f"{where}: {path} is {value}: it must be 0 or above")
    if len(recipe.views.mix) not in (0, 2) or min([1.0, *recipe.views.mix]) <= 0:
        raise UsageError(f"{where}: views.mix holds the two shape parameters of a Beta distribution, such as [5, 2]")
    if any(task.phase > max(len(recipe.phases), 1) for task in recipe.tasks):
        raise UsageError(f"{where}: a task is in a phase that `phases` does not have: add one")
    return recipe
