"""Grids and published tables fit: each table stands below a result of its paper's grid, in columns that result has."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.trainer.evaluations import examples
from tests.trainer.reproduction.command_line import options_of
from trainer import registry
from trainer.evaluations import Evaluation
from trainer.reporting import papers
from trainer.reporting.papers import Published
from trainer.reproduction import grid as grids
from trainer.reproduction.grid import Step


def asked_of(step: Step) -> dict[str, Any]:
    """Return what a step hands to `prepare`."""
    options = options_of([*step.words, "--workspace", "work"])
    return {name: options[name] for name in inspect.signature(registry.evaluation(step.words[1])).parameters}


def prepared(step: Step, folder: Path) -> Evaluation:
    """Return the evaluation of a step: on the toy data, or on its example where it reads what other steps make."""
    given, name = asked_of(step), step.words[1]
    given["data"] = Path(given["data"])
    if not step.data:
        example = getattr(examples, name)(folder, np.random.default_rng(7))
        given = {"data": example.data} | example.options | {each: given[each] for each in given if each == "protocol"}
    evaluation: Evaluation = registry.evaluation(name)(**given)
    return evaluation


@pytest.mark.parametrize("paper", grids.names())
def test_every_published_table_stands_below_a_result_of_the_grid(paper: str, toy: Path, tmp_path: Path) -> None:
    steps = [
        each for each in grids.steps(grids.load(paper), toy, Path("work"), toy=True) if each.words[0] == "evaluate"
    ]
    shown: list[Published] = []
    for step in {(each.words[1], str(asked_of(each))): each for each in steps}.values():
        folder = tmp_path / step.name.replace("/", "-")
        folder.mkdir()
        evaluation = prepared(step, folder)
        found = [each for each in papers.find(step.words[1], evaluation.protocol) if each.paper == paper]
        assert found, f"{step.name}: no table was made by {evaluation.protocol!r}"
        columns = {score.metric for score in evaluation.chance()}
        assert [each.metrics for each in found if not set(each.metrics) <= columns] == [], f"{step.name} has {columns}"
        shown += found
    left = [(each.table, each.protocol) for each in papers.tables() if each.paper == paper and each not in shown]
    assert left == [], "no step of the grid makes these tables"
