import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairmine.errors import InputError
from trainer.annotations import _string_lists

PYTHON_2 = b"(lp1\nS'd/one-0-29.npy'\np2\naS\"it\\'s \\\\ two\"\np3\nag2\na."


def read(folder: Path, data: bytes) -> list[str]:
    file = folder / "list.cP"
    file.write_bytes(data)
    return _string_lists.read(file)


def test_a_list_as_python_2_wrote_it(tmp_path: Path) -> None:
    assert read(tmp_path, PYTHON_2) == ["d/one-0-29.npy", "it's \\ two", "d/one-0-29.npy"]
    assert read(tmp_path, b"(l.") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.text(max_size=8)))
def test_what_pickle_writes_is_read_back(tmp_path: Path, texts: list[str]) -> None:
    assert read(tmp_path, pickle.dumps(texts, protocol=0)) == texts


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, (os.environ["EVIL"],)


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_a_pickle_asks_for_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "made"))
    for content in (Evil(), [Evil()], ["a", Evil()]):
        with pytest.raises(InputError, match="nothing else is read from pickles"):
            read(tmp_path, pickle.dumps(content, protocol=protocol))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("content", [{"a": "b"}, ("a",), "a", ["a", 1], ["a", ["b"]], [b"a"], [None], 7])
def test_anything_but_a_list_of_strings_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(InputError, match=r"list\.cP: no pickled plain list of strings") as refused:
        read(tmp_path, pickle.dumps(content, protocol=0))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "data", [b"", b"(l", PYTHON_2[:-1], PYTHON_2[:20], PYTHON_2 + PYTHON_2, b"(lS'a'\n.", b"(la.", b"(lg7\na.", b"\x00"]
)
def test_half_a_list_and_more_than_one(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="no pickled"):
        read(tmp_path, data)


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.integers(0, len(PYTHON_2) - 1), st.integers(0, 255))
def test_a_changed_byte_never_crashes(tmp_path: Path, place: int, byte: int) -> None:
    data = bytearray(PYTHON_2)
    data[place] = byte
    try:
        found = read(tmp_path, bytes(data))
    except InputError:
        return
    assert all(isinstance(text, str) for text in found)
