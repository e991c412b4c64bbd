"""Accuracy, and who was taken for whom."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]


def correct(label_N: Ints, guess_N: Ints) -> npt.NDArray[np.float64]:
    """Return 1 for every track whose class was guessed, else 0; the mean is the accuracy (`score.mean`)."""
    correct_N: npt.NDArray[np.float64] = (label_N == guess_N).astype(np.float64)
    return correct_N


def confusion(label_N: Ints, guess_N: Ints, classes: int) -> npt.NDArray[np.int64]:
    """Return how many tracks of each class (row) were taken for each class (column), (C, C).

    Raises:
        ValueError: a class is not one of 0 … C−1.
    """
    for class_N in (label_N, guess_N):
        if class_N.size and not 0 <= class_N.min() <= class_N.max() < classes:
            raise ValueError(f"classes are numbers from 0 to {classes - 1}")
    cell_N = label_N.astype(np.int64) * classes + guess_N
    return np.bincount(cell_N, minlength=classes**2).reshape(classes, classes)
