"""An encoder out of a checkpoint, ready to hear features."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from pairmine.errors import UsageError
from trainer import checkpoint, registry, system
from trainer import recipe as recipes
from trainer.encoders import AudioEncoder
from trainer.frontends import FrontEnd
from trainer.recipe import Network, Recipe


class TrainedEncoder(nn.Module):
    """The encoder of a checkpoint in evaluation mode, with what its patches are standardised by.

    Attributes:
        recipe: what it was trained by.
        front_end: what its features are made by.
        encoder: the network; `encoder.dim` is the width of its vectors.
        frames: the length of the patches it was trained on.
        state: what else the checkpoint says.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, recipe: Recipe, front_end: FrontEnd, encoder: AudioEncoder, state: dict[str, Any]):
        super().__init__()
        self.recipe, self.front_end, self.encoder, self.state = recipe, front_end, encoder, state
        self.frames = recipe.views.frames or encoder.frames
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BSD`: for every log-mel patch a vector a step in time."""
        return self.encoder.embed((mel_BFT.float().contiguous() - self.mean) / self.std)


def load(path: Path) -> TrainedEncoder:
    """Load the encoder of a checkpoint, or of an export.

    Raises:
        MissingError: there is none.
        DamagedError: it is damaged, or no checkpoint of pairmine.
        UsageError: the encoder is not the one that its recipe names.
    """
    tensors, state = checkpoint.load(path)
    recipe = recipes.of_toml(state["recipe"], str(path))
    options = {name: value for name, value in recipe.encoder.options.items() if name != "weights"}
    recipe = replace(recipe, encoder=Network(recipe.encoder.name, options))
    front_end = registry.build("frontends", recipe.front_end)
    if not isinstance(front_end, FrontEnd):
        raise UsageError(f"{path}: {recipe.front_end} is no front end: install what it was trained with")
    found = TrainedEncoder(recipe, front_end, system.audio_encoder(recipe), state)
    kept = {name: tensor for name, tensor in tensors.items() if name.startswith("encoder.") or name in ("mean", "std")}
    checkpoint.fill(found, kept, path)
    return found.eval()
