"""Checkpoints: one safetensors file each, with everything a run needs to go on; no pickle is ever written or read.

Tensors are named as the modules name them (`encoder.…`, `tasks.0.projector.…`), an optimiser's
`optimiser.NAME.exp_avg` and the like; what is no tensor is JSON in the metadata, with a digest of
itself and one of the tensors beside it. A file is there whole or not at all.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from pairmine.errors import DamagedError, MissingError, UsageError

KEY, STATE_DIGEST, TENSORS_DIGEST = "pairmine", "pairmine.sha256", "pairmine.tensors.sha256"
LAST, BEST, AVERAGED, EXPORTED = "last.safetensors", "best.safetensors", "averaged.safetensors", "model.safetensors"


def save(path: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Write a checkpoint; one of that name is replaced in one step."""
    temporary = path.with_name(path.name + ".tmp")
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    text = json.dumps(state, sort_keys=True)
    digests = {STATE_DIGEST: _digest(text), TENSORS_DIGEST: _tensors_digest(whole)}
    save_file(whole, temporary, metadata={KEY: text, **digests})
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors of a checkpoint and its state.

    Raises:
        MissingError: there is none.
        DamagedError: it is damaged, or no checkpoint of pairmine.
    """
    with _opened(path) as (file, metadata, state):
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (it is no dictionary)
        if _tensors_digest(tensors) != metadata[TENSORS_DIGEST]:
            raise ValueError(TENSORS_DIGEST)
        return tensors, state


def load_state(path: Path) -> dict[str, Any]:
    """Return the state of a checkpoint without its tensors, which are not verified.

    Raises:
        MissingError: there is none.
        DamagedError: it is damaged, or no checkpoint of pairmine.
    """
    with _opened(path) as (_, _, state):
        return state


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, str], dict[str, Any]]]:
    """Open a checkpoint as (file, metadata, state); whatever is wrong while it is open is damage."""
    if not path.is_file():
        raise MissingError(f"{path} is no checkpoint: run `pairmine train` first")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if _digest(metadata[KEY]) != metadata[STATE_DIGEST]:
                raise ValueError(STATE_DIGEST)
            yield file, metadata, json.loads(metadata[KEY])
    except (SafetensorError, ValueError, KeyError, OSError):
        raise DamagedError(f"{path} is damaged, or no checkpoint of this version of pairmine: train anew") from None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _tensors_digest(tensors: dict[str, Tensor]) -> str:
    """Return a digest of names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix.`, without it."""
    return {
        name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")
    }


def fill(module: nn.Module, tensors: dict[str, Tensor], where: Path) -> None:
    """Load a module's tensors.

    Raises:
        UsageError: they are those of another network.
    """
    wanted = module.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in wanted.items()}
    wrong = [name for name in {**shapes, **tensors} if shapes.get(name) != _shape(tensors, name)]
    if wrong:
        name = sorted(wrong)[0]
        raise UsageError(
            f"{where} is a checkpoint of another network: {name} is {_shape(tensors, name) or 'not in it'}, "
            f"here {shapes.get(name) or 'there is none'}: name the recipe it was trained by"
        )
    module.load_state_dict(tensors)


def _shape(tensors: dict[str, Tensor], name: str) -> tuple[int, ...] | None:
    return tuple(tensors[name].shape) if name in tensors else None


def optimiser_tensors(optimiser: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """Return what an optimiser remembers of each parameter, as tensors by name."""
    return {
        f"optimiser.{name}.{what}": value
        for name, parameter in model.named_parameters()
        for what, value in optimiser.state.get(parameter, {}).items()
    }


def fill_optimiser(optimiser: torch.optim.Optimizer, model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Give an optimiser back what `optimiser_tensors` returned."""
    found = part(tensors, "optimiser")
    known = [{id(p) for p in group["params"]} for group in optimiser.param_groups]
    for name, parameter in model.named_parameters():
        own = {key.rpartition(".")[2]: value for key, value in found.items() if key.rpartition(".")[0] == name}
        if own and any(id(parameter) in ids for ids in known):
            moved = {what: value if what == "step" else value.to(parameter.device) for what, value in own.items()}
            optimiser.state[parameter] = moved
