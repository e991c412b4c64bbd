"""The contract of encoders. Every check takes the class, the device on which shapes are tried, and small options."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from pairmine.errors import UsageError
from pairmine.testing._refusing import refused

Check = Callable[[type[nn.Module], str, dict[str, Any]], None]
LEAST_FRAMES = 32


def options_have_names_and_defaults(kind: type[nn.Module], device: str, small: dict[str, Any]) -> None:
    """It is built by keyword arguments that all have defaults, and says what it is."""
    assert kind.__doc__ and inspect.getmodule(kind).__doc__, "class and module need docstrings"
    for option in inspect.signature(kind).parameters.values():
        assert option.kind is option.KEYWORD_ONLY, f"{option.name} can be given without its name"
        assert option.default is not option.empty, f"{option.name} has no default"
    assert _build(kind, device).dim > 0


def vectors_are_of_the_width_it_says(kind: type[nn.Module], device: str, small: dict[str, Any]) -> None:
    """Three rows in, three rows of single precision out; `embed` gives `dim` numbers a step."""
    encoder = _build(kind, device).eval()
    with torch.device(device):
        arguments = _arguments(encoder, batch=3)
    for found in _outputs(encoder(*arguments)):
        assert len(found) == 3 and found.dtype == torch.float32
    if _hears(encoder):
        vectors = encoder.embed(*arguments)
        assert vectors.ndim == 3 and len(vectors) == 3 and vectors.shape[2] == encoder.dim
    else:
        assert encoder(*arguments).shape == (3, encoder.dim)


def lengths_are_those_it_says(kind: type[nn.Module], device: str, small: dict[str, Any]) -> None:
    """An encoder of audio takes patches from `shortest` to `longest` frames and refuses others, and other bands."""
    encoder = _build(kind, device).eval()
    if not _hears(encoder):
        return
    for frames in {encoder.shortest, encoder.frames, encoder.longest or 3 * encoder.frames}:
        mel_BFT = torch.empty(2, encoder.bands, frames, device=device).normal_()
        assert encoder.embed(mel_BFT).shape[2] == encoder.dim
    wrong = [(2, encoder.bands, encoder.shortest - 1), (2, encoder.bands + 1, encoder.frames), (encoder.bands, 99)]
    if encoder.longest:
        wrong.append((2, encoder.bands, encoder.longest + 1))
    for shape in wrong:
        with refused(UsageError, r"takes \(batch, \d+ bands, \d+ .*frames.*\), not"):
            encoder.embed(torch.empty(shape, device=device))


def every_weight_learns_and_a_row_knows_nothing_of_the_others(
    kind: type[nn.Module], device: str, small: dict[str, Any]
) -> None:
    """Each parameter gets a finite gradient; in evaluation a row's vectors do not depend on the batch it is in."""
    torch.manual_seed(0)
    encoder: Any = kind(**small)
    frames = encoder.frames if small else max(LEAST_FRAMES, getattr(encoder, "shortest", 0))
    arguments = _arguments(encoder, 3, frames)
    figures = [(z * z * torch.rand_like(z)).sum() for z in _outputs(encoder(*arguments))]
    torch.stack(figures).sum().backward()  # type: ignore[no-untyped-call]
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), f"{name} does not learn"
    encoder.eval()
    with torch.no_grad():
        together = _outputs(encoder(*arguments))
        alone = _outputs(encoder(*(argument[2:] for argument in arguments)))
    for some, one in zip(together, alone, strict=True):
        assert some.isfinite().all() and some.std(0).max() > 0
        torch.testing.assert_close(some[2:], one, rtol=1e-4, atol=1e-4)


CHECKS: tuple[Check, ...] = (
    options_have_names_and_defaults,
    vectors_are_of_the_width_it_says,
    lengths_are_those_it_says,
    every_weight_learns_and_a_row_knows_nothing_of_the_others,
)


def _build(kind: type[nn.Module], device: str) -> Any:
    """Return the network with its default options; on the meta device its weights take no memory."""
    with torch.device(device):
        return kind()


def _hears(encoder: nn.Module) -> bool:
    from trainer.encoders import AudioEncoder

    return isinstance(encoder, AudioEncoder)


def _arguments(encoder: Any, batch: int, frames: int | None = None) -> tuple[Tensor, ...]:
    if _hears(encoder):
        return (torch.randn(batch, encoder.bands, frames or encoder.frames),)
    arguments: tuple[Tensor, ...] = encoder.example(batch)
    return arguments


def _outputs(found: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)
