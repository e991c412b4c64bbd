"""With whom the rows of a batch are compared: this rank's rows or all ranks', less those known to be no negatives."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor

from pairmine.registry import check_name
from trainer.losses._gather import gather

Negatives = Literal["local", "global"]


@dataclass(frozen=True)
class Candidates:
    """The columns of a similarity matrix of local rows (B) with candidates (N).

    Attributes:
        everywhere: candidates are those of all ranks, not of this one.
        own_B: each row's own column.
        banned_BN: True where a column is no negative of the row; never at its own column. None: nowhere.
    """

    everywhere: bool
    own_B: Tensor
    banned_BN: Tensor | None

    def gather(self, rows: Tensor) -> Tensor:
        """Return the rows of all candidates, `x_N…`; gradients flow back to the rank a row came from."""
        return gather(rows) if self.everywhere else rows

    def ban(self, similarity_BN: Tensor, *, own: bool = False) -> Tensor:
        """Take banned columns out of the softmax (with `own`, each row's own column too); works in place."""
        # a finite number, for the gradient of a logsumexp over nothing but infinities is NaN
        nothing = torch.finfo(similarity_BN.dtype).min / 4
        if self.banned_BN is not None:
            similarity_BN = similarity_BN.masked_fill_(self.banned_BN, nothing)
        return similarity_BN.scatter_(1, self.own_B[:, None], nothing) if own else similarity_BN


def candidates(
    rows_BD: Tensor,
    groups_B: Tensor | None,
    negatives: Negatives,
    present_B: Tensor | None = None,
    columns_B: Tensor | None = None,
) -> Candidates:
    """Return the candidates for the rows of a batch.

    Args:
        rows_BD: any tensor with the batch first.
        groups_B: integer ids; rows of one id are never each other's negatives.
        negatives: "local", this rank's rows; "global", those of all ranks, which need batches of one size.
        present_B: False where a row has nothing to compare: it is nobody's negative.
        columns_B: ids of the candidates, where they are not those of the rows.

    Raises:
        UsageError: `negatives` is neither.
    """
    check_name("kind of negatives", negatives, ("local", "global"))
    everywhere = negatives == "global" and dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
    batch = len(rows_BD)
    own_B = torch.arange(batch, device=rows_BD.device) + (dist.get_rank() * batch if everywhere else 0)
    peers = Candidates(everywhere, own_B, None)
    banned_BN = None
    if groups_B is not None:
        banned_BN = groups_B[:, None] == peers.gather(groups_B if columns_B is None else columns_B)
    if present_B is not None:
        absent_BN = ~(present_B[:, None] & peers.gather(present_B.int()).bool())
        banned_BN = absent_BN if banned_BN is None else banned_BN | absent_BN
    return peers if banned_BN is None else replace(peers, banned_BN=banned_BN.scatter_(1, own_B[:, None], False))
