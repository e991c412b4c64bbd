"""The contracts of pairmine's members, for members of other packages: the checks pairmine's own tests run.

    # tests/test_contract.py of your package
    from pairmine.testing import check_encoder, check_loss

    def test_my_encoder():
        check_encoder(MyEncoder)

    def test_my_loss():
        check_loss(my_loss, reference=my_loss_in_plain_python)

Each raises AssertionError, with the name of the check in its traceback, at the first promise that is not kept.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any


def check_encoder(encoder: type[Any], *, device: str = "meta", **small: Any) -> None:
    """Check a network (`trainer.encoders` says what it must be).

    Args:
        encoder: the class.
        device: where shapes are tried; "cpu" for a class that cannot be built on torch's meta device.
        small: options that make it fast enough to be trained for a step on a CPU.
    """
    from pairmine.testing import encoders

    for check in encoders.CHECKS:
        check(encoder, device, small)


def check_projector(projector: type[Any]) -> None:
    """Check what stands behind an encoder (`trainer.projectors` says what it must be)."""
    from pairmine.testing import projectors

    for check in projectors.CHECKS:
        check(projector)


def check_loss(loss: Callable[..., Any], reference: Callable[..., float] | None = None) -> None:
    """Check an objective (`trainer.losses` says what it must be); its arguments are made from their names.

    Args:
        loss: the function.
        reference: the same by plain lists and floats, as slow as it likes; None leaves that comparison out.
    """
    from pairmine.testing import losses

    for check in losses.CHECKS:
        check(loss)
    if reference is not None:
        losses.equals_its_reference(loss, reference)


def check_front_end(front_end: type[Any]) -> None:
    """Check a front end (`trainer.frontends` says what it must be)."""
    from pairmine.testing import frontends

    for check in frontends.CHECKS:
        check(front_end)


def check_evaluation(prepare: Callable[..., Any], data: Path, system: Any, **options: Any) -> None:
    """Check an evaluation (`trainer.evaluations` says what it must be) on small annotations.

    Args:
        prepare: its function.
        data: made-up annotations.
        system: a `pairmine.testing.evaluations.Planted` whose vectors know the truth of them.
        options: for `prepare`.
    """
    from pairmine.testing import evaluations

    evaluations.says_what_it_is(prepare)
    world = evaluations.world_of(prepare, data, system, options)
    for check in evaluations.CHECKS:
        check(world)
