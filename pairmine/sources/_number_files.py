"""Columns of numbers that wait on disk, so that memory holds one block of rows."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]


class NumberFile:
    """Rows of 32-bit numbers, a file a column."""

    def __init__(self, path: Path, columns: int) -> None:
        self._paths = [path.with_name(f"{path.name}-{column}") for column in range(columns)]
        for place in self._paths:
            place.touch()

    def append(self, *columns: Int32s) -> None:
        """Lay down rows."""
        for path, column in zip(self._paths, columns, strict=True):
            with path.open("ab") as file:
                file.write(column.data)

    def columns(self) -> list[Int32s]:
        """Return the columns; their pages are the system's, not ours."""
        return [_mapped(path) for path in self._paths]


def _mapped(path: Path) -> Int32s:
    return np.memmap(path, np.int32, "r") if path.stat().st_size else np.zeros(0, np.int32)
