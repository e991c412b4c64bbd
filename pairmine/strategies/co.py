"""Co-occurrence: tracks of one playlist, two by two, each track at most once an epoch."""

from pairmine.kernels.matching import Matches, pair_groups
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "playlist"
PAPER = "playlists-2023, section 3.2 (Playlist CO)"
PAPER_PAIRS = 826_368
EPOCHS = 50
OPTIONS = frozenset({"max_playlist_length"})
CHECKS = ("no_self_pair", "once_an_epoch", "playlist_holds_both", "playlist_short_enough")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: playlists in random order, their available tracks in pairs."""
    playlists = inputs.playlists(parameters)

    def draw(epoch: int) -> Matches:
        visit, shuffle = (stream(parameters.seed, "co", epoch, name) for name in ("visit", "shuffle"))
        return pair_groups(playlists, inputs.tracks, visit, shuffle, pool=True)

    return Prepared(draw)
