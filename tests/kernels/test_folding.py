"""Folding: the compiled form is the plain one, and published vectors come out."""

import csv
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.kernels.folding import fold, fold_text

VECTORS = Path(__file__).with_name("folding_vectors.tsv")


def vectors() -> list[dict[str, str]]:
    with VECTORS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["text"])
def test_published_vectors(vector: dict[str, str]) -> None:
    assert fold_text(vector["text"]) == unicodedata.normalize("NFKD", vector["folded"])


MARKS = "".join(chr(c) for c in range(0x300, 0x3100) if unicodedata.combining(chr(c)))


@settings(max_examples=500)
@given(st.lists(st.none() | st.text() | st.text("aÉß&'’. \t\nがㄱ한̈ͅ‍󠄀😀" + MARKS, max_size=12)))
def test_the_compiled_form_is_the_plain_one(texts: list[str | None]) -> None:
    expected = [None if text is None else fold_text(text) for text in texts]
    array = pa.array(texts, pa.string())
    assert fold(array).to_pylist() == expected
    assert fold(array.slice(1)).to_pylist() == expected[1:]


def test_every_code_point_alone_and_after_a_letter() -> None:
    codes = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    texts = codes + ["a" + c for c in codes]
    assert fold(pa.array(texts, pa.string())).to_pylist() == [fold_text(text) for text in texts]


@given(st.text())
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold_text(fold_text(text)) == fold_text(text)


@given(st.text())
def test_case_and_composition_do_not_matter(text: str) -> None:
    if any(c.isalnum() for c in fold_text(text)):
        assert (
            fold_text(unicodedata.normalize("NFC", text))
            == fold_text(text)
            == fold_text(unicodedata.normalize("NFD", text))
        )
