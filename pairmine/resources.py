"""Where the files that are no Python modules lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """Return the path of a resource (`sql/…`, `data_samples`, `cli.py`).

    Raises:
        FileNotFoundError: the installation lacks it.
    """
    for root in (PACKAGE, PACKAGE.parent):
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(f"{name} is not part of this installation of pairmine: reinstall it")
