"""Made-up data in the forms that grids read, small enough for a CPU: what `reproduce --toy` runs on."""

from collections.abc import Iterable
from pathlib import Path

from pairmine import store
from trainer.reproduction import toy_sets, toy_world

WRITERS = toy_world.WRITERS | toy_sets.WRITERS


def write(folder: Path, names: Iterable[str]) -> None:
    """Write the made-up data of these names that are not there yet, one folder each."""
    for name in names:
        if not (folder / name).exists():
            partial = folder / f"{name}.partial"
            partial.mkdir(parents=True, exist_ok=True)
            store.clear(partial)
            WRITERS[name](partial)
            partial.rename(folder / name)
