"""Release: tracks that are on one release, each at most once an epoch."""

from pairmine.kernels.constrained import links
from pairmine.strategies import _constrained
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "release"
PAPER = "discogs-2022, section 3 (release association)"
PAPER_PAIRS = 846_000
EPOCHS = 1
OPTIONS = _constrained.OPTIONS
CHECKS = (
    "no_self_pair",
    "once_an_epoch",
    "release_holds_both",
    "share_a_release",
    "release_large_enough",
    "pairs_a_via",
)


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: each track with another of one of its releases."""
    groups = inputs.groups("release", parameters)
    return _constrained.draws("release", links(groups, None, inputs.tracks), parameters)
