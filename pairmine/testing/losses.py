"""The contract of objectives. Every check takes the function; its arguments are made from their names (`arguments`)."""

import inspect
import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import gradcheck

from pairmine.errors import UsageError
from pairmine.testing import arguments
from pairmine.testing._refusing import refused

Loss = Callable[..., Tensor]
SCALES = 1e-3, 1.0, 30.0


def says_what_it_is(loss: Loss) -> None:
    """Module and function have docstrings, which name every parameter."""
    assert loss.__doc__ and inspect.getmodule(loss).__doc__, "function and module need docstrings"
    for parameter in inspect.signature(loss).parameters:
        assert f"{parameter}:" in loss.__doc__, f"the docstring does not say what {parameter} is"


def equals_its_reference(loss: Loss, reference: Callable[..., float]) -> None:
    """It is what a slow reference by plain floats says: to 1e-12 in double, 1e-6 in single precision."""
    for optional in (False, True):
        for seed in range(3):
            given = arguments.tensors(loss, optional=optional, seed=seed)
            expected = reference(**{parameter: tensor.tolist() for parameter, tensor in given.items()})
            found = loss(**given)
            assert found.shape == () and found.dtype == torch.float64
            _assert_near(found, expected, 1e-12)
            narrow = {p: tensor.float() if tensor.is_floating_point() else tensor for p, tensor in given.items()}
            _assert_near(loss(**narrow), expected, 1e-6)


def gradient_is_its_slope(loss: Loss) -> None:
    """The gradient is that of finite differences."""
    for optional in (False, True):
        given = arguments.tensors(loss, optional=optional, seed=7)
        learned = _learned(given)
        inputs = tuple(given[parameter].requires_grad_() for parameter in learned)

        def turned(*tensors: Tensor, given: dict[str, Tensor] = given, learned: list[str] = learned) -> Tensor:
            return loss(**given | dict(zip(learned, tensors, strict=True)))

        assert gradcheck(turned, inputs, fast_mode=True)


def order_of_the_batch_does_not_matter(loss: Loss) -> None:
    """Rows in another order give the same."""
    given = arguments.tensors(loss, optional=True, seed=3)
    order = torch.randperm(arguments.SIZES["B"])
    turned = {
        parameter: tensor if (axis := arguments.by_row(parameter)) is None else tensor.index_select(axis, order)
        for parameter, tensor in given.items()
    }
    torch.testing.assert_close(loss(**turned), loss(**given))


def half_precision_stays_finite(loss: Loss) -> None:
    """In bfloat16 under autocast, at temperature 0.01: loss and gradients are finite, and the loss keeps its digits."""
    sharp = {"temperature": 0.01} if "temperature" in inspect.signature(loss).parameters else {}
    for scale in SCALES:
        given = arguments.tensors(loss, optional=True, dtype=torch.float32, B=8, D=32)
        floats = [parameter for parameter, tensor in given.items() if tensor.is_floating_point()]
        half = given | {p: (given[p] * scale).bfloat16().requires_grad_() for p in floats}
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = loss(**half, **sharp)
        found.backward()  # type: ignore[no-untyped-call]
        assert found.dtype == torch.float32 and found.isfinite()
        assert all(_is_finite(half[parameter].grad) for parameter in _learned(half))
        exact = loss(**half | {p: half[p].detach().double() for p in floats}, **sharp)
        assert math.isclose(found.item(), exact.item(), rel_tol=1e-4, abs_tol=1e-5)


def batch_of_one_is_finite(loss: Loss) -> None:
    """A row without company has a finite loss and gradient."""
    given = arguments.tensors(loss, optional=False, B=1)
    floats = [tensor.requires_grad_() for tensor in given.values() if tensor.is_floating_point()]
    found = loss(**given)
    found.backward()  # type: ignore[no-untyped-call]
    assert found.isfinite() and all(_is_finite(tensor.grad) for tensor in floats)


def global_is_local_on_one_rank(loss: Loss) -> None:
    """Where it has `negatives`: "global" is "local" on one rank, and nothing else is known."""
    if "negatives" not in inspect.signature(loss).parameters:
        return
    given = arguments.tensors(loss, optional=True)
    assert loss(**given, negatives="global") == loss(**given, negatives="local") == loss(**given)
    with refused(UsageError, "did you mean 'global'"):
        loss(**given, negatives="globl")


def nothing_absent_is_read(loss: Loss) -> None:
    """Where it has a mask `present_…`: what the mask leaves out may be no number at all."""
    given = arguments.tensors(loss, optional=True, seed=1)
    for mask in (parameter for parameter in given if parameter.startswith("present")):
        before, changed = loss(**given), dict(given)
        for parameter, tensor in given.items():
            if tensor.is_floating_point() and parameter.endswith(mask.removeprefix("present_") + "D"):
                changed[parameter] = torch.where(given[mask][..., None], tensor, torch.nan).requires_grad_()
        after = loss(**changed)
        assert after == before
        if after.requires_grad:
            after.backward()  # type: ignore[no-untyped-call]
        assert all(tensor.grad is None or tensor.grad.isfinite().all() for tensor in changed.values())


CHECKS: tuple[Callable[[Loss], None], ...] = (
    says_what_it_is,
    gradient_is_its_slope,
    order_of_the_batch_does_not_matter,
    half_precision_stays_finite,
    batch_of_one_is_finite,
    global_is_local_on_one_rank,
    nothing_absent_is_read,
)


def _learned(given: dict[str, Tensor]) -> list[str]:
    return [name for name, tensor in given.items() if tensor.is_floating_point() and "weights" not in name]


def _is_finite(gradient: Tensor | None) -> bool:
    return gradient is not None and bool(gradient.isfinite().all())


def _assert_near(found: Tensor, expected: float, tolerance: float) -> None:
    near = math.isclose(found.item(), expected, rel_tol=tolerance, abs_tol=tolerance)
    assert near, f"{found.item()!r} where the reference has {expected!r}"
