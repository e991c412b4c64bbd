from pathlib import Path

import pytest

from pairmine.errors import InputError
from trainer.annotations import dim_sim

HEADER = "anchor_id,anchor_start_seconds,song1_id,song1_start_seconds,song2_id,song2_start_seconds,song1_vote"


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "clean-dim-sim.csv"
    file.write_text("\n".join([header, *rows, ""]))
    return file


def test_the_nearer_song_is_the_one_with_the_vote(tmp_path) -> None:
    file = written(tmp_path, "TRC,0,TRA.mp3,1.5,TRB,3,1", "TRC,0,TRA,1.5,TRB,3,0.0", "TRA,0,TRB,3,TRC,0,1")
    found = dim_sim.read(tmp_path, allow_other_counts=True)
    assert found.clips == (("TRA", 0.0), ("TRA", 1.5), ("TRB", 3.0), ("TRC", 0.0))
    assert (found.file, found.undecided) == (file, 0)
    assert [found.anchor_T.tolist(), found.positive_T.tolist(), found.negative_T.tolist()] == [
        [3, 3, 0],
        [1, 2, 2],
        [2, 1, 3],
    ]


def test_with_votes_for_both_the_larger_wins_and_ties_are_left_out(tmp_path) -> None:
    rows = [f"A,0,B,0,C,0,{votes}" for votes in ("5,2", "2,5", "3,3")]
    found = dim_sim.read(written(tmp_path, *rows, header=f"{HEADER},song2_vote"), allow_other_counts=True)
    assert [found.clips[place][0] for place in found.positive_T] == ["B", "C"] and found.undecided == 1


def test_another_number_than_published_is_refused_unless_asked_for(tmp_path) -> None:
    row = "A,0,B,0,C,0,1"
    with pytest.raises(InputError, match=r"1 triplets, but 879 were published: .*--allow-other-counts"):
        dim_sim.read(written(tmp_path, row))
    assert len(dim_sim.read(written(tmp_path, *[row] * 879)).anchor_T) == dim_sim.PUBLISHED


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("A,0,B,0,C,0,2", "line 2: song1_vote is 2, not 0 or 1"),
        ("A,0,B,0,C,0,", "line 2: song1_vote is '', no number"),
        ("A,-1,B,0,C,0,1", "line 2: anchor_start_seconds is '-1', no number"),
        ("A,nan,B,0,C,0,1", "no number"),
        ("A,inf,B,0,C,0,1", "no number"),
        ("A,0,,0,C,0,1", "line 2: song1_id is empty"),
        ("A,0,B,0,C,0", "line 2: 6 cells under 7 columns"),
        ("", "0 triplets"),
    ],
)
def test_a_broken_row_is_refused_in_one_line(row, wrong, tmp_path) -> None:
    with pytest.raises(InputError, match=wrong) as caught:
        dim_sim.read(written(tmp_path, row), allow_other_counts=True)
    assert "\n" not in str(caught.value) and "clean-dim-sim.csv" in str(caught.value)


def test_missing_columns_votes_and_files_are_named(tmp_path) -> None:
    with pytest.raises(InputError, match="no column song1_vote"):
        dim_sim.read(written(tmp_path, "A,0,B,0,C,0", header=HEADER.removesuffix(",song1_vote")))
    with pytest.raises(InputError, match="no triplet is decided"):
        header = f"{HEADER},song2_vote"
        dim_sim.read(written(tmp_path, "A,0,B,0,C,0,1,1", header=header), allow_other_counts=True)
    (tmp_path / "clean-dim-sim.csv").unlink()
    with pytest.raises(InputError, match=r"no clean-dim-sim\.csv"):
        dim_sim.read(tmp_path)
