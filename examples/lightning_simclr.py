"""Pairs in Lightning: python examples/lightning_simclr.py workspace/pairs/synth-co workspace/features/synth-musicnn"""

import sys
from pathlib import Path

import lightning
import numpy as np
import torch

from pairmine.shards import Reader
from pairmine.shards.torch import PairLoader
from trainer import registry
from trainer.features.store import FeatureStore

FRAMES = 128
features = FeatureStore.open(Path(sys.argv[2]))
pairs = Reader(sys.argv[1], only=features.keys.filter(features.frames >= FRAMES))


def crops(batch):  # random patches of anchors and positives, (2, batch, bands, frames)
    rows = features.rows(pairs.keys_of([*batch.anchor, *batch.positive]))
    starts = np.random.default_rng([batch.epoch, batch.number]).integers(features.frames[rows] - FRAMES + 1)
    return torch.from_numpy(features.patches(rows, starts, FRAMES)).view(2, -1, features.bands, FRAMES).float()


class SimCLR(lightning.LightningModule):
    def configure_model(self):
        self.encoder = registry.build("encoders", "tiny", bands=features.bands, frames=FRAMES, dim=32)

    def training_step(self, mel, _):
        loss = registry.loss("nt-xent")(*self.encoder(mel.flatten(0, 1)).chunk(2))
        self.log("loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 3e-3)


lightning.Trainer(max_epochs=10, log_every_n_steps=1).fit(SimCLR(), PairLoader(pairs, 64, make=crops))
