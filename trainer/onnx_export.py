"""An encoder as ONNX: log-mel patches, as many and as long as you like, in; vectors out. Compared with torch."""

import warnings
from pathlib import Path

import numpy as np
import torch

from pairmine.errors import MissingError, UsageError
from trainer.trained_encoder import TrainedEncoder

MODEL, INPUT, OUTPUT = "model.onnx", "mel_BFT", "z_BSD"
AXES = {INPUT: {0: "batch", 2: "frames"}, OUTPUT: {0: "batch", 1: "steps"}}
OPSET = 17
TOLERANCE = 1e-4


def write(path: Path, model: TrainedEncoder) -> float:
    """Write a model that standardises and embeds as `TrainedEncoder` does; return how far it is off.

    That is the largest difference from torch over several lengths and batch sizes, as a share of the largest value.

    Raises:
        MissingError: onnx or onnxruntime is not installed.
        UsageError: the encoder holds something ONNX has no word for, or that depends on the length it was written at.
    """
    try:
        import onnx  # noqa: F401  (torch needs it)
        import onnxruntime
    except ImportError:
        raise MissingError("ONNX needs onnx and onnxruntime: run `pip install 'pairmine[onnx]'`") from None
    name, example_BFT = type(model.encoder).__name__, torch.zeros(2, model.encoder.bands, model.frames)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the lengths that tracing may have taken for constants are tried below
            # by tracing, for the exporter by torch.export unrolls a GRU to the length it is shown
            torch.onnx.export(
                model, (example_BFT,), str(path), dynamo=False, opset_version=OPSET,
                input_names=[INPUT], output_names=[OUTPUT], dynamic_axes=AXES,
            )  # fmt: skip
    except (RuntimeError, ValueError, TypeError) as error:
        raise UsageError(f"{name} cannot be written as ONNX ({_line(error)}): leave out --onnx") from error
    worst = 0.0
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch, frames in _sizes(model):
        mel_BFT = torch.randn(batch, model.encoder.bands, frames, generator=torch.Generator().manual_seed(frames))
        with torch.no_grad():
            wanted_BSD = model(mel_BFT).numpy()
        try:
            [found_BSD] = session.run([OUTPUT], {INPUT: mel_BFT.numpy()})
        except Exception as error:  # onnxruntime's errors have no common base
            raise UsageError(f"{name} as ONNX fails at {frames} frames ({_line(error)}): leave out --onnx") from error
        worst = max(worst, _difference(wanted_BSD, found_BSD))
        if worst > TOLERANCE:
            raise UsageError(
                f"{name} as ONNX is off by {worst:.2g} at {batch} x {frames} frames: something in it depends on the "
                f"length it was written at, {model.frames}: leave out --onnx"
            )
    return worst


def _sizes(model: TrainedEncoder) -> list[tuple[int, int]]:
    """Return the batch sizes and lengths at which the two are compared."""
    encoder = model.encoder
    longest = encoder.longest or model.frames + model.frames // 2 + 1
    return [(1, encoder.shortest), (3, model.frames), (2, longest)]


def _difference(wanted_BSD: np.ndarray, found_BSD: np.ndarray) -> float:
    if wanted_BSD.shape != found_BSD.shape:
        return np.inf
    return float(np.abs(wanted_BSD - found_BSD).max() / max(np.abs(wanted_BSD).max(), 1e-9))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
