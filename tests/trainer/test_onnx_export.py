"""ONNX models give what torch gives, at any batch size and length; one that does not is never written."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor

from pairmine.errors import UsageError
from tests.trainer import pair_worlds as worlds
from trainer import onnx_export, run_folder, trained_encoder
from trainer.encoders.tiny import Tiny
from trainer.export import export
from trainer.loop import train

pytest.importorskip("onnx", reason="onnx is not installed: pip install 'pairmine[onnx]'")
runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'pairmine[onnx]'")
UNTRAINED = ["tasks=[]", "steps=0", "epochs=0"]
# one that pools, one of fixed length, one of a GRU over steps
RUNS = {
    "tiny": ("tiny", ["views.standardise=true", "steps=1", "batch=6"]),
    "fixed": ("crossmodal-g", UNTRAINED),
    "cpc": ("melcpc", ["encoder.options={segment = 160, context = 1, steps = 1}", *UNTRAINED]),
}
LENGTHS = {"tiny": (1, 64, 333), "fixed": (256, 300), "cpc": (160, 481, 1000)}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("onnx")
    worlds.write_features(workspace, "musicnn", 12, 90)
    pairs = worlds.write_pairs(workspace / "pairs", tracks=12)
    for name, (recipe, settings) in RUNS.items():
        train(workspace, [str(pairs)], recipe=recipe, name=name, settings=settings, device="cpu")
    return workspace


@pytest.mark.parametrize(("name", "lengths"), LENGTHS.items())
def test_batch_and_time_are_free(workspace, tmp_path, name, lengths) -> None:
    exported = export(workspace, name, tmp_path / "mine", onnx=True)
    model = trained_encoder.load(run_folder.find_checkpoint(workspace, name))
    session = runtime.InferenceSession(exported.folder / "model.onnx", providers=["CPUExecutionProvider"])
    for batch, frames in enumerate(lengths, start=1):
        mel_BFT = torch.randn(batch, model.encoder.bands, frames) * 3 + 4
        with torch.no_grad():
            wanted_BSD = model(mel_BFT).numpy()
        [found_BSD] = session.run(["z_BSD"], {"mel_BFT": mel_BFT.numpy()})
        np.testing.assert_allclose(found_BSD, wanted_BSD, rtol=1e-4, atol=1e-4 * np.abs(wanted_BSD).max())
    told = json.loads((exported.folder / "config.json").read_text())["onnx"]
    assert told["difference_from_torch"] == exported.onnx_difference < 1e-5 and "ONNX within" in str(exported)
    assert "`model.onnx` is the same with standardising inside" in (exported.folder / "README.md").read_text()


class Baked(Tiny):
    """Divides by the length as Python knows it, which tracing takes for a constant."""

    def forward(self, mel_BFT: Tensor) -> Tensor:
        return super().forward(mel_BFT) / float(mel_BFT.shape[2])


class Foreign(Tiny):
    """Calls what ONNX has no word for."""

    def forward(self, mel_BFT: Tensor) -> Tensor:
        z_BD = super().forward(mel_BFT)
        return z_BD @ torch.linalg.matrix_exp(z_BD.T @ z_BD)


@pytest.mark.parametrize(
    ("network", "message"),
    [(Baked, r"Baked as ONNX is off by .* depends on the length"), (Foreign, r"Foreign cannot be written as ONNX \(")],
)
def test_a_model_that_would_be_wrong_is_not_written(workspace, tmp_path, monkeypatch, network, message) -> None:
    load = trained_encoder.load

    def loaded(path):
        model = load(path)
        model.encoder.__class__ = network
        return model

    monkeypatch.setattr(trained_encoder, "load", loaded)
    with pytest.raises(UsageError, match=message) as caught:
        export(workspace, "tiny", tmp_path / "mine", onnx=True)
    assert "\n" not in str(caught.value) and "leave out --onnx" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_lengths_and_batches_of_several_sizes_are_compared(workspace) -> None:
    model = trained_encoder.load(run_folder.find_checkpoint(workspace, "fixed"))
    assert onnx_export._sizes(model) == [(1, 256), (3, 256), (2, 383)]
