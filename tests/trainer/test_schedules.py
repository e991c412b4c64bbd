"""Learning rates in closed form, and what the end of an epoch decides."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import recipe as recipes
from trainer.position import Position
from trainer.recipe import Optimiser, Schedule
from trainer.schedules import Plateau, learning_rate, triangular


def test_warm_up_then_cosine_to_zero() -> None:
    schedule, optimiser = Schedule("cosine", warmup=10), Optimiser(2.0)
    rates = [learning_rate(optimiser, schedule, step, 110) for step in range(111)]
    assert rates[:10] == pytest.approx([0.2 * (step + 1) for step in range(10)])
    assert rates[10] == 2 and rates[60] == pytest.approx(1) and rates[110] == pytest.approx(0)
    assert rates[35] == pytest.approx(1 + math.cos(math.pi / 4))
    assert learning_rate(optimiser, schedule, 500, 110) == pytest.approx(0)


def test_a_rate_falls_by_its_factor_each_time() -> None:
    assert learning_rate(Optimiser(1e-3), Schedule("plateau", factor=0.2), 7, 0, drops=2) == pytest.approx(4e-5)
    assert learning_rate(Optimiser(1e-3), Schedule(), 7, 0, drops=2) == 1e-3


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.floats(0, 0.5))
def test_a_plateau_counts_what_came_since_the_best(figures, gain) -> None:
    plateau, best, since = Plateau(gain), None, 0
    for figure in figures:
        better = best is None or figure < best - gain * abs(best)
        best, since = (figure, 0) if better else (best, since + 1)
        assert plateau.add(figure) is better
    assert plateau.waited == since and (best is None or plateau.best == best)


def test_the_rate_is_lowered_after_its_patience_and_then_waits_again() -> None:
    recipe = recipes.load("cola-artist", ["schedule.patience=2"])
    at, drops = Position(), []
    for loss in (5, 4, 4, 4, 4, 4, 3, 3):
        at.end_epoch(recipe, loss)
        drops.append(at.drops)
    assert drops == [0, 0, 0, 1, 1, 2, 2, 2] and at.epoch == 8


def test_a_position_survives_json() -> None:
    at = Position(epoch=3, batch=7, step=40, epoch_loss=1.25)
    assert Position.of(at.state()) == at
    at.best.add(2.5)
    at.plateau.add(2.5)
    at.level.add(0.5)
    assert Position.of(at.state()) == at


@given(st.integers(1, 1000), st.integers(0, 5))
def test_a_triangle_goes_up_and_down_in_straight_lines(half_cycle, cycle) -> None:
    first = 2 * half_cycle * cycle
    rates = [triangular(first + step, half_cycle, 1e-5, 1e-3) for step in range(2 * half_cycle + 1)]
    assert (rates[0], rates[half_cycle], rates[-1]) == pytest.approx((1e-5, 1e-3, 1e-5), rel=1e-9)
    slopes = [b - a for a, b in itertools.pairwise(rates)]
    assert slopes[:half_cycle] == pytest.approx([(1e-3 - 1e-5) / half_cycle] * half_cycle)
    assert slopes[half_cycle:] == pytest.approx([(1e-5 - 1e-3) / half_cycle] * half_cycle)
