"""Names as the linker compares them: titles without what does not tell recordings apart, artists as sets of names.

A title is cut into its core, the guests it names, its version words and its numbers:

    "Halo (feat. Rihanna) - Live at Wembley - Remastered 2011"
        core "Halo", guests ("Rihanna",), kinds {"live"}, detail "at wembley"

A segment is what stands in brackets, or behind " - ". Its folded words decide: guests are taken out; neutral words
(remastered 2011, album version, mono, bonus track, from "…") are dropped; version words (live, remix, karaoke, demo …)
make it another recording and become `kinds`, the rest of that segment `detail`; any other segment belongs to the core.
Numbers of the core ("Part 2", "Song II", "1999") must agree exactly: one digit is a large difference.
`tests/linking_vectors.tsv` has examples.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pairmine.kernels.folding import fold_text


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERSION_WORDS = {
    word: kind
    for kind, words in {
        "live": "live concert unplugged vivo directo konzert",
        "remix": "remix remixed rmx mix rework reworked refix remake bootleg flip mashup vip",
        "dub": "dub",
        "edit": "edit edited cut extended",
        "karaoke": "karaoke backing playback",
        "instrumental": "instrumental instrumentals inst",
        "acapella": "acapella acappella capella cappella",
        "acoustic": "acoustic acustico acoustique stripped",
        "demo": "demo demos rehearsal rough outtake take alternate alternative early unreleased",
        "cover": "cover covered tribute style originally famous",
        "tempo": "sped slowed nightcore reverb chopped screwed",
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
STRONG_NEUTRAL = _words(
    "remaster remastered remasterizado remasterise remastering album single lp original main standard stereo mono "
    "explicit bonus deluxe anniversary expanded reissue master hd hq audio official hidden 7 12"
)
TRAILING = re.compile(
    r"\s+(?:(?:club|extended|radio|dub)\s+)?(?:remix|rmx|instrumental|a\s?cappella|acapella|karaoke|nightcore|reprise|"
    r"(?:karaoke|live|acoustic|instrumental|demo|radio|extended)\s+(?:version|mix|edit))$",
    re.IGNORECASE,
)
YEAR = re.compile(r"(?:19|20)\d\d$")
GUEST = re.compile(r"(?:feat|ft|featuring|with|w/|prod(?:uced)?\.? by)[\s.:]*\s", re.IGNORECASE)
BARE_GUEST = re.compile(r"\s(?:feat\.?|ft\.?|featuring|w/)\s+", re.IGNORECASE)
FROM = re.compile(r"(?:music\s+)?(?:from|taken from|theme from)\b", re.IGNORECASE)
INTERESTING = re.compile(r"[(\[{]|\s[-–—]\s|\b(?:feat|ft|featuring)\b|w/|" + TRAILING.pattern, re.IGNORECASE)
DASH = re.compile(r"\s+[-–—]\s+")
DISAMBIGUATION = re.compile(r"\s\(\d+\)(?=$|[,&/]|\s)")
MOVED_ARTICLE = re.compile(r"^(.*), (the|a|an)$", re.IGNORECASE)
NAME_BREAK = re.compile(
    r"\s*(?:,(?!\s*[js]r\b)|[;/+&•|]|\s(?:and|y|und|et|x|vs\.?|versus|with|feat\.?|ft\.?|featuring|presents|pres\.?)\s)\s*",
    re.IGNORECASE,
)
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"}
PARTS = {"pt": "part", "pts": "part", "vol": "volume", "no": "number", "nr": "number"}
PART = re.compile(r"(?:part|volume) (\d+)")
LETTERS = re.compile(r"(?<!\S)[^\W\d](?: [^\W\d])+(?!\S)")
OPEN, CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Title:
    """A title cut into parts; `core` is as written, `guests` are names as written, `kinds` and `detail` are folded."""

    core: str
    guests: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    detail: str = ""


def split_title(title: str) -> Title:
    """Cut a title into core, guests and version; see the module."""
    if not INTERESTING.search(title):
        return Title(title)
    text, segments = _without_brackets(title)
    head, *tails = DASH.split(text)
    guest = BARE_GUEST.search(head)
    guests = [head[guest.end() :]] if guest and head[: guest.start()].strip() else []
    head = head[: guest.start()] if guests and guest else head
    kinds: set[str] = set()
    detail: list[str] = []
    core = [head]
    for place, segment in enumerate([*segments, *tails]):
        role, value = _segment(segment.strip())
        if role == "guest" and place >= len(segments) and segment.lower().startswith("with"):
            role = "core"
        if role == "core":
            core.append(segment)
        elif role == "guest":
            guests.append(value)
        elif role == "version":
            kinds.update(_kinds(value))
            detail += [word for word in value.split() if word not in VERSION_WORDS and word not in ("in", "the", "at")]
    whole = " ".join(part.strip() for part in core)
    while trailing := TRAILING.search(whole):
        words = fold_text(trailing.group())
        kinds.update(_kinds(words))
        detail += [word for word in words.split() if word not in VERSION_WORDS]
        whole = whole[: trailing.start()]
    names = tuple(name for guest_text in guests for name in split_names(guest_text))
    return Title(whole, names, tuple(sorted(kinds)), " ".join(detail))


def _without_brackets(title: str) -> tuple[str, list[str]]:
    """Return a title without its outermost brackets, and what stands in them; one at the very start stays."""
    kept: list[str] = []
    segments: list[str] = []
    depth = start = 0
    for place, character in enumerate(title):
        if character in OPEN:
            if depth == 0:
                kept.append(title[start:place])
                start = place + 1
            depth += 1
        elif character in CLOSE and depth:
            depth -= 1
            if depth == 0:
                inside = title[start:place]
                if "".join(kept).strip():
                    segments.append(inside)
                else:
                    kept.append(f" {inside} ")
                start = place + 1
    if depth:  # an open bracket: what follows is a segment up to the end
        segments.append(title[start:])
    else:
        kept.append(title[start:])
    return " ".join(kept), segments


@lru_cache(maxsize=1 << 16)
def _segment(segment: str) -> tuple[str, str]:
    """Return what a segment is (core, guest, version or neutral) and its words."""
    guest = GUEST.match(segment)
    if guest:
        return ("neutral", "") if segment[:4].lower() == "prod" else ("guest", segment[guest.end() :])
    if FROM.match(segment):
        return "neutral", ""
    words = fold_text(segment).split()
    rest = [word for word in words if word not in NEUTRAL and not YEAR.match(word)]
    if not rest and (STRONG_NEUTRAL.intersection(words) or not words or all(map(YEAR.match, words))):
        return "neutral", ""
    if any(word in VERSION_WORDS for word in words):
        return "version", " ".join(word for word in words if word not in STRONG_NEUTRAL)
    return "core", ""


def _kinds(words: str) -> set[str]:
    """Return the kinds of version that words name; "version" only where nothing says more."""
    kinds = {VERSION_WORDS[word] for word in words.split() if word in VERSION_WORDS}
    return kinds - {"version"} or kinds


def numbers(core: str, detail: str = "") -> str:
    """Return what has digits in a title's canonical core, and the numbers of parts in the detail, in a fixed order."""
    found = [word for word in core.split() if not word.isalpha() and any(map(str.isdigit, word))]
    found += PART.findall(canonical_words(detail))
    return " ".join(sorted(found))


def canonical_words(folded: str) -> str:
    """Return a folded title without a leading article, abbreviations of parts written out, Roman numbers as digits."""
    words = without_article(joined_letters(folded)).split()
    return " ".join([PARTS.get(word, ROMAN.get(word, word)) for word in words])


def joined_letters(folded: str) -> str:
    """Return a folded name with single letters in a row made one word: "R.E.M." is "r e m", and so "rem"."""
    return LETTERS.sub(lambda found: found[0].replace(" ", ""), folded) if " " in folded else folded


def without_article(folded: str) -> str:
    """Return a folded name without a leading the, a or an, unless nothing else is left."""
    first, _, rest = folded.partition(" ")
    return rest if rest and first in ("the", "a", "an") else folded


def tidy_artist(name: str) -> str:
    """Return an artist's name without "(n)" and with a moved article put back: "Beatles, The (2)" is "The Beatles"."""
    name = DISAMBIGUATION.sub("", name).strip() if "(" in name else name
    moved = MOVED_ARTICLE.match(name)
    return f"{moved[2]} {moved[1]}" if moved else name


def artist_words(name: str, folded: str) -> str:
    """Return an artist's folded name without a leading article; the initial of "A. Previn" is none."""
    joined = joined_letters(folded)
    return joined if name[1:2] == "." else without_article(joined)


def split_names(artist: str) -> tuple[str, ...]:
    """Return the names a credit may consist of: "A & B feat. C" is A, B, C; never an empty one."""
    names = [tidy_artist(name) for name in NAME_BREAK.split(artist)]
    return tuple(name for name in names if name.strip()) or (artist,)
