"""The upper bound of link prediction: weighted matrix factorisation of the very graph that is asked about."""

from collections.abc import Collection
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.errors import MissingError, UsageError
from trainer.systems._system import Patches, System

Floats = npt.NDArray[np.float32]

FACTORS, ITERATIONS, ALPHA = 64, 15, 40


class Wmf(System):
    """Implicit ALS (Y. Hu, Y. Koren, C. Volinsky, ICDM 2008) of a whole graph, the edges looked for among them.

    colisten-2020, section 4.2: it trains on the evaluation's edges by necessity, so it bounds what audio can tell. The
    graph is unweighted, as in section 3.2. [ours]: 64 factors, α 40 as in the ICDM paper, and every recording linked to
    itself: without that the ends of an edge are alike only as far as they have neighbours in common, and in a sparse
    graph the bound would lie below good audio.

    Args:
        keys: recordings by id.
        edge_E2: edges, each once.
        seed: of the factors to begin with.
    """

    name, baseline = "WMF (upper bound)", True

    def __init__(self, keys: list[str], edge_E2: npt.NDArray[np.integer], seed: int = 0):
        self._row_of = {key: row for row, key in enumerate(keys)}
        self._edge_E2, self._seed = edge_E2, seed

    def tracks(self, keys: Collection[str], stats: str = "mean") -> Floats:
        """Return the factors of recordings, whatever `stats`, (tracks, 64).

        Raises:
            MissingError: implicit is not installed.
        """
        vectors: Floats = self._factors[[self._row_of[key] for key in keys]]
        return vectors

    def patches(self, keys: Collection[str], overlap: float = 0.0) -> Patches:
        """Raise UsageError: a graph has no patches."""
        raise UsageError(f"{self.name} knows whole recordings only: leave it out")

    @cached_property
    def _factors(self) -> Floats:
        import scipy.sparse

        try:
            from implicit.als import AlternatingLeastSquares
            from threadpoolctl import threadpool_limits
        except ImportError:
            raise MissingError(
                "the WMF upper bound needs implicit: run `pip install 'pairmine[targets]'`, or pass --no-wmf"
            ) from None
        size, ones = len(self._row_of), np.ones(len(self._edge_E2), np.float32)
        half = scipy.sparse.coo_matrix((ones, tuple(self._edge_E2.T)), (size, size))
        options = {"iterations": ITERATIONS, "alpha": ALPHA, "random_state": self._seed}
        with threadpool_limits(1, "blas"):  # its own threads call BLAS
            model = AlternatingLeastSquares(FACTORS, num_threads=parallel.threads_or_default(None), **options)
            model.fit((half + half.T + scipy.sparse.identity(size, np.float32)).tocsr(), show_progress=False)
        return np.asarray(model.user_factors, np.float32)
