"""One contract over every objective: found by folder scan, its inputs made from its parameters' names."""

import inspect

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck

from pairmine.errors import UsageError
from tests.trainer import examples
from tests.trainer.losses import references
from trainer import registry

LOSSES = registry.names("losses")
BATCHED = [name for name in LOSSES if "negatives" in inspect.signature(registry.loss(name)).parameters]

MASKED = [name for name in LOSSES if any("present" in p for p in inspect.signature(registry.loss(name)).parameters)]

pytestmark = pytest.mark.usefixtures("one_thread")
every_loss = pytest.mark.parametrize("name", LOSSES)


def floats(given: dict[str, Tensor]) -> list[str]:
    return [name for name, tensor in given.items() if tensor.is_floating_point()]


@every_loss
def test_it_says_what_it_is(name) -> None:
    loss = registry.loss(name)
    assert loss.__doc__ and inspect.getmodule(loss).__doc__
    for parameter in list(inspect.signature(loss).parameters):
        assert f"{parameter}:" in loss.__doc__


@every_loss
@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_the_paper_writes(name, optional, seed) -> None:
    given = examples.tensors(registry.loss(name), optional=optional, seed=seed)
    reference = getattr(references, name.replace("-", "_"))
    expected = reference(**{parameter: tensor.tolist() for parameter, tensor in given.items()})
    found = registry.loss(name)(**given)
    assert found.shape == () and found.dtype == torch.float64
    assert found.item() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    narrow = {
        parameter: tensor.float() if parameter in floats(given) else tensor for parameter, tensor in given.items()
    }
    assert registry.loss(name)(**narrow).item() == pytest.approx(expected, rel=1e-6, abs=1e-6)


@every_loss
@pytest.mark.parametrize("optional", [False, True])
def test_its_gradient_is_its_slope(name, optional) -> None:
    given = examples.tensors(registry.loss(name), optional=optional, seed=7)
    learned = [parameter for parameter in floats(given) if "weights" not in parameter]
    inputs = tuple(given[parameter].requires_grad_() for parameter in learned)

    def turned(*tensors: Tensor) -> Tensor:
        return registry.loss(name)(**given | dict(zip(learned, tensors, strict=True)))

    assert gradcheck(turned, inputs, fast_mode=True)


@every_loss
def test_the_order_of_the_batch_does_not_matter(name) -> None:
    given = examples.tensors(registry.loss(name), optional=True, seed=3)
    order = torch.randperm(examples.SIZES["B"])
    turned = {
        parameter: tensor if (axis := examples.by_row(parameter)) is None else tensor.index_select(axis, order)
        for parameter, tensor in given.items()
    }
    torch.testing.assert_close(registry.loss(name)(**turned), registry.loss(name)(**given))


@every_loss
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_half_precision_stays_finite(name, scale) -> None:
    loss = registry.loss(name)
    sharp = {"temperature": 0.01} if "temperature" in inspect.signature(loss).parameters else {}
    given = examples.tensors(loss, optional=True, dtype=torch.float32, B=8, D=32)
    half = {p: (given[p] * scale).bfloat16().requires_grad_() if p in floats(given) else given[p] for p in given}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(**half, **sharp)
    found.backward()
    assert found.dtype == torch.float32 and found.isfinite()
    learned = [half[p] for p in floats(given) if "weights" not in p]
    assert all(tensor.grad is not None and tensor.grad.isfinite().all() for tensor in learned)
    exact = loss(
        **{p: tensor.detach().double() if p in floats(given) else tensor for p, tensor in half.items()}, **sharp
    )
    assert found.item() == pytest.approx(exact.item(), rel=1e-4, abs=1e-5)


@every_loss
def test_a_batch_of_one_is_finite(name) -> None:
    given = examples.tensors(registry.loss(name), optional=False, B=1)
    for parameter in floats(given):
        given[parameter].requires_grad_()
    found = registry.loss(name)(**given)
    found.backward()
    assert found.isfinite() and all(given[p].grad.isfinite().all() for p in floats(given))


@pytest.mark.parametrize("name", BATCHED)
def test_global_is_local_on_one_rank_and_nothing_else_is_known(name) -> None:
    given = examples.tensors(registry.loss(name), optional=True)
    loss = registry.loss(name)
    assert loss(**given, negatives="global") == loss(**given, negatives="local") == loss(**given)
    with pytest.raises(UsageError, match="did you mean 'global'"):
        loss(**given, negatives="globl")


@pytest.mark.parametrize("name", MASKED)
def test_nothing_of_a_row_that_is_absent_is_read(name) -> None:
    given = examples.tensors(registry.loss(name), optional=True, seed=1)
    [mask] = [parameter for parameter in given if parameter.startswith("present")]
    before = registry.loss(name)(**given)
    for parameter in floats(given):
        if parameter.endswith(mask.removeprefix("present_") + "D"):
            given[parameter] = torch.where(given[mask][..., None], given[parameter], torch.nan).requires_grad_()
    after = registry.loss(name)(**given)
    assert after == before
    if after.requires_grad:
        after.backward()
    assert all(given[p].grad is None or given[p].grad.isfinite().all() for p in given)
