"""Track: each track with itself; the trainer takes two crops of it."""

from pairmine.strategies.self import prepare

__all__ = ["prepare"]

KIND = "pairs"
VIA = None
PAPER = "discogs-2022, section 3 (track association)"
PAPER_PAIRS = 3_300_000
EPOCHS = 1
OPTIONS: frozenset[str] = frozenset()
CHECKS = ("only_self_pairs", "once_an_epoch", "every_track")
