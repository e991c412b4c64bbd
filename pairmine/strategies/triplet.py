"""Triplets of a co-listen graph: a track, one listened to with it, and one two steps away."""

import numpy as np

from pairmine.errors import InputError
from pairmine.kernels import triplets
from pairmine.kernels.matching import Matches
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "triplets"
VIA = None
PAPER = "colisten-2020, section 3.1"
PAPER_PAIRS = None
EPOCHS = 10
OPTIONS = frozenset({"per_epoch", "weighted"})
CHECKS = ("no_self_pair", "positive_is_neighbour", "negative_is_no_neighbour")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Cut an endless stream of triplets into epochs of `per_epoch`.

    Raises:
        InputError: no track has a negative: the graph is nothing but cliques.
    """
    graph = _graph(inputs)
    anchors = triplets.anchors(graph)
    with_neighbour = int(np.count_nonzero(np.diff(graph.offsets)))
    if not anchors.size:
        raise InputError(
            f"{inputs.source}: no track has a negative, every neighbour's neighbour is a neighbour already: "
            "ingest more of the graph"
        )
    counts = np.diff(graph.weights, prepend=0)
    begins = graph.offsets[:-1][np.diff(graph.offsets) > 0]
    counts[begins] = graph.weights[begins]

    def draw(epoch: int) -> Matches:
        number = parameters.per_epoch
        name = stream(parameters.seed, "triplet")
        found = triplets.draw(graph, anchors, epoch * number, number, name, weighted=parameters.weighted)
        via, score = np.full(number, -1, np.int32), counts[found.edge].astype(np.float32)
        return Matches(found.anchor, found.positive, via, score, found.negative)

    return Prepared(draw, facts={"anchors": anchors.size, "anchors_without_negative": with_neighbour - anchors.size})


def _graph(inputs: Inputs) -> triplets.Graph:
    """Return the graph of the edges whose ends may both appear."""
    inputs.require("edges")
    rows = inputs.table("select track_a, track_b, count from edges order by track_a, track_b")
    track_a, track_b, counts = (rows.column(name).to_numpy() for name in ("track_a", "track_b", "count"))
    kept = inputs.kept[track_a] & inputs.kept[track_b]
    return triplets.graph(track_a[kept], track_b[kept], counts[kept], inputs.tracks)
