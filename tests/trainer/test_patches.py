"""Patches lie where they should: inside the track, each track as often as it should be, read in order."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.trainer import pair_worlds as worlds
from trainer import patches
from trainer.features.store import FeatureStore


@pytest.mark.parametrize("count", [0, 1, 3, 9])
def test_batches_read_ahead_come_in_order_and_whole(tmp_path, count) -> None:
    features = FeatureStore.open(worlds.write_features(tmp_path, "musicnn", 10, 40))
    batches = [(np.array([0, 1]), np.array([number, 9]), np.array([number, 2])) for number in range(count)]
    found = list(patches.read_ahead(features, batches, 7, torch.device("cpu")))
    assert len(found) == count
    for number, (of_B, mel_BFT) in enumerate(found):
        expected = [features.mel(number)[:, number : number + 7], features.mel(9)[:, 2:9]]
        np.testing.assert_array_equal(mel_BFT.numpy(), np.stack(expected))
        assert of_B.tolist() == [0, 1]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 20), st.integers(1, 50))
def test_patches_lie_inside_the_centre_and_none_is_forgotten(frames, longest, window) -> None:
    frames_N = np.array(frames)
    heard = {}
    for length, of_P, start_P in patches.side_by_side(frames_N, longest, window):
        for track, start in zip(of_P.tolist(), start_P.tolist(), strict=True):
            heard.setdefault(track, []).append((start, length))
    for track, total in enumerate(frames):
        usable = min(total, window)
        first, length = (total - usable) // 2, min(usable, longest)
        assert heard[track] == [(first + n * length, length) for n in range(usable // length)]


@given(st.lists(st.integers(5, 30), min_size=1, max_size=40), st.integers(1, 20))
def test_an_epoch_takes_every_track_once_and_its_patches_lie_inside(frames, batch) -> None:
    frames_N = np.array(frames)
    batches = patches.random_patches(frames_N, 5, batch, (0, 1, 2))
    of_N, start_N = (np.concatenate(part) for part in zip(*batches, strict=True))
    assert sorted(of_N) == list(range(len(frames)))
    assert (start_N >= 0).all() and (start_N + 5 <= frames_N[of_N]).all()
    sizes = [len(of_B) for of_B, _ in batches]
    assert max(sizes) <= batch and max(sizes) - min(sizes) <= 1


def test_offsets_reach_both_ends_and_change_from_epoch_to_epoch() -> None:
    frames_N = np.full(2000, 8)
    drawn = [patches.random_patches(frames_N, 5, 2000, (0, 0, epoch))[0] for epoch in (0, 1)]
    assert [np.bincount(start).min() > 400 for _, start in drawn] == [True, True] and set(drawn[0][1]) == {0, 1, 2, 3}
    assert not np.array_equal(drawn[0][1], drawn[1][1]) and not np.array_equal(drawn[0][0], drawn[1][0])
