import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pairmine.errors import InputError, UsageError
from trainer import registry
from trainer.encoders._vggish_weights import TENSORFLOW, read_vggish_weights


@pytest.fixture
def wanted() -> dict[str, Tensor]:
    """Tensors of VGGish's names, of small shapes that differ in every axis."""
    draw = torch.Generator().manual_seed(0)
    shapes = {"features": (2, 3, 5, 7), "embeddings": (2, 3)}
    weights = {f"{name}.weight": shapes[name.split(".")[0]] for name in TENSORFLOW}
    biases = {f"{name}.bias": (2,) for name in TENSORFLOW}
    return {name: torch.randn(shape, generator=draw) for name, shape in (weights | biases).items()}


def tensorflow(weights: dict[str, Tensor]) -> dict[str, np.ndarray]:
    named = {}
    for ours, theirs in TENSORFLOW.items():
        kernel = weights[f"{ours}.weight"]
        kernel = kernel.permute(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T
        named[f"vggish/{theirs}/weights"] = kernel.contiguous().numpy()
        named[f"vggish/{theirs}/biases"] = weights[f"{ours}.bias"].numpy()
    return named


def test_names_are_those_of_the_network() -> None:
    with torch.device("meta"):
        network = registry.build("encoders", "vggish")
    assert {name.rpartition(".")[0] for name in network.state_dict()} == set(TENSORFLOW)


@pytest.mark.parametrize("kind", ["safetensors", "npz", "pth", "tensorflow"])
def test_every_file_gives_the_same_weights(kind, wanted, tmp_path) -> None:
    path = tmp_path / f"weights.{'npz' if kind == 'tensorflow' else kind}"
    more = wanted | {"pproc.pca_means": torch.zeros(3)}
    if kind == "safetensors":
        save_file(more, path)
    elif kind == "pth":
        torch.save(more, path)
    elif kind == "npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in more.items()})
    else:
        np.savez(path, **tensorflow(more))
    found = read_vggish_weights(path, wanted)
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


class Bomb:
    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self):
        return Path.touch, (self.victim,)


@pytest.mark.parametrize("kind", ["pth", "npz"])
def test_no_pickle_is_executed(kind, wanted, tmp_path) -> None:
    victim, path = tmp_path / "executed", tmp_path / f"weights.{kind}"
    if kind == "pth":
        torch.save(wanted | {"bomb": Bomb(victim)}, path)
    else:
        np.savez(path, bomb=np.array([Bomb(victim)], dtype=object))
    with pytest.raises(InputError, match=r"cannot be read as plain weights .*: save it anew as \.safetensors"):
        read_vggish_weights(path, wanted)
    assert not victim.exists()


@pytest.mark.parametrize("kind", ["safetensors", "npz", "pth"])
@pytest.mark.parametrize("content", [b"", b"no weights at all" * 9, pickle.dumps({"a": 1}, 2)], ids=len)
def test_a_damaged_file_is_one_line(kind, content, wanted, tmp_path) -> None:
    path = tmp_path / f"weights.{kind}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=str(path)) as caught:
        read_vggish_weights(path, wanted)
    assert "\n" not in str(caught.value)
    path.unlink()
    with pytest.raises(InputError):
        read_vggish_weights(path, wanted)


def test_what_lacks_or_differs_is_named(wanted, tmp_path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file({name: tensor for name, tensor in wanted.items() if name != "features.6.bias"}, path)
    with pytest.raises(InputError, match=r"no tensor 'features\.6\.bias'"):
        read_vggish_weights(path, wanted)
    save_file(wanted | {"features.6.bias": torch.zeros(3)}, path)
    with pytest.raises(InputError, match=r"'features\.6\.bias' has shape \(3,\), not \(2,\)"):
        read_vggish_weights(path, wanted)
    with pytest.raises(UsageError, match=r"read from \.safetensors, \.npz, \.pth or \.pt"):
        read_vggish_weights(tmp_path / "weights.ckpt", wanted)
