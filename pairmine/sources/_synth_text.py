"""Made-up names and titles of the synthetic world: pieces from small tables, joined by Arrow.

Titles can be had escaped, as for JSON or XML: the pieces are escaped then, once, and the joins stay the same.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine import seeding

Ids = npt.NDArray[np.int64] | npt.NDArray[np.int32]

ONSETS = """
b br c ch d dr f fl g gr h j k kl l m n p pr r s sh sl st t tr v w y z
"""
VOWELS = """
a e i o u ai ea ie oo ou a e i o u é ñu ö ø å í
"""
ENDINGS = ["", "", "n", "r", "s", "l", "m", "nd", "rk", "th", "x"]
# 1.9 % of the real track names are non-ASCII
FOREIGN = """
лето ночь ветер море 夜 海 空 星の歌 사랑 봄날
"""
WORDS = 6_000
# "(feat. …)" 5.2 %, " - Remastered" 1.7 %, " - Live" 1.4 %, "Remix" 2.9 % of the tracks of 700 playlists
SUFFIXES = 4_000
ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", np.uint8)
KEY_DIGITS = 22

# The published 20 most frequent titles, then what others are made of.
TOP_TITLES = """
country chill rap workout oldies christmas rock party throwback jams worship summer feels new disney lit
throwbacks music sleep vibes
"""
MOODS = """
good bad slow fast old new sad happy late early lazy best my our your favorite classic deep dark warm
cold fresh sweet quiet loud sunday monday friday morning evening night weekend spring summer autumn
winter january june july october school beach driving gym study coffee rainy sunny indie latin acoustic
electric heavy soft golden real random first last 80s 90s 2000s 2014 2015 2016 2017
"""
THINGS = """
songs jams mix tunes music beats vibes hits tracks playlist mood party drive run ride trip road car home
work office dinner dance dream sleep rain sun love heart soul blues rock pop rap metal punk folk house
techno reggae bachata salsa gospel worship piano guitar covers soundtrack wedding birthday holiday
christmas halloween vacation camp lake mountain ocean city street garage kitchen shower homework focus
yoga lifting cardio running training pregame anthems bangers feels memories throwback oldies classics
favorites discoveries stuff things club lounge lullabies kids family friends
"""
TITLES = 17_381  # published: distinct normalised titles
# What normalising takes away, most frequent first; "{}" is the title.
DECORATIONS = (
    "{}", "{} ", "{}!", "{}.", "*{}*", "~{}~", "{}!!", "#{}", "({})", "{}...", "{}~", ".{}", "{}!!!",
    "_{}_", "{},", "{}/", "{}:", "{};", "${}", "{}*", "@{}", "%{}", "{}_", "{}^", "={}=", "{}  ", " {}",
    "~{}", "{}@", "`{}`",
)  # fmt: skip
DECORATED = 0.072
DESCRIPTIONS = (
    "songs for {}",
    "{} &#x2F;&#x2F; updated weekly",
    "when it&#x27;s time for {}",
    "just {} &amp; nothing else",
    "a mix of {} and others",
)


class Text:
    """Names and titles of one seed's world, as Arrow strings, for arrays of ids."""

    def __init__(self, seed: int, escape: Callable[[str], str] = str):
        self._seed, self._escape = seed, escape
        words = made_up_words(seed)
        self._word = self._table(words)
        self._more = self._table([f" {word}" for word in words])
        self._maybe = self._table([""] * len(words) + [f" {word}" for word in words])
        self._artist_prefix = self._table([""] * 1500 + ["The "] * 120 + ["DJ "] * 20 + ["Los "] * 10 + [" "])
        self._artist_suffix = self._table(
            [""] * 3000 + [" Band"] * 60 + [" & Co."] * 40 + [" Orchestra"] * 20 + [" "] * 2
        )
        self._track_suffix = self._table([suffix for _, suffix in track_suffixes(words)])
        self._titles = self._table([case(title) for case in (str.title, str, str.upper) for title in _titles(seed)])
        before, after = zip(*(form.split("{}") for form in DECORATIONS), strict=True)
        self._before, self._after = self._table(before), self._table(after)
        self._descriptions = self._table(
            [form.format(title) for title in _titles(seed)[20:500] for form in DESCRIPTIONS]
        )

    def _table(self, texts: Sequence[str]) -> pa.Array:
        return pa.array([self._escape(text) for text in texts], pa.string())

    def _draw(self, table: pa.Array, what: str, ids: Ids) -> pa.Array:
        """Return an evenly drawn piece of a table for every id."""
        return table.take(pa.array(drawn_places(self._seed, what, len(table), ids)))

    def artists(self, ids: Ids) -> pa.Array:
        """Names of artists."""
        return _join(
            self._draw(self._artist_prefix, "artist prefix", ids),
            self._draw(self._word, "artist 1", ids),
            self._draw(self._maybe, "artist 2", ids),
            self._draw(self._artist_suffix, "artist suffix", ids),
        )

    def releases(self, ids: Ids) -> pa.Array:
        """Titles of albums."""
        return _join(
            self._draw(self._word, "album 1", ids),
            self._draw(self._maybe, "album 2", ids),
            self._draw(self._maybe, "album 3", ids),
        )

    def tracks(self, ids: Ids) -> pa.Array:
        """Titles of tracks."""
        return _join(self.bare_tracks(ids), self._draw(self._track_suffix, "track suffix", ids))

    def bare_tracks(self, ids: Ids) -> pa.Array:
        """Titles of tracks without what follows them: guests, version, remaster."""
        return _join(
            self._draw(self._word, "track 1", ids),
            self._draw(self._more, "track 2", ids),
            self._draw(self._maybe, "track 3", ids),
        )

    def playlists(self, pids: Ids, titles: Ids) -> pa.Array:
        """Titles of playlists: a normalised title (0 is the most frequent) in the playlist's own spelling."""
        u, v = (seeding.mix(seeding.stream(self._seed, "synth", what), pids) / 2**32 for what in ("case", "decoration"))
        case = np.searchsorted([0.5, 0.92], u, side="right")
        decoration = np.where(v < DECORATED, 1 + ((len(DECORATIONS) - 1) * (v / DECORATED) ** 2).astype(np.int64), 0)
        return _join(
            self._before.take(pa.array(decoration)),
            self._titles.take(pa.array(case * TITLES + titles)),
            self._after.take(pa.array(decoration)),
        )

    def descriptions(self, pids: Ids) -> pa.Array:
        """Descriptions of playlists, HTML-escaped as in the MPD."""
        return self._draw(self._descriptions, "description", pids)


def keys(kind: str, number: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> pa.Array:
    """Return keys: `spotify:<kind>:`, 11 base-62 digits of `number`, which orders them, and 11 of `other`."""
    prefix = np.frombuffer(f"spotify:{kind}:".encode(), np.uint8)
    width = len(prefix) + KEY_DIGITS
    text = np.empty((len(number), width), np.uint8)
    text[:, : len(prefix)] = prefix
    for half, end in ((number.copy(), width - KEY_DIGITS // 2), (other.copy(), width)):
        for place in range(end - 1, end - 1 - KEY_DIGITS // 2, -1):
            text[:, place] = ALPHABET[half % np.uint64(62)]
            half //= np.uint64(62)
    offsets = np.arange(0, (len(number) + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(number), pa.py_buffer(offsets), pa.py_buffer(text))


def _join(*parts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def made_up_words(seed: int) -> list[str]:
    """Return distinct pronounceable words, a few of them in other scripts."""
    rng = seeding.rng(seed, "synth", "words")
    words: dict[str, None] = dict.fromkeys(FOREIGN.split())
    onsets, vowels = ONSETS.split(), VOWELS.split()
    while len(words) < WORDS:
        syllables = 1 + rng.integers(3)
        parts = [onsets[rng.integers(len(onsets))] + vowels[rng.integers(len(vowels))] for _ in range(syllables)]
        words["".join(parts).capitalize() + ENDINGS[rng.integers(len(ENDINGS))]] = None
    return list(words)


def drawn_places(seed: int, what: str, count: int, ids: Ids) -> npt.NDArray[np.int32]:
    """Return an evenly drawn place in a table of `count` pieces for every id."""
    places = (seeding.mix(seeding.stream(seed, "synth", what), ids) * np.uint64(count)) >> np.uint64(32)
    return places.astype(np.int32)


def suffix_places(seed: int, ids: Ids) -> npt.NDArray[np.int32]:
    """Return which of `track_suffixes` follows each track's title."""
    return drawn_places(seed, "track suffix", SUFFIXES, ids)


def track_suffixes(words: list[str]) -> list[tuple[str, str]]:
    """Return a table of (kind, what follows a track's title), as often as in the MPD."""
    guests = [("guest", f" (feat. {words[i]} {words[-1 - i]})") for i in range(round(0.052 * SUFFIXES))]
    remixes = [("remix", f" - {words[200 + i]} Remix") for i in range(round(0.029 * SUFFIXES))]
    remasters = [("remaster", f" - Remastered {2001 + i % 17}") for i in range(round(0.017 * SUFFIXES))]
    forms = " - Live", ' (Live at "The Barn")', " - Live / Acoustic", " - Live\\Studio"
    live = [("live", form) for form in forms] * round(0.0034 * SUFFIXES)
    rest = [("plain", " ")]
    plain = SUFFIXES - sum(map(len, (guests, remixes, remasters, live, rest)))
    return guests + remixes + remasters + live + rest + [("plain", "")] * plain


def _titles(seed: int) -> list[str]:
    """Return the distinct normalised titles, most frequent first."""
    single = [*THINGS.split(), *MOODS.split()]
    pairs = [f"{a} {b}" for a in single for b in single if a != b]
    order = seeding.order(seeding.stream(seed, "synth", "titles"), len(pairs))
    return list(dict.fromkeys([*TOP_TITLES.split(), *single, *(pairs[i] for i in order)]))[:TITLES]
