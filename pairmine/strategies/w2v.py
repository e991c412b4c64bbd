"""Word2Vec: a vector a track, learned with playlists as sentences and the whole playlist as context."""

import numpy as np
import numpy.typing as npt

from pairmine import parallel, progress
from pairmine.errors import MissingError
from pairmine.kernels import cbow
from pairmine.kernels.groups import Groups, transposed
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import vectors

KIND = "vectors"
VIA = None
PAPER = "playlists-2023, section 3.3 (Playlist W2V)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"max_playlist_length", "dimensions", "iterations", "negatives", "sample", "trainer"})
DEFAULTS = {"dimensions": 128, "iterations": 20, "trainer": "kernel"}
CHECKS = ("only_self_pairs", "once_an_epoch")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Learn the vectors; each epoch has every track of a playlist once, with itself."""
    return vectors(*learn(inputs, parameters, inputs.threads))


def learn(
    inputs: Inputs, parameters: Parameters, threads: int | None
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the tracks of all playlists, ascending, and their vectors (N, D)."""
    drawn = inputs.playlists(parameters)
    playlists = transposed(transposed(drawn, inputs.tracks), drawn.offsets.size - 1)  # members in the order of ids
    found = TRAINERS[parameters.trainer](playlists, inputs.tracks, parameters, threads)
    used = np.unique(playlists.members)
    return used, found[used]


def _by_kernel(playlists: Groups, tracks: int, parameters: Parameters, threads: int | None) -> npt.NDArray[np.float32]:
    words = parameters.iterations * playlists.members.size
    with progress.bar("w2v", words) as advance:
        return cbow.train(
            playlists,
            tracks,
            dimensions=parameters.dimensions,
            epochs=parameters.iterations,
            negatives=parameters.negatives,
            rate=0.02,
            final_rate=1e-4,
            sample=parameters.sample,
            stream=stream(parameters.seed, "w2v"),
            threads=threads,
            advance=advance,
        )


def _by_gensim(playlists: Groups, tracks: int, parameters: Parameters, threads: int | None) -> npt.NDArray[np.float32]:
    """Learn with gensim, the reference: time and memory grow with the square of a playlist's length."""
    try:
        from gensim.models import Word2Vec
    except ImportError:
        raise MissingError("`--trainer gensim` needs gensim: run `pip install 'pairmine[targets]'`") from None
    ends = playlists.offsets[1:-1]
    sentences = [part.tolist() for part in np.split(playlists.members, ends)]
    longest = int(np.diff(playlists.offsets).max())
    model = Word2Vec(
        sentences,
        vector_size=parameters.dimensions,
        window=longest,
        shrink_windows=False,
        min_count=1,
        sg=0,
        negative=parameters.negatives,
        sample=parameters.sample,
        alpha=0.02,
        min_alpha=1e-4,
        epochs=parameters.iterations,
        seed=parameters.seed % 2**32,
        workers=parallel.threads_or_default(threads),
        max_vocab_size=None,
    )
    found = np.zeros((tracks, parameters.dimensions), np.float32)
    found[np.array(model.wv.index_to_key, np.int64)] = model.wv.vectors
    return found


TRAINERS = {"kernel": _by_kernel, "gensim": _by_gensim}
