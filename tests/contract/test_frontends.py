"""One contract over every front end: found by folder scan, so a new file is taken up by itself."""

import pytest

from pairmine.testing import frontends
from trainer import registry


@pytest.mark.parametrize("name", registry.names("frontends"))
@pytest.mark.parametrize("check", frontends.CHECKS, ids=lambda check: check.__name__)
def test_a_front_end(check, name) -> None:
    check(registry.network("frontends", name))
