"""The two softmaxes that the contrastive losses are made of."""

from torch import Tensor, logaddexp
from torch.nn.functional import cross_entropy, normalize

from trainer.losses._candidates import Candidates


def one_way(similarity_BN: Tensor, peers: Candidates) -> Tensor:
    """Mean of -log softmax of each row's own column; `similarity_BN` is overwritten."""
    return cross_entropy(peers.ban(similarity_BN), peers.own_B)


def two_way(anchor_BD: Tensor, positive_BD: Tensor, peers: Candidates, temperature: float) -> Tensor:
    """NT-Xent row by row, `loss_B`: the mean of anchor against all others and positive against all others.

    Keeps three matrices of B x N cells for the gradient where a softmax over the 2B x 2B matrix would keep four.
    """
    anchor_BD, positive_BD = normalize(anchor_BD, dim=1), normalize(positive_BD, dim=1)
    anchor_ND, positive_ND = peers.gather(anchor_BD), peers.gather(positive_BD)
    anchor_BD, positive_BD = anchor_BD / temperature, positive_BD / temperature
    across_BN = peers.ban(anchor_BD @ positive_ND.T)
    back_BN = peers.ban(positive_BD @ anchor_ND.T) if peers.everywhere else across_BN.T
    anchors_BN = peers.ban(anchor_BD @ anchor_ND.T, own=True)
    positives_BN = peers.ban(positive_BD @ positive_ND.T, own=True)
    of_anchor_B = logaddexp(across_BN.logsumexp(1), anchors_BN.logsumexp(1))
    of_positive_B = logaddexp(back_BN.logsumexp(1), positives_BN.logsumexp(1))
    match_B = across_BN.gather(1, peers.own_B[:, None])[:, 0]
    return (of_anchor_B + of_positive_B) / 2 - match_B
