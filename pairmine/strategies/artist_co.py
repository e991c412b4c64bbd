"""Artist co-occurrence: tracks of one artist, two by two, without a pool."""

from pairmine.kernels.matching import Matches, pair_groups
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "artist"
PAPER = "playlists-2023, section 4.1 (Artist CO)"
PAPER_PAIRS = 1_014_528
EPOCHS = 50
OPTIONS: frozenset[str] = frozenset()
CHECKS = ("no_self_pair", "once_a_via", "artist_holds_both")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: each artist's tracks in random order, in pairs."""
    artists = inputs.groups("artist", parameters)

    def draw(epoch: int) -> Matches:
        visit, shuffle = (stream(parameters.seed, "artist-co", epoch, name) for name in ("visit", "shuffle"))
        return pair_groups(artists, inputs.tracks, visit, shuffle, pool=False)

    return Prepared(draw)
