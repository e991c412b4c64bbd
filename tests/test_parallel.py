import time

import pytest

from pairmine import parallel
from pairmine.errors import UsageError


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused_in_one_line(threads: int) -> None:
    for call in (
        lambda: parallel.threads_or_default(threads),
        lambda: list(parallel.in_order(int, [1], threads)),
    ):
        with pytest.raises(UsageError, match=f"^--threads {threads}: give 1 or more.*$"):
            call()


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def late(item: int) -> int:
        time.sleep((item % 3) / 500)
        return item

    assert list(parallel.in_order(late, range(20), threads)) == list(range(20))
