"""Labels: what people call a track, as a sparse target; by tags alone, or n-grams of its titles and tags."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine.errors import InputError, MissingError
from pairmine.schema import CATALOGUE
from pairmine.strategies._factorisation import graph_matrix, wmf
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import labels, read_labels

KIND = "labels"
VIA = None
PAPER = "colisten-2020, section 2 (text labels); discogs-2022, section 4.2 (style tags)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"tags", "top", "longest", "clusters"})
DEFAULTS = {"tags": "words", "top": 100_000, "longest": 3}
CHECKS = ("only_self_pairs", "once_an_epoch")
WORDS = "words"
FACTORS, ITERATIONS = 64, 15
NONE_APART = dict.fromkeys(("track_id", "cluster"), np.empty(0, np.int32))


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Read the labels: `--tags words` for n-grams of titles, descriptions and tags, else tags of these kinds.

    With `clusters` a label is prefixed with the cluster of its track in the co-listen graph: 46_bebop
    (colisten-2020, section 3.3).

    Raises:
        MissingError: the source has no tags, or no graph to cluster.
        InputError: no track has a label.
    """
    kinds = parameters.tags.split(",")
    words = WORDS in kinds
    if not words:
        inputs.require("track_tags")
    elif not (inputs.folder / "track_tags").is_dir():
        inputs.connection.register("track_tags", CATALOGUE["track_tags"].arrow.empty_table())
    tags = ["genre", "style", "tag"] if words else kinds
    senses = _clusters(inputs, parameters) if parameters.clusters else NONE_APART
    columns = pa.schema([("track_id", pa.int32()), ("cluster", pa.int32())])
    inputs.connection.register("clusters", pa.table(senses, columns))
    chosen = {"tags": tags, "text": words, "longest": parameters.longest, "top": parameters.top}
    return labels(read_labels(inputs, parameters, "labels", **chosen))


def _clusters(inputs: Inputs, parameters: Parameters) -> dict[str, npt.NDArray[np.int32]]:
    """Cluster the tracks of the co-listen graph: weighted factorisation, then K-means.

    The graph is that of all splits, so that a cluster has the same number in the sets of each.
    """
    try:
        from sklearn.cluster import KMeans
    except ImportError:
        raise MissingError("--clusters needs scikit-learn: run `pip install 'pairmine[targets]'`") from None
    matrix = graph_matrix(inputs, all_splits=True)
    tracks = np.flatnonzero(np.diff(matrix.indptr)).astype(np.int32)
    vectors = wmf(matrix[tracks][:, tracks], FACTORS, ITERATIONS, inputs, parameters.seed)
    if tracks.size < parameters.clusters:
        raise InputError(
            f"{inputs.source}: {tracks.size:,} tracks in its graph, too few for --clusters {parameters.clusters}"
        )
    means = KMeans(parameters.clusters, n_init=1, random_state=parameters.seed % 2**32).fit(vectors)
    return {"track_id": tracks, "cluster": means.labels_.astype(np.int32)}
