"""Labels: what people call a track, as a sparse target; by tags alone, or n-grams of its titles and tags."""

from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import labels, read_labels

KIND = "labels"
VIA = None
PAPER = "colisten-2020, section 2 (text labels); discogs-2022, section 4.2 (style tags)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"tags", "top", "longest"})
DEFAULTS = {"tags": "words", "top": 100_000, "longest": 3}
CHECKS = ("only_self_pairs", "once_an_epoch")
WORDS = "words"


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Read the labels: `--tags words` for n-grams of titles, descriptions and tags, else tags of these kinds.

    Raises:
        MissingError: the source has no tags.
        InputError: no track has a label.
    """
    kinds = parameters.tags.split(",")
    words = WORDS in kinds
    if not words:
        inputs.require("track_tags")
    tags = ["genre", "style", "tag"] if words else kinds
    found = read_labels(
        inputs, parameters, "labels", tags=tags, text=words, longest=parameters.longest, top=parameters.top
    )
    return labels(found)
