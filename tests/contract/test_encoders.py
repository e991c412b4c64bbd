"""One contract over every network: found by folder scan, so a new file is taken up by itself."""

import inspect

import pytest
import torch
from torch import Tensor, nn

from pairmine.errors import UsageError
from trainer import registry
from trainer.encoders import AudioEncoder

ENCODERS = registry.names("encoders")
PROJECTORS = registry.names("projectors")
AUDIO = [name for name in ENCODERS if issubclass(registry.network("encoders", name), AudioEncoder)]
# eight segments of a large network take seconds; two have every layer too
SMALL = {"mel-cpc": {"context": 1, "steps": 1}}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def encoder(name: str) -> nn.Module:
    """The network with its paper's options and no memory for its weights: shapes cost nothing."""
    with torch.device("meta"):
        return registry.build("encoders", name)


def inputs(encoder: nn.Module, batch: int, frames: int | None = None) -> tuple[Tensor, ...]:
    if isinstance(encoder, AudioEncoder):
        return (torch.randn(batch, encoder.bands, frames or encoder.frames),)
    return encoder.example(batch)


def outputs(found: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_option_has_a_name_and_a_default(name, encoder) -> None:
    kind = registry.network("encoders", name)
    assert kind.__doc__ and inspect.getmodule(kind).__doc__ and encoder.dim > 0
    for option in inspect.signature(kind).parameters.values():
        assert option.kind is option.KEYWORD_ONLY and option.default is not option.empty
    with pytest.raises(UsageError, match="there is no option of"):
        registry.build("encoders", name, dims=3)


@pytest.mark.parametrize("name", ENCODERS)
def test_it_gives_vectors_of_the_width_it_says(name, encoder) -> None:
    with torch.device("meta"):
        arguments = inputs(encoder.eval(), batch=3)
    for found in outputs(encoder(*arguments)):
        assert len(found) == 3 and found.dtype == torch.float32
    if isinstance(encoder, AudioEncoder):
        vectors = encoder.embed(*arguments)
        assert vectors.ndim == 3 and len(vectors) == 3 and vectors.shape[2] == encoder.dim
    else:
        assert encoder(*arguments).shape == (3, encoder.dim)


@pytest.mark.parametrize("name", AUDIO)
def test_it_takes_the_lengths_it_says_and_refuses_others(name, encoder) -> None:
    longest = encoder.longest or 3 * encoder.frames
    with torch.device("meta"):
        for frames in {encoder.shortest, encoder.frames, longest}:
            assert encoder.eval().embed(torch.randn(2, encoder.bands, frames)).shape[2] == encoder.dim
    refused = [(2, encoder.bands, encoder.shortest - 1), (2, encoder.bands + 1, encoder.frames), (encoder.bands, 99)]
    if encoder.longest:
        refused.append((2, encoder.bands, encoder.longest + 1))
    for shape in refused:
        with pytest.raises(UsageError, match=r"takes \(batch, \d+ bands, \d+ .*frames.*\), not"):
            encoder.embed(torch.empty(shape, device="meta"))


@pytest.mark.parametrize("name", ENCODERS)
def test_every_weight_learns_and_a_row_knows_nothing_of_the_others(name) -> None:
    torch.manual_seed(0)
    encoder = registry.build("encoders", name, **SMALL.get(name, {}))
    frames = encoder.frames if name in SMALL else max(32, getattr(encoder, "shortest", 0))
    arguments = inputs(encoder, 3, frames)
    sum(found.square().mul(torch.rand_like(found)).sum() for found in outputs(encoder(*arguments))).backward()
    for parameter in encoder.parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all()
    encoder.eval()
    with torch.no_grad():
        together = outputs(encoder(*arguments))
        alone = outputs(encoder(*(argument[2:] for argument in arguments)))
    for some, one in zip(together, alone, strict=True):
        assert some.isfinite().all() and some.std(0).max() > 0
        torch.testing.assert_close(some[2:], one, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PROJECTORS)
def test_a_projector_gives_the_width_it_says(name) -> None:
    for options in ({}, {"dim": 7}):
        projector = registry.build("projectors", name, width=11, **options)
        found = projector(torch.randn(3, 11))
        assert found.shape == (3, projector.dim) and projector.dim == options.get("dim", projector.dim)
    with pytest.raises(UsageError, match="did you mean 'width'"):
        registry.build("projectors", name, widht=11)
