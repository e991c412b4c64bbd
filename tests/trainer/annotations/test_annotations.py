from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.errors import InputError
from trainer.annotations._annotations import Annotations, Row, gather

ROWS = [
    Row("b/2.mp3", ["rock"], "test", "x", "Ann", "Two"),
    Row("a/1.mp3", ["jazz", "rock"], "train", "y"),
    Row("c/3.npy", [], "train", "x"),
]
FILE = Path("labels.tsv")


def test_rows_become_arrays_in_the_byte_order_of_keys() -> None:
    found = gather("world", ROWS, [FILE])
    assert found.keys == ("a/1", "b/2", "c/3") and found.classes == ("jazz", "rock") and found.files == (FILE,)
    assert found.truth_NC.tolist() == [[1, 1], [0, 1], [0, 0]]
    assert found.split_N.tolist() == ["train", "test", "train"] and found.group_N.tolist() == ["y", "x", "x"]
    assert found.names == {"b/2": ("Two", "Ann")}
    assert found.rows("train").tolist() == [0, 2] and found.rows("valid").size == 0
    counts = {"train": 2, "valid": 0, "test": 1, "tracks": 3, "classes": 2, "without a class": 1}
    assert found.counts == counts


def test_some_of_the_tracks_keep_all_classes() -> None:
    some = gather("world", ROWS, [FILE]).take(np.array([1, 2]))
    assert some.keys == ("b/2", "c/3") and some.classes == ("jazz", "rock")
    assert some.truth_NC.tolist() == [[0, 1], [0, 0]] and some.split_N.tolist() == ["test", "train"]
    assert some.group_N.tolist() == ["x", "x"] and some.names == {"b/2": ("Two", "Ann")}


def test_labels_are_for_tracks_of_one_class() -> None:
    assert gather("world", [Row("a", ["x"]), Row("b", ["y"]), Row("c", ["x"])], []).labels.tolist() == [0, 1, 0]
    for odd, count in (([], 0), (["x", "y"], 2)):
        with pytest.raises(InputError, match=f"world: c has {count} classes"):
            _ = gather("world", [Row("a", ["x"]), Row("b", ["y"]), Row("c", odd)], []).labels


def refusal(rows: list[Row], classes: list[str] | None = None, published: dict[str, int] | None = None) -> str:
    with pytest.raises(InputError) as refused:
        gather("world", rows, [FILE], classes=classes, published=published)
    message = str(refused.value)
    assert "\n" not in message and message.startswith("world: ")
    return message


def test_what_cannot_be_evaluated_is_refused_in_one_line() -> None:
    assert "a is annotated twice" in refusal([Row("a.mp3", ["x"]), Row("./a.wav", ["y"])])
    assert "a track has no key" in refusal([Row("", ["x"])])
    assert "a: split 'half' is none of train, valid, test" in refusal([Row("a", ["x"], "half")])
    assert "a: a group of 501 letters" in refusal([Row("a", ["x"], group="g" * 501)])
    assert "name no track" in refusal([])
    assert "one class only (x)" in refusal([Row("a", ["x"]), Row("b", [])])
    assert "unknown class 'z'" in refusal([Row("a", ["x", "z"])], classes=["x", "y"])
    assert "no track of class 'y'" in refusal([Row("a", ["x"])], classes=["x", "y"])


def test_other_counts_than_published_are_told_with_both() -> None:
    message = refusal(ROWS, published={"train": 1_000, "classes": 2})
    assert "train 2, not 1,000 as published" in message
    assert "--allow-other-counts" in message
    assert gather("world", ROWS, [], published={"train": 2, "classes": 2}).counts["train"] == 2
    taken = gather("world", ROWS, [], classes=["rock", "pop", "jazz"], published={"train": 9}, allow_other_counts=True)
    assert taken.truth_NC.tolist() == [[1, 0, 1], [1, 0, 0], [0, 0, 0]]
    assert taken.take(np.arange(1)).other_counts == "train 2, not 9"


def same(one: Annotations, other: Annotations) -> bool:
    arrays = ((one.truth_NC, other.truth_NC), (one.split_N, other.split_N), (one.group_N, other.group_N))
    return (one.keys, one.classes, one.names) == (other.keys, other.classes, other.names) and all(
        np.array_equal(left, right) for left, right in arrays
    )


worlds = st.lists(
    st.builds(
        Row,
        st.text("aéz1/", min_size=1, max_size=5),
        st.lists(st.sampled_from(["x", "y", "ü"])),
        st.sampled_from(["train", "valid", "test"]),
        st.sampled_from(["", "g", "h"]),
    ),
    unique_by=lambda row: row.path,
)


@given(worlds, st.randoms())
def test_the_order_of_rows_does_not_matter_and_nothing_is_lost(rows: list[Row], random: object) -> None:
    rows = [*rows, Row("k", ["x", "y"], "train")]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = gather("world", rows, [])
    assert same(found, gather("world", shuffled, []))
    here = {
        key: ({found.classes[column] for column in np.flatnonzero(truth)}, split, group)
        for key, truth, split, group in zip(found.keys, found.truth_NC, found.split_N, found.group_N, strict=True)
    }
    assert here == {row.path: (set(row.labels), row.split, row.group) for row in rows}
