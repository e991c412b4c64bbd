"""Collaborative filtering: a vector a track, from the playlists it stands in or the graph of co-listening."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pairmine import parallel, progress
from pairmine.errors import MissingError
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import vectors

KIND = "vectors"
VIA = None
PAPER = "crossmodal-2021, section II (WARP); colisten-2020, sections 3.4 and 4.3 (WMF)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"max_playlist_length", "dimensions", "iterations", "trainer"})
DEFAULTS = {"dimensions": 300, "iterations": 50, "trainer": "warp"}
CHECKS = ("only_self_pairs", "once_an_epoch")
RATE, MOST_SAMPLED = 0.05, 40

Vectors = npt.NDArray[np.float32]


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Factorise the matrix of tracks and playlists, or the co-listen graph where there are no playlists.

    `warp`: as many dimensions as asked and the track's bias as one more; `wmf`: implicit ALS.

    Raises:
        MissingError: the trainer's package is not installed, or the source has neither playlists nor edges.
    """
    matrix = _matrix(inputs, parameters)
    used = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    return vectors(used, TRAINERS[parameters.trainer](matrix[used], inputs, parameters))


def _matrix(inputs: Inputs, parameters: Parameters) -> Any:
    """Return a sparse matrix, one row per track."""
    import scipy.sparse

    if (inputs.folder / "playlist_tracks").is_dir():
        groups = inputs.playlists(parameters)
        ones = np.ones(groups.members.size, np.float32)
        shape = (groups.offsets.size - 1, inputs.tracks)
        return scipy.sparse.csr_matrix((ones, groups.members, groups.offsets), shape).T.tocsr()
    inputs.require("edges")
    edges = inputs.table("select track_a, track_b, count from edges order by all")
    a, b, counts = (edges.column(name).to_numpy() for name in ("track_a", "track_b", "count"))
    kept = inputs.kept[a] & inputs.kept[b]
    half = scipy.sparse.coo_matrix((counts[kept].astype(np.float32), (a[kept], b[kept])), (inputs.tracks,) * 2)
    return (half + half.T).tocsr()


def _warp(matrix: Any, inputs: Inputs, parameters: Parameters) -> Vectors:
    try:
        from lightfm import LightFM
    except ImportError:
        raise MissingError("`--trainer warp` needs LightFM: run `pip install 'pairmine[cf]'`") from None
    model = LightFM(
        no_components=parameters.dimensions,
        loss="warp",
        learning_rate=RATE,
        max_sampled=MOST_SAMPLED,
        random_state=parameters.seed % 2**32,
    )
    playlists = matrix.T.tocoo()
    threads = parallel.threads_or_default(inputs.threads)
    with progress.bar("warp", parameters.iterations) as advance:
        for _ in range(parameters.iterations):
            model.fit_partial(playlists, epochs=1, num_threads=threads)
            advance(1)
    return np.column_stack((model.item_embeddings, model.item_biases)).astype(np.float32)


def _wmf(matrix: Any, inputs: Inputs, parameters: Parameters) -> Vectors:
    try:
        from implicit.als import AlternatingLeastSquares
    except ImportError:
        raise MissingError("`--trainer wmf` needs implicit: run `pip install 'pairmine[cf]'`") from None
    model = AlternatingLeastSquares(
        factors=parameters.dimensions,
        iterations=parameters.iterations,
        random_state=parameters.seed % 2**32,
        num_threads=parallel.threads_or_default(inputs.threads),
    )
    model.fit(matrix, show_progress=False)
    return np.asarray(model.user_factors, np.float32)


TRAINERS = {"warp": _warp, "wmf": _wmf}
