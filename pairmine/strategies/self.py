"""Self: each track with itself; the trainer makes the two views."""

import numpy as np

from pairmine.kernels.matching import Matches
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = None
PAPER = "playlists-2023 (SimCLR); strategies-2022, section 3"
PAPER_PAIRS = 1_779_072
EPOCHS = 1
OPTIONS: frozenset[str] = frozenset()
CHECKS = ("only_self_pairs", "once_an_epoch", "every_track")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: every kept track once."""
    if inputs.engine == "duckdb":
        tracks = inputs.sql("self", parameters).column("track_id").to_numpy().astype(np.int32)
    else:
        tracks = np.flatnonzero(inputs.kept).astype(np.int32)

    def draw(epoch: int) -> Matches:
        return Matches(tracks, tracks, np.full(tracks.size, -1, np.int32), np.ones(tracks.size, np.float32))

    return Prepared(draw)
