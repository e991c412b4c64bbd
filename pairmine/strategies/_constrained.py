"""What release, artist, label and label-co have in common: the draw of an epoch by random constrained matching."""

from pairmine.kernels.constrained import Links, pair_constrained
from pairmine.kernels.matching import Matches
from pairmine.seeding import stream
from pairmine.strategies._inputs import Prepared
from pairmine.strategies._parameters import Parameters

OPTIONS = frozenset({"min_group", "max_pairs_per_group"})


def draws(name: str, links: Links, parameters: Parameters) -> Prepared:
    """Prepare the draws of the strategy of this name."""

    def draw(epoch: int) -> Matches:
        visit, choice = (stream(parameters.seed, name, epoch, part) for part in ("visit", "choice"))
        return pair_constrained(links, visit, choice, max_pairs=parameters.max_pairs_per_group)

    return Prepared(draw)
