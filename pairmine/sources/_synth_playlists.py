"""What playlists of the synthetic world are like besides their tracks: length, title, followers, dates.

Every figure is drawn from (seed, pid) alone, by the published histogram and, beyond its 20 rows, by quantiles
of 168,000 playlists of the MPD.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.kernels import world as kernel
from pairmine.sources import _synth_text, _synth_world

Array = npt.NDArray[np.int64]

SHORTEST, LONGEST = 5, 250
LENGTH_KNOTS = (
    (5, 5_100), (6, 6_300), (8, 8_300), (10, 10_100), (12, 12_016), (15, 13_500), (18, 13_400),
    (21, 13_876), (25, 13_031), (30, 12_400), (35, 11_054), (40, 10_508), (50, 8_416), (60, 7_042),
    (70, 5_694), (80, 4_829), (90, 4_024), (100, 3_584), (120, 2_515), (140, 1_926), (160, 1_507),
    (180, 1_208), (200, 900), (220, 714), (240, 520), (250, 360),
)  # fmt: skip
PUBLISHED_LENGTHS = {
    20: 15057, 15: 14177, 21: 13876, 16: 13856, 17: 13685, 18: 13629, 22: 13602, 19: 13531, 24: 13250,
    23: 13149, 30: 13077, 14: 13043, 25: 13031, 26: 12834, 28: 12513, 27: 12502, 29: 12332, 13: 12318,
    12: 12016, 31: 11882,
}  # fmt: skip
FOLLOWERS = (
    754219, 149600, 46939, 19591, 9813, 5360, 3305, 2143, 1512, 1006, 825, 632, 479, 359, 328, 290, 235,
    207, 162, 138,
)  # fmt: skip
FOLLOWERS_TAIL = ((0, 21), (0.3, 32), (0.66, 73), (0.83, 227), (0.96, 1_994), (0.997, 11_745), (1, 53_519))
EDITS = (
    0, 92252, 81820, 71973, 61978, 53085, 46860, 41210, 36629, 32810, 29907, 26947, 24941, 22800, 20834,
    19000, 17817, 16551, 15305, 14217, 13486,
)  # fmt: skip
EDITS_TAIL = (
    (0, 22), (0.1, 24), (0.4, 33), (0.6, 43), (0.8, 61), (0.92, 84), (0.96, 100), (0.996, 144), (1, 201),
)  # fmt: skip
EDITS_FOLLOW_LENGTH = 0.6  # of the playlists: long ones are edited more often
DAYS = (  # by days before 2017-10-31, the last day of the MPD, which is not among the published 20
    4_600, 19018, 15495, 11083, 9994, 11640, 9727, 9142, 8588, 7953, 6407, 5979, 6980, 5986, 5792, 5653,
    5375, 4483, 4431, 4840, 4460,
)  # fmt: skip
DAYS_TAIL = (
    (0, 21), (0.04, 28), (0.16, 69), (0.28, 135), (0.4, 221), (0.52, 336), (0.64, 489), (0.76, 700),
    (0.88, 1_050), (0.94, 1_325), (0.976, 1_548), (0.998, 1_987), (1, 2_700),
)  # fmt: skip
LAST_DAY = np.datetime64("2017-10-31", "ms")
COLLABORATIVE = 0.0228
DESCRIBED = 0.01876
TITLE_KNOTS = (
    (1, 10_000), (2, 10_000), (3, 8_493), (4, 8_481), (5, 8_146), (6, 8_015), (7, 6_848), (8, 6_157),
    (9, 5_883), (10, 5_063), (13, 4_677), (17, 4_030), (20, 3_500), (100, 1_370), (1_000, 178), (17_381, 5),
)  # fmt: skip


@dataclass(frozen=True)
class Playlists:
    """A run of playlists: their tracks (world numbers), entry after entry, and everything else about them."""

    pids: Array
    offsets: Array
    entries: npt.NDArray[np.int32]
    styles: npt.NDArray[np.int32]
    second_share: npt.NDArray[np.float64]
    titles: Array
    described: npt.NDArray[np.bool_]
    collaborative: npt.NDArray[np.bool_]
    followers: Array
    edits: Array
    modified_at: npt.NDArray[np.datetime64]


def draw(world: _synth_world.World, pids: Array) -> Playlists:
    """Draw the playlists of these pids."""

    def u(what: str) -> npt.NDArray[np.float64]:
        return _synth_world.uniform(seeding.stream(world.seed, "synth", what), pids)

    lengths = SHORTEST + _drawn(_length_counts(), u("length"))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    stream = np.uint64(seeding.stream(world.seed, "synth", "entries"))
    entries, styles, second_share = kernel.draw_playlists(world.tracks, stream, pids.astype(np.int32), offsets)
    edited_like_long = np.where(u("edits follow") < EDITS_FOLLOW_LENGTH, u("length"), u("edits"))
    days = _with_tail(DAYS, DAYS_TAIL, u("day"), first=0)
    titles = np.round(_synth_world.curve(TITLE_KNOTS, np.arange(_synth_text.TITLES) + 1) * 100).astype(np.int64)
    return Playlists(
        pids=pids,
        offsets=offsets,
        entries=entries,
        styles=styles,
        second_share=second_share,
        titles=_drawn(titles, u("title")),
        described=u("described") < DESCRIBED,
        collaborative=u("collaborative") < COLLABORATIVE,
        followers=_with_tail(FOLLOWERS, FOLLOWERS_TAIL, u("followers"), first=1),
        edits=_with_tail(EDITS, EDITS_TAIL, edited_like_long, first=1),
        modified_at=LAST_DAY - days.astype("timedelta64[D]"),
    )


def _length_counts() -> Array:
    """Return how many of a million playlists have each length, from the shortest on."""
    lengths = np.arange(SHORTEST, LONGEST + 1)
    knots, heights = np.array(LENGTH_KNOTS).T
    counts: Array = np.interp(lengths, knots, heights).astype(np.int64)
    for length, count in PUBLISHED_LENGTHS.items():
        counts[length - SHORTEST] = count
    return counts


def _drawn(counts: Array, u: npt.NDArray[np.float64]) -> Array:
    """Return the class (by its share of the counts) that every number in [0, 1) falls in."""
    running = np.cumsum(counts)
    classes: Array = np.searchsorted(running, (u * running[-1]).astype(np.int64), side="right").astype(np.int64)
    return classes


def _with_tail(
    counts: tuple[int, ...], tail: tuple[tuple[float, float], ...], u: npt.NDArray[np.float64], first: int
) -> Array:
    """Return numbers from `first` on by published counts in a million, beyond these by quantiles."""
    million = u * 1_000_000
    running = np.cumsum(counts)
    beyond = (million - running[-1]) / (1_000_000 - running[-1])
    far = np.interp(beyond, *np.array(tail).T).astype(np.int64)
    return np.where(beyond >= 0, far, first + np.searchsorted(running, million, side="right"))
