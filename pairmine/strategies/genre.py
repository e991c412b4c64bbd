"""Genres as words: each track's list of genres, and a vector a genre, learned with the lists as sentences."""

from pairmine.kernels import cbow
from pairmine.seeding import stream
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._targets import labels, read_labels

KIND = "labels"
VIA = None
PAPER = "crossmodal-2021, section II (genre encoder)"
PAPER_PAIRS = None
EPOCHS = 1
OPTIONS = frozenset({"tags", "dimensions", "iterations", "longest"})
DEFAULTS = {"tags": "genre", "dimensions": 200, "iterations": 20, "longest": 10}
CHECKS = ("only_self_pairs", "once_an_epoch")


def prepare(inputs: Inputs, parameters: Parameters) -> Prepared:
    """Learn a vector a genre by CBOW, a track's genres (at most `longest`, the commonest first) as a sentence.

    Raises:
        MissingError: the source has no tags.
        InputError: no track has a genre.
    """
    inputs.require("track_tags")
    found = read_labels(inputs, parameters, "genre", tags=parameters.tags.split(","), longest=parameters.longest)
    learned = cbow.train(
        found.lists,
        len(found.names),
        dimensions=parameters.dimensions,
        epochs=parameters.iterations,
        negatives=parameters.negatives,
        rate=0.025,
        final_rate=1e-4,
        stream=stream(parameters.seed, "genre"),
        threads=1,
    )
    return labels(found, learned)
