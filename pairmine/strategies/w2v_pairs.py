"""Word2Vec neighbours: each track with one of the ten nearest to it among the vectors of `w2v`."""

import numpy as np
import numpy.typing as npt

from pairmine import parallel
from pairmine.errors import MissingError
from pairmine.kernels.matching import Matches, pair_neighbours
from pairmine.kernels.topk import Neighbours
from pairmine.seeding import stream
from pairmine.strategies import w2v
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = None
PAPER = "playlists-2023, section 3.3 (its vectors; the pairs are ours)"
PAPER_PAIRS = None
EPOCHS = 50
OPTIONS = w2v.OPTIONS | {"top_k"}
DEFAULTS = w2v.DEFAULTS
TRAINERS = w2v.TRAINERS
CHECKS = ("no_self_pair", "once_an_epoch")
SMALL = 50_000
PROBED = 16


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Learn vectors, on one thread for the same bytes every time; then draw as `tco` does, by cosine.

    Raises:
        MissingError: faiss is not installed.
    """
    tracks, vectors = w2v.learn(inputs, parameters, threads=1)
    near = nearest(vectors, parameters.top_k, parallel.threads_or_default(inputs.threads))
    shape = (inputs.tracks, near.ids.shape[1])
    ids, scores = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    ids[tracks] = np.where(near.ids >= 0, tracks[near.ids], -1)
    scores[tracks] = near.scores

    def draw(epoch: int) -> Matches:
        visit, choice = (stream(parameters.seed, "w2v-pairs", epoch, name) for name in ("visit", "choice"))
        return pair_neighbours(ids, scores, visit, choice)

    return Prepared(draw)


def nearest(vectors: npt.NDArray[np.float32], count: int, threads: int) -> Neighbours:
    """Return the `count` rows nearest to each by cosine, never itself.

    Exact up to 50,000 rows; beyond, those found in the 16 nearest of about 4√N cells (an inverted file of faiss).
    """
    try:
        import faiss
    except ImportError:
        raise MissingError("nearest neighbours need faiss: run `pip install 'pairmine[targets]'`") from None
    rows, dimensions = vectors.shape
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    faiss.omp_set_num_threads(threads)
    kind = "Flat" if rows <= SMALL else f"IVF{int(4 * rows**0.5)},Flat"
    index = faiss.index_factory(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
    index.train(unit)
    index.add(unit)
    if rows > SMALL:
        faiss.ParameterSpace().set_index_parameter(index, "nprobe", PROBED)
    scores, found = index.search(unit, min(count + 1, rows))
    itself = found == np.arange(rows)[:, None]
    itself[:, -1] |= ~itself.any(axis=1)  # a track with many equals may not be among its own nearest
    shape = (rows, found.shape[1] - 1)
    return Neighbours(found[~itself].reshape(shape).astype(np.int32), scores[~itself].reshape(shape))
