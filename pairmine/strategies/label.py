"""Label: tracks that share a record label and no artist, each at most once an epoch."""

from pairmine.kernels.constrained import links
from pairmine.strategies import _constrained
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters

KIND = "pairs"
VIA = "label"
PAPER = "discogs-2022, section 3 (label association)"
PAPER_PAIRS = 1_100_000
EPOCHS = 1
OPTIONS = _constrained.OPTIONS
CHECKS = (
    "no_self_pair",
    "once_an_epoch",
    "label_holds_both",
    "share_a_label_no_artist",
    "label_large_enough",
    "pairs_a_via",
)


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Prepare the draw of an epoch: each track with one of its label, by another artist."""
    groups = inputs.groups("label", parameters)
    return _constrained.draws("label", links(groups, inputs.attached("artist"), inputs.tracks), parameters)
