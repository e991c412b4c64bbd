import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pairmine.kernels.text_order import leading_words, number_texts

# Long common beginnings and few letters, so that texts part late or not at all.
TEXTS = st.builds(
    lambda stem, rest: stem + rest,
    st.sampled_from(["", "12345678", "1234567/", "a" * 24]),
    st.text(st.sampled_from("ab/é𝔖"), max_size=12),
)


def arrays_of(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    encoded = [text.encode() for text in texts]
    offsets = np.append(0, np.cumsum([len(text) for text in encoded])).astype(np.int64)
    return offsets, np.frombuffer(b"".join(encoded), np.uint8)


@given(st.lists(TEXTS, max_size=150), st.integers(1, 4))
def test_texts_are_numbered_by_their_bytes(texts: list[str], times: int) -> None:
    texts = texts * times
    distinct = sorted(set(texts), key=str.encode)
    numbers, count = number_texts(*arrays_of(texts))
    assert count == len(distinct)
    assert numbers.tolist() == [distinct.index(text) for text in texts]


@given(st.lists(TEXTS, max_size=20))
def test_leading_words_are_big_endian(texts: list[str]) -> None:
    words = leading_words(*arrays_of(texts)).tolist()
    assert words == [int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "big") for text in texts]
