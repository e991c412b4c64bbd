"""Read the released weights of VGGish from a file, whichever of two namings it has; nothing in it is executed."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pairmine.errors import InputError, UsageError

TENSORFLOW = {
    "features.0": "conv1",
    "features.3": "conv2",
    "features.6": "conv3/conv3_1",
    "features.8": "conv3/conv3_2",
    "features.11": "conv4/conv4_1",
    "features.13": "conv4/conv4_2",
    "embeddings.0": "fc1/fc1_1",
    "embeddings.2": "fc1/fc1_2",
    "embeddings.4": "fc2",
}


def read_vggish_weights(path: Path, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of `wanted`'s names from a .safetensors, .npz, .pth or .pt file.

    Names are those of the PyTorch ports (`features.0.weight`) or of the released TensorFlow checkpoint
    (`vggish/conv1/weights`, kernels as height, width, in, out). Other tensors in the file are left out.

    Raises:
        UsageError: another kind of file.
        InputError: the file is missing, damaged, would run code, or lacks a tensor or has one of another shape.
    """
    found = _read(path)
    if any(name.startswith("vggish/") for name in found):
        found = _from_tensorflow(found)
    for name, tensor in wanted.items():
        if name not in found:
            raise InputError(f"{path}: no tensor {name!r}: give a file with VGGish's weights")
        if found[name].shape != tensor.shape:
            shapes = f"{tuple(found[name].shape)}, not {tuple(tensor.shape)}"
            raise InputError(f"{path}: tensor {name!r} has shape {shapes}: give a file with VGGish's weights")
    return {name: found[name] for name in wanted}


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix not in (".safetensors", ".npz", ".pth", ".pt"):
        raise UsageError(f"{path}: weights are read from .safetensors, .npz, .pth or .pt files")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {name: torch.from_numpy(arrays[name]) for name in arrays}
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ValueError, EOFError, RuntimeError, BadZipFile, SafetensorError, UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: cannot be read as plain weights ({reason}): save it anew as .safetensors") from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise InputError(f"{path}: holds no plain dictionary of tensors: save the model's state_dict")
    return loaded


def _from_tensorflow(found: dict[str, Tensor]) -> dict[str, Tensor]:
    named = {}
    for ours, theirs in TENSORFLOW.items():
        kernel = found.get(f"vggish/{theirs}/weights")
        if kernel is not None:
            named[f"{ours}.weight"] = kernel.permute(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
        if f"vggish/{theirs}/biases" in found:
            named[f"{ours}.bias"] = found[f"vggish/{theirs}/biases"]
    return named
