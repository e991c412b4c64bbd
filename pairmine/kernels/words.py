"""The words that say which version of a song a track is, and those that say nothing.

Matched against folded words. `VERSION_WORDS` make another recording, each of a kind; `NEUTRAL` ones do not, but only
where they stand among themselves and at least one of them is `TELLING`: "(Album Version)" is neutral, "(The Music)" a
title.
"""

import re
from functools import lru_cache

from pairmine.kernels.folding import fold_text


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERSION_WORDS = {
    fold_text(word): kind
    for kind, words in {
        "live": "live concert unplugged vivo directo konzert концерт лайв ライブ ライヴ 라이브",
        "remix": "remix remixed rmx mix rework reworked refix remake bootleg flip mashup vip ремикс リミックス",
        "dub": "dub",
        "edit": "edit edited cut extended",
        "karaoke": "karaoke backing playback караоке カラオケ",
        "instrumental": "instrumental instrumentals inst инструментал",
        "acapella": "acapella acappella capella cappella",
        "acoustic": "acoustic acustico acoustique stripped",
        "demo": "demo demos rehearsal rough outtake take alternate alternative early unreleased",
        "cover": "cover covered tribute style originally famous",
        "fast": "sped nightcore",
        "slow": "slowed reverb chopped screwed",
        "reprise": "reprise",
        "medley": "medley megamix",
        "session": "session sessions",
        "part": "intro outro interlude skit",
        "clean": "clean censored",
        "spoken": "commentary interview spoken",
        "arrangement": "8bit chiptune lullaby orchestral symphonic piano",
        "version": "version rerecorded recorded redux",
    }.items()
    for word in words.split()
}
NEUTRAL = _words(
    "remaster remastered remasterizado remasterise digital digitally remastering album single lp ep original main "
    "standard stereo mono explicit bonus track deluxe edition anniversary expanded reissue version mix master hd hq "
    "audio official video lyric lyrics music soundtrack motion picture theme the a an of from and new format cd vinyl "
    "7 12 inch 2 disc hidden previously long full"
)
TELLING = _words(
    "remaster remastered remasterizado remasterise remastering album single lp original main standard stereo mono "
    "explicit bonus deluxe anniversary expanded reissue master hd hq audio official hidden 7 12"
)
SMALL = _words("a at by en from in of on the up")
LETTERS = re.compile(r"(?<!\S)[^\W\d](?: [^\W\d])+(?!\S)")
YEAR = re.compile(r"(?:19|20)\d\d$")
GUEST = re.compile(r"(?:feat|ft|featuring|with|w/)[\s.:]*\s", re.IGNORECASE)
CREDIT = re.compile(r"(?:(?:music\s+|taken\s+|theme\s+)?from|prod(?:uced)?\.?\s+by)\b", re.IGNORECASE)


@lru_cache(maxsize=1 << 16)
def role(segment: str) -> tuple[str, str]:
    """Return what a part of a title is, and what it holds: guest and names, version and folded words, neutral, core."""
    guest = GUEST.match(segment)
    if guest:
        return "guest", segment[guest.end() :]
    if CREDIT.match(segment):
        return "neutral", ""
    words = fold_text(segment).split()
    if not _says_something(words):
        return "neutral", ""
    if any(word in VERSION_WORDS for word in words):
        return "version", " ".join(word for word in words if word not in TELLING)
    return "core", ""


def _says_something(words: list[str]) -> bool:
    years = [YEAR.match(word) is not None for word in words]
    if all(years):
        return False
    rest = [word for word, year in zip(words, years, strict=True) if not year and word not in NEUTRAL]
    return bool(rest) or not TELLING.intersection(words)


def kinds(words: str) -> set[str]:
    """Return the kinds of version that folded words name; "version" only where nothing says more."""
    found = {VERSION_WORDS[word] for word in words.split() if word in VERSION_WORDS}
    return found - {"version"} or found


def details(words: str) -> list[str]:
    """Return what folded words of a version say besides its kind."""
    return [word for word in words.split() if word not in VERSION_WORDS and word not in SMALL]


def without_article(folded: str) -> str:
    """Return a folded name without a leading the, a or an, unless nothing else is left."""
    first, _, rest = folded.partition(" ")
    return rest if rest and first in ("the", "a", "an") else folded


def joined_letters(folded: str) -> str:
    """Return a folded name with single letters in a row made one word: "R.E.M." is "r e m", and so "rem"."""
    return LETTERS.sub(lambda found: found[0].replace(" ", ""), folded) if " " in folded else folded
