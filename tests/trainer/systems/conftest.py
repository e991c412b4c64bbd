"""One workspace for all tests of systems."""

import pytest

from tests.trainer.systems import worlds


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return worlds.make(tmp_path_factory.mktemp("systems"))
