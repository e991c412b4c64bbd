import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels.numbering import Numbers

IDS = st.integers(0, 20) | st.integers(0, 2**31 - 1) | st.sampled_from([2**31 - 1, 2**31 - 2, 2**30])


@given(st.lists(IDS, unique=True, max_size=40), st.lists(IDS | st.just(-1), max_size=40))
def test_ids_are_found_wherever_they_lie(ids: list[int], asked: list[int]) -> None:
    numbers = Numbers(np.array(ids, np.int32)).of(np.array([*ids, *asked], np.int32))
    assert numbers.tolist() == [ids.index(each) if each in ids else -1 for each in [*ids, *asked]]
