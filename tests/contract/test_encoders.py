"""One contract over every network: found by folder scan, so a new file is taken up by itself."""

import pytest

from pairmine.testing import encoders, projectors
from trainer import registry

# eight segments of a large network take seconds; two have every layer too
SMALL = {"mel-cpc": {"context": 1, "steps": 1}}


@pytest.mark.parametrize("name", registry.names("encoders"))
@pytest.mark.parametrize("check", encoders.CHECKS, ids=lambda check: check.__name__)
def test_an_encoder(check, name) -> None:
    check(registry.network("encoders", name), "meta", SMALL.get(name, {}))


@pytest.mark.parametrize("name", registry.names("projectors"))
@pytest.mark.parametrize("check", projectors.CHECKS, ids=lambda check: check.__name__)
def test_a_projector(check, name) -> None:
    check(registry.network("projectors", name))
