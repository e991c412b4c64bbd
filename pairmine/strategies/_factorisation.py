"""Matrices of tracks for collaborative filtering, and their weighted factorisation."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.errors import MissingError
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters

Vectors = npt.NDArray[np.float32]


def playlist_matrix(inputs: Inputs, parameters: Parameters) -> Any:
    """Return a sparse matrix of ones, one row per track and one column per playlist."""
    import scipy.sparse

    groups = inputs.playlists(parameters)
    ones = np.ones(groups.members.size, np.float32)
    shape = (groups.offsets.size - 1, inputs.tracks)
    return scipy.sparse.csr_matrix((ones, groups.members, groups.offsets), shape).T.tocsr()


def graph_matrix(inputs: Inputs, *, all_splits: bool = False) -> Any:
    """Return the symmetric sparse matrix of the counts of the co-listen graph.

    With `all_splits` tracks that only `--split` leaves out are in it too.
    """
    import scipy.sparse

    inputs.require("edges")
    edges = inputs.table("select track_a, track_b, count from edges order by all")
    a, b, counts = (edges.column(name).to_numpy() for name in ("track_a", "track_b", "count"))
    seen = inputs.kept.copy()
    if all_splits:
        seen[inputs.in_other_splits] = True
    kept = seen[a] & seen[b]
    shape = (inputs.tracks, inputs.tracks)
    half = scipy.sparse.coo_matrix((counts[kept].astype(np.float32), (a[kept], b[kept])), shape)
    return (half + half.T).tocsr()


def wmf(matrix: Any, dimensions: int, iterations: int, inputs: Inputs, seed: int) -> Vectors:
    """Return a vector a row by implicit ALS (Y. Hu, Y. Koren, C. Volinsky, ICDM 2008).

    Raises:
        MissingError: implicit is not installed.
    """
    try:
        from implicit.als import AlternatingLeastSquares
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise MissingError("weighted factorisation needs implicit: run `pip install 'pairmine[targets]'`") from None
    options = {"random_state": seed % 2**32, "num_threads": parallel.threads_or_default(inputs.threads)}
    with threadpool_limits(1, "blas"):  # its own threads call BLAS
        model = AlternatingLeastSquares(factors=dimensions, iterations=iterations, **options)
        model.fit(matrix, show_progress=False)
    return np.asarray(model.user_factors, np.float32)
