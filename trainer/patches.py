"""Which patches of tracks fine-tuning takes: random ones, or all side by side; and reading them ahead."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pairmine import seeding
from trainer.features.store import FeatureStore

Ints = npt.NDArray[np.int64]
Batch = tuple[Ints, Ints, Ints]  # positions among the tracks asked for, rows of the store, first frames
AHEAD = 3  # batches read before they are wanted


def read_ahead(
    features: FeatureStore, batches: Sequence[Batch], frames: int, device: torch.device
) -> Iterator[tuple[Ints, Tensor]]:
    """Yield positions and patches of every batch, `mel_BFT` on the device, the next ones being read meanwhile."""
    waiting: deque[tuple[Ints, Future[Any]]] = deque()
    with ThreadPoolExecutor(1, "patches") as reader:
        for batch in [*batches, *[None] * AHEAD]:
            if batch is not None:
                waiting.append((batch[0], reader.submit(features.patches, batch[1], batch[2], frames)))
            if waiting and (batch is None or len(waiting) > AHEAD):
                of_B, coming = waiting.popleft()
                yield of_B, torch.from_numpy(coming.result()).to(device)


def random_patches(frames_N: npt.NDArray[np.int32], length: int, batch: int, name: tuple[int, int, int]) -> list[Any]:
    """Return the batches of an epoch as (positions, first frames): every track once, in batches of nearly one size.

    Args:
        frames_N: lengths of the tracks, none below `length`.
        length: of a patch.
        batch: the largest batch.
        name: (seed, run, epoch); nothing else decides what is drawn.
    """
    seed, *rest = name
    rng = seeding.rng(seed, "fine-tune", *rest)
    order_N = rng.permutation(len(frames_N))
    start_N = rng.integers(0, frames_N - length + 1)[order_N]
    parts = -(-len(order_N) // batch)
    return list(zip(np.array_split(order_N, parts), np.array_split(start_N, parts), strict=True))


def side_by_side(frames_N: Ints, longest: int, window: int) -> Iterator[tuple[int, Ints, Ints]]:
    """Yield (length, positions, first frames) of patches side by side, those of one length together.

    Args:
        frames_N: lengths of the tracks.
        longest: length of a patch; a shorter track is one patch of its own length.
        window: frames heard of the centre of a track.
    """
    heard_N = np.minimum(frames_N, window)
    length_N = np.minimum(heard_N, longest)
    for length in np.unique(length_N):
        of_T = np.flatnonzero(length_N == length)
        counts_T = heard_N[of_T] // length
        of_P = np.repeat(of_T, counts_T)
        number_P = np.arange(len(of_P)) - np.repeat(np.cumsum(counts_T) - counts_T, counts_T)
        first_T = (frames_N[of_T] - heard_N[of_T]) // 2
        yield int(length), of_P, np.repeat(first_T, counts_T) + number_P * length
