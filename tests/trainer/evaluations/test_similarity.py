import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.errors import InputError, UsageError
from tests.trainer.evaluations import examples
from tests.trainer.evaluations.examples import Planted
from trainer.evaluations import Patches, similarity

starts = st.lists(st.integers(0, 40), min_size=1, max_size=5, unique=True).map(sorted)


@given(st.lists(starts, min_size=1, max_size=4), st.data())
def test_the_nearest_patch_of_the_same_track_is_taken(tracks, data) -> None:
    of_P = np.repeat(np.arange(len(tracks)), [len(track) for track in tracks])
    start_P = np.concatenate(tracks).astype(np.int64)
    clips = data.draw(st.lists(st.tuples(st.integers(0, len(tracks) - 1), st.integers(0, 50)), min_size=1))
    row_C, start_C = np.array(clips).T
    found_C, off_C = similarity.nearest(Patches(of_P, start_P, np.zeros((len(of_P), 1))), row_C, start_C)
    for row, start, found, off in zip(row_C, start_C, found_C, off_C, strict=True):
        best = min(tracks[row], key=lambda begin: (abs(begin - start), begin))
        assert (of_P[found], start_P[found], off) == (row, best, abs(best - start))


def test_vectors_are_those_of_the_patch_at_the_clip(tmp_path) -> None:
    """Tracks whose patches turn with time: only the clip's own patch gives the right answer."""
    header = "anchor_id,anchor_start_seconds,song1_id,song1_start_seconds,song2_id,song2_start_seconds,song1_vote"
    (tmp_path / "clean-dim-sim.csv").write_text(f"{header}\nA,4,B,0,B,4,0\nA,0,B,0,B,4,1\n")

    class Turning(Planted):
        def _patch(self, key, start):
            return np.array([np.cos(start / 3000), np.sin(start / 3000)], np.float32)

    system = Turning({"A": [0], "B": [0]}, patches=4)
    evaluation = similarity.prepare(tmp_path, allow_other_counts=True)
    accuracy, difference = evaluation.scores(system)
    assert accuracy.value == 1 and difference.value == pytest.approx(1 - np.cos(4 / 3), abs=1e-6)
    assert accuracy.detail == {"patch_begins_off_ms": {"median": 0.0, "max": 0}}


def test_a_patch_far_from_its_clip_is_no_patch_of_it(tmp_path) -> None:
    example = examples.similarity(tmp_path, np.random.default_rng(0))
    short = Planted(example.system.latent_of, patches=1)
    evaluation = similarity.prepare(example.data, **example.options)
    with pytest.raises(UsageError, match=r"begins 4\.0 s from its clip at 4 s: embed patches of about 3 s") as caught:
        evaluation.scores(short)
    assert "\n" not in str(caught.value)


def test_clips_go_by_their_own_keys(tmp_path) -> None:
    example = examples.similarity(tmp_path, np.random.default_rng(0))
    evaluation = similarity.prepare(example.data, clips=True, **example.options)
    assert evaluation.keys[0].startswith("TR000A_") and len(evaluation.keys) == 180
    of_clips = Planted({key: example.system.latent_of[key.split("_")[0]] for key in evaluation.keys})
    accuracy, difference = evaluation.scores(of_clips)
    assert accuracy.value == 1 and difference.value > 0.5 and accuracy.detail == {}


def test_without_a_track_its_triplets_are_gone(tmp_path) -> None:
    example = examples.similarity(tmp_path, np.random.default_rng(0))
    evaluation = similarity.prepare(example.data, **example.options)
    fewer = evaluation.only(frozenset(evaluation.keys) - {"TR003B", "TR009C"})
    assert fewer.facts["triplets"] == 58 and len(fewer.keys) == 58 * 3
    assert fewer.scores(example.system)[0].replicates.size
    with pytest.raises(InputError, match="no triplet is left"):
        evaluation.only(frozenset({"TR003B"}))
