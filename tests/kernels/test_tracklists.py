import numpy as np
import pytest

from pairmine.kernels import tracklists


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3:45", 225),
        ("03:45", 225),
        ("0:00", 0),
        ("148:00", 8_880),
        ("1:02:03", 3_723),
        ("5:00:08", 18_008),
        ("123456789:59", 60 * 123_456_789 + 59),
        ("1234567890:59", None),
        ("3:60", None),
        ("1:60:00", None),
        ("3:5", None),
        ("3:045", None),
        ("1:2:03", None),
        ("1:02:03:04", None),
        (":45", None),
        ("3:", None),
        ("45", None),
        ("", None),
        ("(3:45)", None),
        ("3'45", None),
        ("٣:٤٥", None),
    ],
)
def test_durations(text: str, seconds: int | None) -> None:
    data = np.frombuffer(text.encode() + b"9", np.uint8)
    found = tracklists.durations(np.array([0, data.size - 1]), data).tolist()
    assert found == [-1 if seconds is None else 1_000 * seconds]


def test_parents_that_cannot_be_are_none() -> None:
    starts = np.array([0, 3, 5])
    places = np.array([0, 1, 2, 0, 1], np.int32)
    parents = np.array([0, 0, 9, -1, 0], np.int32)
    assert tracklists.parent_rows(starts, places, parents).tolist() == [-1, 0, -1, -1, 3]


def test_a_part_of_a_tracklist_is_judged_without_what_was_cut_off() -> None:
    starts = np.array([0, 2])
    places = np.array([7, 8], np.int32)
    parents = np.array([2, 7], np.int32)
    assert tracklists.parent_rows(starts, places, parents).tolist() == [-1, 0]
