"""One contract over every evaluation, found by folder scan, each on its example (tests/trainer/evaluations)."""

import inspect
import json
import typing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from typer.models import OptionInfo

from pairmine import registry
from pairmine.errors import InputError
from tests.trainer.evaluations import examples
from tests.trainer.evaluations.examples import Example
from trainer.evaluations import Evaluation, System
from trainer.keys import annotation_key
from trainer.metrics.score import REPLICATES, Score

EVALUATIONS = registry.names("evaluations", "trainer")

every_evaluation = pytest.mark.parametrize("name", EVALUATIONS)


class World(NamedTuple):
    """An evaluation of its example, with what a system that knows, one that does not, and chance score by it."""

    example: Example
    evaluation: Evaluation
    known: list[Score]
    unknown: list[Score]
    chance: list[Score]


def example_of(name: str, folder: Path) -> Example:
    function = name.replace("-", "_")
    make = getattr(examples, function, None)
    assert make, f"no example of {name!r}: write the function {function} in tests/trainer/evaluations/examples.py"
    found: Example = make(folder, np.random.default_rng(7))
    return found


def prepare_of(name: str):
    return registry.load("evaluations", name, "trainer").prepare


@pytest.fixture(scope="module", params=EVALUATIONS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    example = example_of(request.param, tmp_path_factory.mktemp(request.param))
    evaluation = prepare_of(request.param)(example.data, **example.options)
    unknowing = example.system.unknowing(np.random.default_rng(8))
    known, unknown = (evaluation.scores(system) for system in (example.system, unknowing))
    return World(example, evaluation, known, unknown, evaluation.chance())


@every_evaluation
def test_it_says_what_it_is_and_what_its_options_mean(name) -> None:
    prepare = prepare_of(name)
    assert inspect.getmodule(prepare).__doc__
    assert prepare.__doc__.startswith(f"`pairmine evaluate {name} --data "), "lead with an example to paste"
    data, *options = inspect.signature(prepare).parameters.values()
    assert data.name == "data"
    for option in options:
        assert option.kind is option.KEYWORD_ONLY and option.default is not option.empty
        [info] = typing.get_type_hints(prepare, include_extras=True)[option.name].__metadata__
        assert isinstance(info, OptionInfo) and info.help


def test_its_keys_are_sorted_unique_and_free_of_extensions(world) -> None:
    keys, tested = world.evaluation.keys, world.evaluation.tested
    assert tested and set(tested) <= set(keys)
    for some in (keys, tested):
        assert list(some) == sorted(set(some), key=str.encode)
        assert all(annotation_key(key) == key for key in some)
    assert set(world.evaluation.names) <= set(keys)


def test_it_tells_what_it_read(world) -> None:
    assert world.evaluation.protocol and world.evaluation.facts
    json.dumps(world.evaluation.facts)
    assert world.evaluation.files and all(file.is_file() for file in world.evaluation.files)


def test_it_asks_for_no_other_tracks_than_it_names(world) -> None:
    assert world.example.system.asked <= set(world.evaluation.keys)


def test_chance_and_systems_have_the_same_figures(world) -> None:
    for scores in (world.unknown, world.chance):
        assert [kind(score) for score in scores] == [kind(score) for score in world.known]
    metrics = [score.metric for score in world.known]
    assert len(set(metrics)) == len(metrics) > 0


def test_a_system_that_knows_beats_one_that_does_not_and_chance(world) -> None:
    for known, unknown, chance in zip(world.known, world.unknown, world.chance, strict=True):
        sign = 1 if known.higher_is_better else -1
        assert np.isfinite([known.value, unknown.value, chance.value]).all()
        assert sign * known.value > max(sign * unknown.value, sign * chance.value)


def test_replicates_are_paired_and_near_their_figure(world) -> None:
    for scores in zip(world.known, world.unknown, world.chance, strict=True):
        assert {score.replicates.size for score in scores} <= {0, REPLICATES}
        known, unknown, _ = scores
        assert known.replicates.size == unknown.replicates.size
        if unknown.interval is not None:
            low, high = unknown.interval
            assert low - (high - low) <= unknown.value <= high + (high - low)
        json.dumps([score.detail for score in scores])


def test_the_same_twice(world) -> None:
    again = world.evaluation.scores(world.example.system)
    assert figures(again) == figures(world.known)
    for first, second in zip(world.known, again, strict=True):
        np.testing.assert_array_equal(first.replicates, second.replicates)
    assert figures(world.evaluation.chance()) == figures(world.chance)


def test_only_what_is_known_is_scored(world) -> None:
    evaluation = world.evaluation
    assert figures(evaluation.only(frozenset(evaluation.keys)).scores(world.example.system)) == figures(world.known)
    known = frozenset(evaluation.keys) - {evaluation.tested[0]}
    fewer = evaluation.only(known)
    assert set(fewer.keys) <= known and set(fewer.tested) <= known & set(evaluation.tested)
    assert [kind(score) for score in fewer.scores(world.example.system)] == [kind(score) for score in world.known]
    with pytest.raises(InputError) as caught:
        evaluation.only(frozenset())
    assert "\n" not in str(caught.value)


def test_combining_gives_systems_of_different_names(world) -> None:
    other = world.example.system.unknowing(np.random.default_rng(9))
    systems = world.evaluation.combine([world.example.system, other])
    assert systems and all(isinstance(system, System) for system in systems)
    assert len({system.name for system in systems}) == len(systems)


def kind(score: Score) -> tuple[str, str, bool]:
    return score.metric, score.unit, score.higher_is_better


def figures(scores: list[Score]) -> list[float]:
    return [score.value for score in scores]
