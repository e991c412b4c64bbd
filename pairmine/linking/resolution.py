"""Which of the pairs that are alike enough stay: each track is linked once at most."""

import numpy as np
import pyarrow as pa

from pairmine.kernels.one_to_one import rivals, take_in_order


def one_to_one(pairs: pa.Table, lefts: int, rights: int) -> pa.Table:
    """Return the pairs that stay when every track is linked once at most, the surest first.

    Greedy in a strict order: score, then duration gap (unknown last), then album, then the order of keys. A link never
    gives way to a less sure one, as it could in an assignment of the greatest total; and no two tracks are left that
    would both rather have each other.
    """
    columns = {name: pairs[name].to_numpy() for name in pairs.column_names}
    gap = np.where(columns["gap_ms"] < 0, np.iinfo(np.int32).max, columns["gap_ms"])
    order = np.lexsort((columns["right_id"], columns["left_id"], ~columns["same_album"], gap, -columns["score"]))
    left, right = columns["left_id"][order], columns["right_id"][order]
    taken = take_in_order(left, right, lefts, rights)
    _, classes = np.unique(columns["score"][order], return_inverse=True)
    rival = rivals(left, right, classes.astype(np.int32), taken, lefts, rights)
    kept = pairs.take(pa.array(order[taken]))
    return kept.append_column("rivals", pa.array(rival[taken], pa.int32()))
