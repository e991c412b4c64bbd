"""Label co-occurrence: tracks of two labels that share many artists, each at most once an epoch."""

import numpy as np
import pyarrow as pa

from pairmine.kernels.constrained import links
from pairmine.kernels.groups import Groups, composed, distinct, transposed
from pairmine.kernels.topk import Neighbours, top_k
from pairmine.seeding import stream
from pairmine.strategies import _constrained
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "label"
PAPER = "discogs-2022, section 5 (labels that share many artists)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = _constrained.OPTIONS | {"top_k", "min_count"}
CHECKS = (
    "no_self_pair",
    "once_an_epoch",
    "share_no_artist_no_label",
    "label_has_partner",
    "label_large_enough",
    "pairs_a_via",
)


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: each track with one of a label that shares many artists with its own.

    The label is one of the track's, its partner one of that label's top k, both at random; the two tracks share no
    artist and no label. The via is the anchor's label, the score the artists that the two labels share.
    """
    labels = inputs.groups("label", parameters)
    ids, scores = partners(inputs, parameters)
    artists, all_labels = (inputs.groups(of, Parameters()) for of in ("artist", "label"))
    both = Groups(
        np.concatenate([artists.offsets, artists.offsets[-1] + all_labels.offsets[1:]]),
        np.concatenate([artists.members, all_labels.members]),
    )
    apart = transposed(both, inputs.tracks)
    return _constrained.draws("label-co", links(labels, apart, inputs.tracks, ids, scores), parameters)


def partners(inputs: Inputs, parameters: Parameters) -> Neighbours:
    """Return every label's top k by the artists they share, by the kernel or by sql/strategies/label_co.sql."""
    inputs.require("track_artists", "track_labels")
    ties = stream(parameters.seed, "label-co", "ties")
    if inputs.engine == "duckdb":
        variables = {"top_k": parameters.top_k, "min_count": parameters.min_count, "stream": ties}
        rows = inputs.sql("label_co", parameters, **variables)
        return inputs.neighbours(rows, "label_id", "partner_id", inputs.rows("labels"), parameters)
    artists, labels = inputs.groups("artist", Parameters()), inputs.groups("label", parameters)
    count = labels.offsets.size - 1
    labels_of = distinct(composed(artists, transposed(labels, inputs.tracks)), np.ones(count, np.bool_))
    return top_k(
        labels_of, count, parameters.top_k, stream=ties, min_count=parameters.min_count, threads=inputs.threads
    )


def evidence(inputs: Inputs, parameters: Parameters) -> dict[str, pa.Table]:
    """Return the table `label_partners` that sql/checks/label_has_partner.sql compares with."""
    ids, scores = partners(inputs, parameters)
    label_ids, ranks = np.nonzero(ids >= 0)
    columns = {"label_id": label_ids.astype(np.int32), "partner_id": ids[ids >= 0], "score": scores[ids >= 0]}
    return {"label_partners": pa.table({**columns, "rank": (ranks + 1).astype(np.int32)})}
