import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.reporting import rounding


@pytest.mark.parametrize(
    ("values", "intervals", "places"),
    [
        ([0.8123], [(0.799, 0.825)], 3),  # half-width 0.013: two digits of it
        ([0.00412], [(0.0037, 0.0045)], 5),
        ([71.2], [(68.0, 74.0)], 1),
        ([712.0], [(500.0, 900.0)], 0),
        ([0.125], [None], 3),
        ([0.0016, 0.0085], [None, None], 5),
        ([0.0], [None], 3),
        ([], [], 3),
        ([math.nan], [None], 3),
        ([0.5], [(0.5, 0.5)], 3),  # an interval without width says nothing
    ],
)
def test_decimals_follow_the_width_of_the_interval(values, intervals, places) -> None:
    assert rounding.decimals(values, intervals) == places


def test_figures_are_printed_with_their_interval_and_a_sign_where_asked_for() -> None:
    assert rounding.figure(0.8123, (0.7991, 0.8249), 3) == "0.812 [0.799, 0.825]"
    assert rounding.figure(0.0123, (-0.0031, 0.0271), 3, signed=True) == "+0.012 [−0.003, +0.027]"
    assert rounding.figure(0.5, None, 3) == "0.500"
    assert rounding.number(-0.0001, 3, signed=True) == "0.000"
    assert rounding.number(math.nan, 3) == rounding.number(math.inf, 3) == "n/a"


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e3))
def test_two_significant_digits_of_the_half_width_are_kept(value: float, half: float) -> None:
    places = rounding.decimals([value], [(value - half, value + half)])
    read = float(rounding.number(value, places).replace(rounding.MINUS, "-"))
    assert abs(read - value) <= max(0.05 * half, 0.5) * 1.01
    assert places == 8 or half * 10**places >= 9.4 or places == 0
