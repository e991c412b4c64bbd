"""Keys that do not meet: what the message says of them."""

from pathlib import Path

import numpy as np
import pytest

from pairmine.errors import InputError
from trainer.keys import KeyMap
from trainer.systems._unlike_keys import unlike
from trainer.systems.embeddings import Embeddings
from trainer.systems.from_file import FromFile
from trainer.systems.keyed import check_key_map


def system(keys: list[str], embedding_of: dict[str, str] | None = None) -> FromFile:
    vectors = np.ones((len(keys), 2), np.float32)
    return FromFile("ours", Embeddings(Path("ours.parquet"), keys, vectors, None, {}), KeyMap(embedding_of or {}))


@pytest.mark.parametrize(
    ("keys", "known", "told"),
    [
        (["14/214", "15/9"], ["214", "9", "7"], "without the first folder (14/) in the annotations"),
        (["a/b/1"], ["1"], "without the first 2 folders (a/b/) in the annotations"),
        (["14/214", "15/9"], ["fma/14/214", "fma/15/9"], "without the first folder (fma/) in its keys"),
        (["1"], ["a/b/1", "a/b/2"], "without the first 2 folders (a/b/) in its keys"),
        (["1"], ["a/1", "b/1"], ""),
        (["14/214", "15/9"], ["214"], ""),
        (["214"], ["000214"], ""),
        ([], ["a/b"], ""),
    ],
)
def test_folders_too_many_or_too_few_are_seen(keys, known, told) -> None:
    assert unlike(keys, known) == (f"all would match {told}" if told else "")


def test_a_message_shows_keys_of_the_file() -> None:
    assert system(["000002", "000005"]).why_missing(["2"]) == "its keys are like 000002"
    assert system(["214.mp3"]).why_missing(["14/214"]) == (
        "its keys are like 214; all would match without the first folder (14/) in the annotations"
    )


def test_a_key_map_that_names_nothing_is_refused() -> None:
    annotations = ["a", "b"]
    check_key_map(annotations, [system(["1", "2"], {"a": "1", "z": "9"}), system(["q"])])
    with pytest.raises(InputError, match=r"no track of the annotations: they are like a, .* like 1: swap its columns"):
        check_key_map(annotations, [system(["1", "2"], {"1": "a", "2": "b"})])
    with pytest.raises(InputError, match="like y: write what the annotations name"):
        check_key_map(annotations, [system(["1", "2"], {"y": "1"})])
    with pytest.raises(InputError, match="no track of ours: its keys are like 1; its second column is like 01"):
        check_key_map(annotations, [system(["1", "2"], {"a": "01", "b": "02"})])
