"""One contract over every objective: found by folder scan, its inputs made from its parameters' names."""

import pytest

from pairmine.testing import losses
from tests.trainer.losses import references
from trainer import registry

every_loss = pytest.mark.parametrize("name", registry.names("losses"))


@every_loss
@pytest.mark.parametrize("check", losses.CHECKS, ids=lambda check: check.__name__)
def test_a_loss(check, name) -> None:
    check(registry.loss(name))


@every_loss
def test_it_is_what_the_paper_writes(name) -> None:
    losses.equals_its_reference(registry.loss(name), getattr(references, name.replace("-", "_")))
