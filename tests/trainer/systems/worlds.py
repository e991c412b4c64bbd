"""Runs with weights as they are drawn, and the features they hear."""

from pathlib import Path

import torch

from tests.trainer import pair_worlds
from trainer import setup, trained_encoder
from trainer.keys import KeyMap
from trainer.loop import train
from trainer.systems.from_encoder import FromEncoder

TRACKS = 14
LONG_ENOUGH = [4, 5, 6, 11, 12, 13]  # for the encoder with batch norm, which needs 160 frames
UNTRAINED = ["tasks=[]", "steps=0", "epochs=0"]
NORMED = ["encoder.name='five-block'", "encoder.options={frames = 160, dim = 8}"]


def make(workspace: Path) -> Path:
    """Write features, and the runs "tiny" and "normed"; return the workspace."""
    pair_worlds.write_features(workspace, "musicnn", TRACKS, 156)
    train(workspace, [], recipe="tiny", name="tiny", settings=UNTRAINED)
    train(workspace, [], recipe="tiny", name="normed", settings=[*UNTRAINED, *NORMED])
    return workspace


def encoder(
    workspace: Path, run: str, kind: type[FromEncoder] = FromEncoder, features: Path | None = None
) -> FromEncoder:
    """Return a run over features as a system."""
    path = workspace / "runs" / run / "last.safetensors"
    model = trained_encoder.load(path)
    opened = setup.open_features(features or workspace / "features" / "musicnn", model.front_end)
    return kind(run, model, path, opened, KeyMap({}), torch.device("cpu"))
