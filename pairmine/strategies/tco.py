"""Top co-occurrence: each track with one of the ten it shares most playlists with, at most once an epoch."""

import numpy as np
import pyarrow as pa

from pairmine.kernels.matching import Matches, pair_neighbours
from pairmine.kernels.topk import Neighbours, top_k
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = None
PAPER = "playlists-2023, section 3.2 (Playlist TCO)"
PAPER_PAIRS = 731_520
EPOCHS = 50
OPTIONS = frozenset({"top_k", "min_count", "max_playlist_length", "score", "ties"})
CHECKS = ("no_self_pair", "once_an_epoch", "in_top_k")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: tracks in random order, each with an available top-k neighbour."""
    ids, scores = neighbours(inputs, parameters)

    def draw(epoch: int) -> Matches:
        visit, choice = (stream(parameters.seed, "tco", epoch, name) for name in ("visit", "choice"))
        return pair_neighbours(ids, scores, visit, choice)

    return Prepared(draw)


def neighbours(inputs: Inputs, parameters: Parameters) -> Neighbours:
    """Return every track's top-k by the kernel, or by sql/strategies/tco.sql."""
    ties = stream(parameters.seed, "tco", "ties")
    if inputs.engine == "duckdb":
        return _by_sql(inputs, parameters, ties)
    return top_k(
        inputs.playlists(parameters),
        inputs.tracks,
        parameters.top_k,
        stream=ties,
        score=parameters.score,
        ties=parameters.ties,
        min_count=parameters.min_count,
        threads=inputs.threads,
    )


def _by_sql(inputs: Inputs, parameters: Parameters, ties: int) -> Neighbours:
    inputs.require("playlist_tracks")
    names = ("top_k", "min_count", "score", "ties")
    variables = {name: getattr(parameters, name) for name in names}
    rows = inputs.sql("tco", parameters, stream=ties, **variables)
    return inputs.neighbours(rows, "track_id", "neighbour_id", inputs.tracks, parameters)


def evidence(inputs: Inputs, parameters: Parameters) -> dict[str, pa.Table]:
    """Return the table `neighbours` that sql/checks/in_top_k.sql compares with."""
    ids, scores = neighbours(inputs, parameters)
    there = ids >= 0
    track_ids, ranks = np.nonzero(there)
    return {
        "neighbours": pa.table(
            {
                "track_id": track_ids.astype(np.int32),
                "rank": (ranks + 1).astype(np.int32),
                "neighbour_id": ids[there],
                "score": scores[there],
            }
        )
    }
