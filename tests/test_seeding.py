import duckdb
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine import engine, seeding
from pairmine.kernels import mixing

STREAMS = st.integers(0, 2**63 - 1)
IDS = st.integers(0, 2**31 - 1)


@given(STREAMS, IDS, IDS)
def test_the_mix_is_the_same_in_numpy_numba_and_sql(stream: int, a: int, b: int) -> None:
    with duckdb.connect() as connection:
        connection.execute(engine.statement("catalogue/mix"))
        by_sql = connection.execute("select mix($1, $2), mix_pair($1, $2, $3)", [stream, a, b]).fetchall()[0]
    by_numpy = int(seeding.mix(stream, a))
    by_numba = int(mixing.mix(np.uint64(stream), np.uint64(a)))
    pair = int(mixing.mix_pair(np.uint64(stream), np.uint64(a), np.uint64(b)))
    assert by_sql == (by_numpy, pair)
    assert by_numpy == by_numba
    assert pair == int(seeding.mix32(np.uint64(by_numpy ^ b)))


@given(STREAMS)
def test_an_order_is_a_permutation_drawn_from_its_stream_alone(stream: int) -> None:
    order = seeding.order(stream, 1000)
    assert sorted(order.tolist()) == list(range(1000))
    assert (order == seeding.order(stream, 1000)).all()
    assert (order != seeding.order(stream ^ 1, 1000)).any()


def test_places_in_an_order_are_uniform() -> None:
    """Chi-square over 64 first places of 20,000 streams: mean 63, standard deviation 11.2."""
    firsts = np.array([seeding.order(seeding.stream(0, "uniform", i), 64)[0] for i in range(20_000)])
    observed = np.bincount(firsts, minlength=64)
    chi_square = ((observed - 312.5) ** 2 / 312.5).sum()
    assert chi_square < 63 + 5 * 11.2


def test_streams_differ_by_every_part_of_their_name() -> None:
    names = [
        (0, "co", 0, "visit"),
        (1, "co", 0, "visit"),
        (0, "tco", 0, "visit"),
        (0, "co", 1, "visit"),
        (0, "co0", "visit"),
    ]
    assert len({seeding.stream(*name) for name in names}) == len(names)
