"""One contract over every evaluation, found by folder scan, each on its example (tests/trainer/evaluations)."""

from pathlib import Path

import numpy as np
import pytest

from pairmine.testing import evaluations
from pairmine.testing.evaluations import World
from tests.trainer.evaluations import examples
from tests.trainer.evaluations.examples import Example
from trainer import registry

EVALUATIONS = registry.names("evaluations")


def example_of(name: str, folder: Path) -> Example:
    function = name.replace("-", "_")
    make = getattr(examples, function, None)
    assert make, f"no example of {name!r}: write the function {function} in tests/trainer/evaluations/examples.py"
    found: Example = make(folder, np.random.default_rng(7))
    return found


@pytest.fixture(scope="module", params=EVALUATIONS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    example = example_of(request.param, tmp_path_factory.mktemp(request.param))
    prepare = registry.evaluation(request.param)
    return evaluations.world_of(prepare, example.data, example.system, example.options)


@pytest.mark.parametrize("name", EVALUATIONS)
def test_it_says_what_it_is_and_what_its_options_mean(name) -> None:
    prepare = registry.evaluation(name)
    evaluations.says_what_it_is(prepare)
    assert prepare.__doc__.startswith(f"`pairmine evaluate {name} --data ")


@pytest.mark.parametrize("check", evaluations.CHECKS, ids=lambda check: check.__name__)
def test_an_evaluation(check, world) -> None:
    check(world)
