"""Checkpoints: whole or not at all, exact, and never a pickle."""

import os
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from pairmine.errors import DamagedError, MissingError, UsageError
from trainer import checkpoint


def model() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))


def train(model: nn.Module, optimiser: torch.optim.Optimizer, steps: int) -> None:
    for step in range(steps):
        torch.manual_seed(step)
        model(torch.randn(5, 1, 4, 4)).square().sum().backward()
        optimiser.step()
        optimiser.zero_grad()


def test_weights_and_optimiser_come_back_to_the_bit(tmp_path) -> None:
    first, second = (model().to(memory_format=torch.channels_last) for _ in range(2))
    one = torch.optim.Adam(first.parameters(), 0.1)
    train(first, one, 3)
    tensors = first.state_dict() | checkpoint.optimiser_tensors(one, first)
    checkpoint.save(tmp_path / "a.safetensors", tensors, {"step": 3, "who": "ñ"})
    found, state = checkpoint.load(tmp_path / "a.safetensors")
    assert state == {"step": 3, "who": "ñ"} and found.keys() == tensors.keys()
    other = torch.optim.Adam(second.parameters(), 0.1)
    own = {name: tensor for name, tensor in found.items() if not name.startswith("optimiser.")}
    checkpoint.fill(second, own, tmp_path)
    checkpoint.fill_optimiser(other, second, found)
    train(first, one, 3)
    train(second, other, 3)
    for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, {"x": torch.ones(2)}, {"step": 1})

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(path, {"x": torch.zeros(2)}, {"step": 2})
    tensors, state = checkpoint.load(path)
    assert state == {"step": 1} and tensors["x"].sum() == 2


class Trap:
    """Its pickle, loaded, would make a folder."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.where,)


@pytest.mark.parametrize("kind", ["pickle", "torch", "cut", "bit", "empty", "foreign", "text"])
def test_what_is_no_checkpoint_is_refused_and_nothing_in_it_runs(tmp_path, kind) -> None:
    path, trap = tmp_path / "a.safetensors", Trap()
    trap.where = str(tmp_path / "trapped")
    checkpoint.save(path, {"x": torch.ones(100)}, {"step": 1})
    whole = path.read_bytes()
    header = bytearray(whole)
    header[20] ^= 0x80
    contents = {
        "pickle": pickle.dumps(trap),
        "cut": whole[:-7],
        "bit": bytes(header),
        "empty": b"",
        "text": b"hello" * 9,
    }
    if kind == "torch":
        torch.save(trap, path)
    elif kind == "foreign":
        save_file({"x": torch.ones(3)}, path)
    else:
        path.write_bytes(contents[kind])
    with pytest.raises(DamagedError, match=r"a\.safetensors is damaged, or no checkpoint of this version of pairmine"):
        checkpoint.load(path)
    assert not (tmp_path / "trapped").exists()


def test_no_flip_of_a_bit_goes_unseen(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    tensors = {
        "w": torch.randn(7, 5),
        "half": torch.randn(9).bfloat16(),
        "step": torch.tensor(3),
        "none": torch.ones(0),
    }
    checkpoint.save(path, tensors, {"step": 1, "recipe": "name = 'tiny'"})
    whole = path.read_bytes()
    found = checkpoint.load(path)[0]
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(DamagedError):
            checkpoint.load(path)


def test_what_is_read_without_tensors_is_verified_too(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, {"x": torch.ones(2)}, {"step": 1})
    assert checkpoint.load_state(path) == {"step": 1}
    path.write_bytes(path.read_bytes().replace(b'step\\": 1', b'step\\": 3'))
    with pytest.raises(DamagedError):
        checkpoint.load_state(path)
    with pytest.raises(MissingError):
        checkpoint.load_state(tmp_path / "none.safetensors")


def test_a_missing_file_and_another_network_are_told(tmp_path) -> None:
    with pytest.raises(MissingError, match="run `pairmine train` first"):
        checkpoint.load(tmp_path / "none.safetensors")
    wanted = model().state_dict()
    for tensors, message in (
        (wanted | {"3.weight": torch.ones(9, 12)}, r"3\.weight is \(9, 12\), here \(2, 12\)"),
        ({name: tensor for name, tensor in wanted.items() if name != "0.bias"}, r"0\.bias is not in it, here \(3,\)"),
        (wanted | {"4.bias": torch.ones(1)}, r"4\.bias is \(1,\), here there is none"),
    ):
        with pytest.raises(UsageError, match=message):
            checkpoint.fill(model(), tensors, tmp_path)
