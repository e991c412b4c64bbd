"""The contract of evaluations. Every check takes a world: an evaluation of made-up data, and systems scored by it."""

import copy
import inspect
import json
import typing
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError
from pairmine.testing._refusing import refused
from trainer.evaluations import Evaluation, Patches, System
from trainer.keys import annotation_key
from trainer.metrics.score import REPLICATES, Score

Floats = npt.NDArray[np.float32]

ROUNDING = 1e-12


class Planted(System):
    """Every patch of a track is the track's latent vector and some noise that depends on key and start alone.

    `asked` gathers the keys that vectors were asked for.
    """

    def __init__(
        self,
        latent_of: Mapping[str, npt.ArrayLike],
        *,
        name: str = "planted",
        noise: float = 0.05,
        patches: int = 3,
        patch_ms: int = 2000,
        baseline: bool = False,
    ) -> None:
        self.latent_of = {key: np.asarray(latent, np.float32) for key, latent in latent_of.items()}
        self.name, self.baseline = name, baseline
        self.asked: set[str] = set()
        self._noise, self._patches, self._patch_ms = noise, patches, patch_ms

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Return the vectors of patches that overlap by that share of their length."""
        self.asked.update(keys)
        hop = round(self._patch_ms * (1 - overlap))
        starts = np.arange(0, self._patch_ms * (self._patches - 1) + 1, hop)
        vectors = [self._patch(key, int(start)) for key in keys for start in starts]
        return Patches(
            np.repeat(np.arange(len(keys)), len(starts)), np.tile(starts, len(keys)).astype(np.int64), np.stack(vectors)
        )

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the mean over patches, or mean and standard deviation."""
        found = self.patches(keys)
        vector_NPD = found.vector_PD.reshape(len(keys), self._patches, -1)
        parts = [vector_NPD.mean(1), vector_NPD.std(1)] if stats == "mean-std" else [vector_NPD.mean(1)]
        return np.concatenate(parts, axis=1)

    def unknowing(self, rng: np.random.Generator) -> "Planted":
        """Return the same with latent vectors of pure noise."""
        latent_of = {key: rng.standard_normal(latent.shape) for key, latent in self.latent_of.items()}
        return Planted(latent_of, name="unknowing", patches=self._patches, patch_ms=self._patch_ms)

    def _patch(self, key: str, start: int) -> Floats:
        latent = self.latent_of[key]
        noise = np.random.default_rng([start, *key.encode()]).standard_normal(latent.shape)
        return (latent + self._noise * noise).astype(np.float32)


class World(NamedTuple):
    """An evaluation, and what a system that knows, one that does not, and chance score by it."""

    evaluation: Evaluation
    system: Planted
    known: list[Score]
    unknown: list[Score]
    chance: list[Score]


def world_of(prepare: Callable[..., Evaluation], data: Path, system: Planted, options: dict[str, Any]) -> World:
    """Prepare an evaluation of made-up data and score three systems by it."""
    evaluation = prepare(data, **options)
    unknowing = system.unknowing(np.random.default_rng(8))
    return World(evaluation, system, evaluation.scores(system), evaluation.scores(unknowing), evaluation.chance())


def says_what_it_is(prepare: Callable[..., Evaluation]) -> None:
    """Its help leads with an example to paste; its options are keywords with a default and a help."""
    from typer.models import OptionInfo

    assert inspect.getmodule(prepare).__doc__
    assert (prepare.__doc__ or "").startswith("`pairmine evaluate "), "lead with an example to paste"
    data, *options = inspect.signature(prepare).parameters.values()
    assert data.name == "data"
    for option in options:
        assert option.kind is option.KEYWORD_ONLY and option.default is not option.empty
        [info] = typing.get_type_hints(prepare, include_extras=True)[option.name].__metadata__
        assert isinstance(info, OptionInfo) and info.help


def keys_are_sorted_unique_and_free_of_extensions(world: World) -> None:
    """`keys` and `tested` are in byte order, as `annotation_key` has them."""
    keys, tested = world.evaluation.keys, world.evaluation.tested
    assert tested and set(tested) <= set(keys)
    for some in (keys, tested):
        assert list(some) == sorted(set(some), key=str.encode)
        assert all(annotation_key(key) == key for key in some)
    assert set(world.evaluation.names) <= set(keys)


def it_tells_what_it_read(world: World) -> None:
    """Protocol, facts and files are there."""
    assert world.evaluation.protocol and world.evaluation.facts
    json.dumps(world.evaluation.facts)
    assert world.evaluation.files and all(file.is_file() for file in world.evaluation.files)


def it_asks_for_no_other_tracks_than_it_names(world: World) -> None:
    """Vectors are asked of `keys` only."""
    assert world.system.asked <= set(world.evaluation.keys)


def chance_and_systems_have_the_same_figures(world: World) -> None:
    """Metrics, units and directions are the same for all, each once."""
    for scores in (world.unknown, world.chance):
        assert [_kind(score) for score in scores] == [_kind(score) for score in world.known]
    metrics = [score.metric for score in world.known]
    assert len(set(metrics)) == len(metrics) > 0


def knowing_beats_not_knowing_and_chance(world: World) -> None:
    """Every figure is better where the vectors hold the truth."""
    for known, unknown, chance in zip(world.known, world.unknown, world.chance, strict=True):
        sign = 1 if known.higher_is_better else -1
        assert np.isfinite([known.value, unknown.value, chance.value]).all()
        assert sign * known.value > max(sign * unknown.value, sign * chance.value), known.metric


def replicates_are_paired_and_about_their_figure(world: World) -> None:
    """A system has the replicates of another one of the same vectors; the figure lies in its interval."""
    namesake = copy.copy(world.system)
    namesake.name = "namesake"
    for score, other in zip(world.known, world.evaluation.scores(namesake), strict=True):
        np.testing.assert_array_equal(score.replicates, other.replicates)
    for scores in zip(world.known, world.unknown, world.chance, strict=True):
        assert {score.replicates.size for score in scores} <= {0, REPLICATES}
        known, unknown, _ = scores
        assert known.replicates.size == unknown.replicates.size
        for score in (known, unknown):
            if score.interval is not None:
                low, high = score.interval
                assert low - ROUNDING <= score.value <= high + ROUNDING, score.metric
        json.dumps([score.detail for score in scores])


def what_is_no_number_is_refused(world: World) -> None:
    """A system of which a vector is NaN has no figures."""
    broken = copy.copy(world.system)
    key = world.evaluation.tested[0]
    broken.latent_of = broken.latent_of | {key: broken.latent_of[key] * np.float32(np.nan)}
    with refused(InputError, ""):
        world.evaluation.scores(broken)


def the_same_twice(world: World) -> None:
    """Scored again, a system has the same figures and replicates."""
    again = world.evaluation.scores(world.system)
    assert _figures(again) == _figures(world.known)
    for first, second in zip(world.known, again, strict=True):
        np.testing.assert_array_equal(first.replicates, second.replicates)
    assert _figures(world.evaluation.chance()) == _figures(world.chance)


def only_what_is_known_is_scored(world: World) -> None:
    """`only` leaves out tracks, and says so where nothing is left."""
    evaluation = world.evaluation
    assert _figures(evaluation.only(frozenset(evaluation.keys)).scores(world.system)) == _figures(world.known)
    known = frozenset(evaluation.keys) - {evaluation.tested[0]}
    fewer = evaluation.only(known)
    assert set(fewer.keys) <= known and set(fewer.tested) <= known & set(evaluation.tested)
    assert [_kind(score) for score in fewer.scores(world.system)] == [_kind(score) for score in world.known]
    with refused(InputError, ""):
        evaluation.only(frozenset())


def combining_gives_systems_of_different_names(world: World) -> None:
    """`combine` returns systems that tables can tell apart."""
    other = world.system.unknowing(np.random.default_rng(9))
    systems = world.evaluation.combine([world.system, other])
    assert systems and all(isinstance(system, System) for system in systems)
    assert len({system.name for system in systems}) == len(systems)


CHECKS: tuple[Callable[[World], None], ...] = (
    keys_are_sorted_unique_and_free_of_extensions,
    it_tells_what_it_read,
    it_asks_for_no_other_tracks_than_it_names,
    chance_and_systems_have_the_same_figures,
    knowing_beats_not_knowing_and_chance,
    replicates_are_paired_and_about_their_figure,
    what_is_no_number_is_refused,
    the_same_twice,
    only_what_is_known_is_scored,
    combining_gives_systems_of_different_names,
)


def _kind(score: Score) -> tuple[str, str, bool]:
    return score.metric, score.unit, score.higher_is_better


def _figures(scores: list[Score]) -> list[float]:
    return [score.value for score in scores]
