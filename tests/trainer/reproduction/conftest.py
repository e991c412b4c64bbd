from pathlib import Path

import pytest

from trainer.reproduction import toy_data


@pytest.fixture(scope="package")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all made-up data."""
    folder = tmp_path_factory.mktemp("toy")
    toy_data.write(folder, toy_data.WRITERS)
    return folder
