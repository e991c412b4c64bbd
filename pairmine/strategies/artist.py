"""Artist: tracks that share an artist and no release, each at most once an epoch."""

from pairmine.kernels.constrained import links
from pairmine.strategies import _constrained
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "artist"
PAPER = "discogs-2022, section 3 (artist association)"
PAPER_PAIRS = 1_200_000
EPOCHS = 1
OPTIONS = _constrained.OPTIONS
CHECKS = (
    "no_self_pair",
    "once_an_epoch",
    "artist_holds_both",
    "share_an_artist_no_release",
    "artist_large_enough",
    "pairs_a_via",
)


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: each track with one by its artist, on another release."""
    groups = inputs.groups("artist", parameters)
    return _constrained.draws("artist", links(groups, inputs.attached("release"), inputs.tracks), parameters)
