"""Pairs in pytorch-metric-learning: python examples/metric_learning.py workspace/pairs/synth-co FEATURES"""

import sys
from pathlib import Path

import numpy as np
import torch
from pytorch_metric_learning import losses

from pairmine.shards import Reader
from pairmine.shards.torch import PairLoader
from trainer.features.store import FeatureStore
from trainer.registry import build

FRAMES = 128
features = FeatureStore.open(Path(sys.argv[2]))
pairs = Reader(sys.argv[1], only=features.keys.filter(features.frames >= FRAMES))


def crops(batch):  # random patches, anchors before positives, and the anchors' ids: who shares one is no negative
    rows = features.rows(pairs.keys_of([*batch.anchor, *batch.positive]))
    starts = np.random.default_rng([batch.epoch, batch.number]).integers(features.frames[rows] - FRAMES + 1)
    return torch.from_numpy(features.patches(rows, starts, FRAMES)).float(), batch.anchor


loader = PairLoader(pairs, 64, make=crops)
encoder = build("encoders", "tiny", bands=features.bands, frames=FRAMES, dim=32)
optimiser = torch.optim.Adam(encoder.parameters(), 3e-3)
loss_of = losses.NTXentLoss(temperature=0.1)
for epoch in range(10):
    for mel, tracks in loader:
        loss = loss_of(encoder(mel), tracks.repeat(2))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"epoch {epoch}: loss {loss.item():.3f}")
