"""Triplets judged by people: is the anchor nearer to the one they chose? playlists-2023, section 4.3."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def cosine_distance(a_TD: npt.NDArray[np.floating], b_TD: npt.NDArray[np.floating]) -> Floats:
    """Return 1 − cosine of each pair of rows, from 0 to 2, in double precision; 1 where a vector is all zeros."""
    a_TD, b_TD = a_TD.astype(np.float64), b_TD.astype(np.float64)
    norms_T = np.linalg.norm(a_TD, axis=1) * np.linalg.norm(b_TD, axis=1)
    product_T = (a_TD * b_TD).sum(1)
    cosine_T = np.divide(product_T, norms_T, out=np.zeros_like(product_T), where=norms_T > 0)
    distance_T: Floats = 1 - np.clip(cosine_T, -1, 1)
    return distance_T


def difference(
    anchor_TD: npt.NDArray[np.floating], positive_TD: npt.NDArray[np.floating], negative_TD: npt.NDArray[np.floating]
) -> Floats:
    """Return how much farther the negative is than the positive, in cosine distance, for each triplet (−2 … 2)."""
    return cosine_distance(anchor_TD, negative_TD) - cosine_distance(anchor_TD, positive_TD)


def right(difference_T: Floats) -> Floats:
    """Return 1 where the negative is farther, 0 where it is nearer, 0.5 where both are as far: a coin decides."""
    right_T: Floats = (1 + np.sign(difference_T)) / 2
    return right_T
