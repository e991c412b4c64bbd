"""The systems of an evaluation, opened: files, runs, and the baselines that can stand beside them."""

from pathlib import Path

import numpy as np
import torch

from trainer import ranks, setup, trained_encoder
from trainer.evaluations import Evaluation
from trainer.keys import KeyMap
from trainer.scoring.request import Request
from trainer.systems import embeddings as files
from trainer.systems import mfcc, untrained
from trainer.systems.from_encoder import FromEncoder, RandomWeights
from trainer.systems.from_file import FromFile
from trainer.systems.keyed import KeyedSystem
from trainer.systems.mfcc import Mfcc


def find_systems(workspace: Path, evaluation: Evaluation, request: Request) -> list[KeyedSystem]:
    """Open what is to be evaluated, and the baselines that can stand beside it.

    Raises:
        MissingError: a file, a run or a feature store is missing.
        InputError: a file of embeddings or the key map is none.
    """
    key_map, device = request.opened_key_map(), torch.device(ranks.device_name(request.device))
    given = [FromFile(name, files.read(file), key_map) for name, file in request.named_embeddings()]
    encoders = [
        _encoder(workspace, name, path, request.features, key_map, device)
        for name, path in request.named_checkpoints(workspace)
    ]
    baselines = _baselines(evaluation, encoders, request, key_map, device) if request.baselines else []
    return [*given, *encoders, *baselines]


def _encoder(
    workspace: Path, name: str, path: Path, features: Path | None, key_map: KeyMap, device: torch.device
) -> FromEncoder:
    model = trained_encoder.load(path)
    opened = setup.open_features(features or setup.find_features(workspace, model.front_end), model.front_end)
    return FromEncoder(name, model, path, opened, key_map, device)


def _baselines(
    evaluation: Evaluation, encoders: list[FromEncoder], request: Request, key_map: KeyMap, device: torch.device
) -> list[KeyedSystem]:
    """Return MFCC, and each encoder that is given with random weights; one for several of the same recipe's form."""
    if not encoders:
        if request.features is None:
            return []
        return mfcc.of_store(request.features, key_map)
    first = encoders[0]
    found: list[KeyedSystem] = [Mfcc(first.features, first.model.front_end, first.model.frames, key_map)]
    forms = {(str(each.model.recipe.encoder), str(each.where)): each for each in encoders}
    for each in forms.values():
        every = np.arange(len(each.features.keys))
        rows = np.setdiff1d(every, each.rows(filter(each.has, evaluation.tested)))
        random = untrained.encoder(each.model, each.features, rows if rows.size else every)
        name = "random weights" if len(forms) == 1 else f"random weights, {each.model.recipe.encoder.name}"
        found.append(RandomWeights(name, random, each.checkpoint, each.features, key_map, device))
    return found
