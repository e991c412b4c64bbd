"""What a run is made of: recipe, pair sets by role, features; everything that can be wrong is said before step one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairmine import pair_sets, store
from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.registry import check_name
from trainer import recipe as recipes
from trainer import registry, resume, system, views
from trainer.data import Stream, Streams
from trainer.features.store import FeatureStore
from trainer.features.waveforms import Waveforms
from trainer.frontends import FrontEnd
from trainer.pair_sets import Features, PairSet
from trainer.recipe import Recipe

ANY = "pairs"  # the role of pairs by whatever strategy


@dataclass(frozen=True)
class Job:
    """Everything a run reads; `kept` names what it was begun with where its recipe, named again, says otherwise."""

    recipe: Recipe
    front_end: FrontEnd
    features: Features | None
    training: Streams
    validation: Streams | None
    kept: tuple[str, ...] = ()

    def identity(self) -> dict[str, str]:
        """Return digests of what it reads, by which a resumed run knows its own again."""
        digests = {
            "+".join(roles): "".join(s.manifest["digest"] for s in stream.sets)
            for roles, stream in self.training.items()
        }
        return digests | ({} if self.features is None else {"features": self.features.manifest["digest"]})

    def facts(self) -> dict[str, Any]:
        """Return how many tracks there are, and how many of them have to be left out."""
        sets = {"+".join(roles): stream.sets for roles, stream in self.training.items()}
        return {
            name: {
                "tracks": sum(each.tracks for each in found),
                "without_features": sum(each.without_features for each in found),
                "too_short": sum(each.too_short for each in found),
                "pair_epochs": found[0].epochs,
            }
            for name, found in sets.items()
        }

    def warnings(self, ranks: int) -> list[str]:
        """Return a line for everything that differs from what the recipe says: what is left out, what ranks change."""
        apart = [
            f"{task.loss} compares rows of one rank only, {self.recipe.batch // ranks} of {self.recipe.batch}: one "
            "rank has another loss (negatives = 'global' among its loss_options: the same)"
            for task in self.recipe.tasks
            if ranks > 1 and system.compares_locally(task)
        ]
        left_out = [
            f"{name}: {found['without_features'] + found['too_short']:,} of {found['tracks']:,} tracks left out "
            f"({found['without_features']:,} without features, {found['too_short']:,} too short)"
            for name, found in self.facts().items()
            if found["without_features"] + found["too_short"]
        ]
        kept = [f"as it was begun, not as recipe {self.recipe.name} says: {', '.join(self.kept)}"] if self.kept else []
        return [*kept, *apart, *left_out, *(line for stream in self.training.values() for line in stream.warnings())]


def prepare(
    workspace: Path,
    pairs: Sequence[str],
    *,
    recipe: str | None = None,
    encoder: str | None = None,
    loss: str | None = None,
    settings: Sequence[str] = (),
    valid: Sequence[str] = (),
    features: Path | None = None,
    begun: Path | None = None,
) -> Job:
    """Read the recipe, open pair sets and features.

    Args:
        workspace: where features are sought.
        pairs: pair sets as DIR or ROLE=DIR.
        recipe: name or file; by default the one for the first set's strategy.
        encoder: another than the recipe's.
        loss: another than the recipe's.
        settings: as `optimiser.lr=1e-4`.
        valid: pair sets for validation, as `pairs`.
        features: a feature store; by default the workspace's one of the recipe's front end.
        begun: the checkpoint of a run to go on with, by its own recipe.

    Raises:
        UsageError: recipe, role or setting unknown, pair sets of a kind the recipe does not learn from, or features of
            another front end; an encoder or a loss that is none; or the run cannot go on with what is changed.
        MissingError: pair sets or features are missing, no pair has features, or the recipe needs a setting.
        DamagedError: a file differs from its checksum.
    """
    kept: list[str] = []
    if begun is None:
        chosen = recipes.load(recipe or _default_recipe(pairs), settings, encoder=encoder, loss=loss)
    else:
        named = None if recipe is None else recipe_name(pairs, recipe)
        chosen = resume.recipe(begun, settings, named=named, encoder=encoder, loss=loss)
        asked = chosen if recipe is None else recipes.load(recipe, settings, encoder=encoder, loss=loss)
        kept = [name for name in vars(chosen) if getattr(chosen, name) != getattr(asked, name)]
    chosen.check_needs()
    for task in chosen.tasks:
        system.check_loss(task)
    front_end = registry.build("frontends", chosen.front_end)
    if not isinstance(front_end, FrontEnd):
        raise UsageError(f"{chosen.front_end} is no front end: subclass FrontEnd of trainer.frontends")
    if not chosen.tasks:
        return Job(chosen, front_end, None, {}, None)
    if not (chosen.epochs or chosen.steps):
        raise UsageError(f"recipe {chosen.name} has no end: pass --set epochs=N or --set steps=N")
    store_ = open_features(features or find_features(workspace, front_end), front_end)
    training = _streams(chosen, _bound(chosen, pairs, "--pairs"), store_, still=False)
    validation = _streams(chosen, _bound(chosen, valid, "--valid"), store_, still=True) if valid else None
    return Job(chosen, front_end, store_, training, validation, tuple(kept))


def located(workspace: Path, named: Sequence[str]) -> list[str]:
    """Return pair sets given as DIR, NAME or ROLE=either as DIR or ROLE=DIR.

    Raises:
        MissingError: there is no such folder, nor such a pair set in the workspace.
    """
    parts = [(role, pair_sets.find(workspace, path)) for role, path in map(_parted, named)]
    return [f"{role}={folder}" if role else str(folder) for role, folder in parts]


def _parted(text: str) -> tuple[str, str]:
    """Return role and path of ROLE=PATH; the role is empty where none is named, as in the path of a folder seed=1."""
    role, equals, path = text.partition("=")
    return (role, path) if equals and not Path(text).exists() else ("", text)


def recipe_name(pairs: Sequence[str], recipe: str | None) -> str:
    """Return the name of the recipe that is named, as a file or not, or of the default one for pair sets."""
    chosen = recipe or _default_recipe(pairs)
    return Path(chosen).stem if chosen.endswith(".toml") else chosen


def _default_recipe(pairs: Sequence[str]) -> str:
    if not pairs:
        raise UsageError(
            "name pair sets with --pairs DIR, or a recipe with --recipe (`pairmine train --list`), "
            "or with --resume a run with --name"
        )
    folder = Path(_parted(pairs[0])[1])
    strategy = store.read_manifest(folder).get("strategy")
    found = recipes.default_for(str(strategy))
    if found is None:
        raise UsageError(f"{folder} was built by {strategy}, which has no recipe of its own: name one with --recipe")
    return found


def _bound(recipe: Recipe, pairs: Sequence[str], option: str) -> dict[str, Path]:
    """Return the folder for every role: as named, the only role, that of the set's strategy, or that of any pairs."""
    folders: dict[str, Path] = {}
    for text in pairs:
        named, path = _parted(text)
        role = named or _role_of(recipe, Path(path))
        check_name(f"role of recipe {recipe.name}", role, recipe.roles)
        if role in folders:
            raise UsageError(f"{option} {text}: {role} is given already, as {folders[role]}")
        folders[role] = Path(path)
    for role in recipe.roles:
        if role not in folders:
            raise UsageError(f"recipe {recipe.name} learns from {', '.join(recipe.roles)}: add {option} {role}=DIR")
    return folders


def _role_of(recipe: Recipe, folder: Path) -> str:
    if len(recipe.roles) == 1:
        return recipe.roles[0]
    strategy = str(store.read_manifest(folder).get("strategy"))
    return ANY if strategy not in recipe.roles and ANY in recipe.roles else strategy


def find_features(workspace: Path, front_end: FrontEnd) -> Path:
    """Return the only feature store of a workspace with a front end; where there is none, that of waveforms.

    Raises:
        MissingError: there is neither.
        UsageError: there are several.
    """
    wanted, stores = front_end.settings["name"], sorted((workspace / "features").glob(f"*/{store.MANIFEST}"))
    names = {path.parent: store.read_manifest(path.parent)["front_end"]["name"] for path in stores}
    found = [folder for folder, name in names.items() if name == wanted]
    if not found and front_end.reads == "audio":
        found = [folder for folder, name in names.items() if name == "waveforms"]
    if not found:
        raise MissingError(f"{workspace} has no features by {wanted}: run `pairmine features DIR --front-end {wanted}`")
    if len(found) > 1:
        raise UsageError(f"{workspace} has {len(found)} feature stores by {wanted}: choose, e.g. --features {found[0]}")
    return found[0]


def open_features(folder: Path, front_end: FrontEnd) -> Features:
    """Open features by a front end, or waveforms for it to hear.

    Raises:
        UsageError: they were made by another front end, or it cannot hear these waveforms.
        MissingError, DamagedError: as in `FeatureStore.open`.
    """
    opened = FeatureStore.open(folder)
    if opened.manifest["kind"] == "waveforms":
        return Waveforms(opened, front_end)
    check_front_end(opened, front_end)
    return opened


def check_front_end(features: FeatureStore, front_end: FrontEnd) -> None:
    """Raise UsageError unless features were made by a front end, with the same parameters."""
    found, wanted = features.manifest["front_end"], front_end.settings
    different = [name for name in wanted if found.get(name) != wanted[name]]
    if different:
        name = different[0]
        raise UsageError(
            f"{features.folder} has features by another front end than the recipe's {wanted['name']}: its {name} is "
            f"{found.get(name)!r}, not {wanted[name]!r}: run `pairmine features DIR --front-end {wanted['name']}`"
        )
    if not len(features):
        raise DamagedError(f"{features.folder} holds no track: run `pairmine features DIR --force`")


def _streams(recipe: Recipe, folders: dict[str, Path], features: Features, *, still: bool) -> Streams:
    """Return a stream for every combination of roles that a task joins."""
    frames = recipe.views.frames or system.audio_encoder_frames(recipe)
    least = views.least_frames(recipe.views, frames, features.manifest["front_end"])
    sets = {role: PairSet(folder, features, least) for role, folder in folders.items()}
    streams: dict[tuple[str, ...], Stream] = {}
    for task in recipe.tasks:
        same = [each for each in recipe.tasks if each.roles == task.roles]
        streams[tuple(task.roles)] = Stream(
            [sets[role] for role in task.roles],
            features,
            spec=recipe.views,
            frames=frames,
            batch=recipe.batch,
            groups=task.groups,
            view_count=max(system.view_count(each) for each in same),
            drop_last=recipe.drop_last,
            seed=recipe.seed,
            still=still,
        )
    for task in recipe.tasks:
        system.check_kinds(task, streams, refreshed=recipe.refresh.every > 0 and not still)
    return streams
