"""The baseline of random weights: an encoder as its recipe begins, with the batch-norm statistics of real features.

Without statistics of its own, batch norm in evaluation mode passes on what the last layer happened to scale, and the
baseline would be weaker than it is.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from pairmine import seeding
from trainer import system
from trainer.features import sounds
from trainer.pair_sets import Features
from trainer.trained_encoder import TrainedEncoder

TRACKS = 512
BATCH = 64

Ints = npt.NDArray[np.int64]


def encoder(model: TrainedEncoder, features: Features, rows: Ints, seed: int = 0) -> TrainedEncoder:
    """Return the encoder of a checkpoint with random weights.

    Args:
        model: the trained one.
        features: the store.
        rows: tracks whose patches give batch norm its statistics: none that is evaluated, best.
        seed: names the draws.
    """
    rng = seeding.rng(seed, "random weights")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        fresh = system.audio_encoder(model.recipe)
    found = TrainedEncoder(model.recipe, model.front_end, fresh, model.state)
    found.mean, found.std = model.mean.clone().cpu(), model.std.clone().cpu()
    _calibrate(found, features, rows, rng)
    return found.eval()


def _calibrate(model: TrainedEncoder, features: Features, rows: Ints, rng: np.random.Generator) -> None:
    """Let batch norm average its statistics over a patch of each of some tracks."""
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    long_enough = rows[features.frames[rows] >= model.frames]
    if not norms or not long_enough.size:
        return
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
        norm.train()
    drawn = rng.permutation(long_enough)[:TRACKS]
    with torch.inference_mode():
        for first in range(0, len(drawn), BATCH):
            row_B = drawn[first : first + BATCH]
            start_B = (rng.random(len(row_B)) * (features.frames[row_B] - model.frames + 1)).astype(np.int64)
            heard_BFT = torch.from_numpy(features.patches(row_B, start_B, model.frames))
            model(sounds.log_mels(heard_BFT, model.front_end) if features.waveforms else heard_BFT)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum  # fine-tuning goes on from here
