"""Collaborative filtering: a vector a track, from the playlists it stands in or the graph of co-listening."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pairmine import parallel, progress
from pairmine.errors import MissingError
from pairmine.strategies._factorisation import Vectors, graph_matrix, playlist_matrix, wmf
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import vectors

Tracks = npt.NDArray[np.int32]
KIND = "vectors"
VIA = None
PAPER = "crossmodal-2021, section II (WARP); colisten-2020, sections 3.4 and 4.3 (WMF)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"max_playlist_length", "dimensions", "iterations", "trainer"})
DEFAULTS = {"dimensions": 300, "iterations": 50, "trainer": "warp"}
CHECKS = ("only_self_pairs", "once_an_epoch")
RATE, MOST_SAMPLED = 0.05, 40


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Factorise the matrix of tracks and playlists, or the co-listen graph where there are no playlists.

    `warp`: as many dimensions as asked and the track's bias as one more; `wmf`: implicit ALS.

    Raises:
        MissingError: the trainer's package is not installed, or the source has neither playlists nor edges.
    """
    return vectors(*TRAINERS[parameters.trainer](inputs, parameters))


def _matrix(inputs: Inputs, parameters: Parameters) -> tuple[Tracks, Any]:
    """Return the tracks in a playlist or an edge, and their rows of the matrix."""
    has_playlists = (inputs.folder / "playlist_tracks").is_dir()
    matrix = playlist_matrix(inputs, parameters) if has_playlists else graph_matrix(inputs)
    used = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    return used, matrix[used]


def _warp(inputs: Inputs, parameters: Parameters) -> tuple[Tracks, Vectors]:
    try:
        from lightfm import LightFM
    except ImportError:
        raise MissingError(
            "`--trainer warp` needs LightFM: run `pip install 'pairmine[warp]'`, or pass --trainer wmf"
        ) from None
    used, matrix = _matrix(inputs, parameters)
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
    return used, np.column_stack((model.item_embeddings, model.item_biases)).astype(np.float32)


def _wmf(inputs: Inputs, parameters: Parameters) -> tuple[Tracks, Vectors]:
    used, matrix = _matrix(inputs, parameters)
    return used, wmf(matrix, parameters.dimensions, parameters.iterations, inputs, parameters.seed)


TRAINERS = {"warp": _warp, "wmf": _wmf}
