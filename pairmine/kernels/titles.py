"""Titles as linking and leakage compare them: core, guests, version, numbers; not what tells no recordings apart.

    "Halo (feat. Rihanna) - Live at Wembley - Remastered 2011"
        core "Halo", guests ("Rihanna",), kinds ("live",), detail "wembley"

A segment is what stands in brackets, or behind " - ". Its folded words decide (`words.py`): guests are taken out;
neutral words (remastered 2011, album version, mono, bonus track, from "…") are dropped; version words (live, remix,
karaoke, demo …) make it another recording: they become `kinds`, the rest of that segment `detail`; any other segment
belongs to the core. Numbers of the core ("Part 2", "Song II", "1999") must agree exactly: one digit is a large
difference.
`tests/linking_vectors.tsv` has examples.
"""

import re
from dataclasses import dataclass, field

from pairmine.kernels import words
from pairmine.kernels.artists import split_names
from pairmine.kernels.folding import fold_text

LONGEST = 400
DASH = re.compile(r"\s+[-–—]\s+")
BARE_GUEST = re.compile(r"(?<=\S)\s(?:feat\.?|ft\.?|featuring|w/)\s+", re.IGNORECASE)
TRAILING = re.compile(
    r"\s+(?:(?:club|extended|radio|dub)\s+)?(?:remix|rmx|instrumental|a\s?cappella|acapella|karaoke|nightcore|reprise|"
    r"(?:karaoke|live|acoustic|instrumental|demo|radio|extended)\s+(?:version|mix|edit))$",
    re.IGNORECASE,
)
PLAIN = re.compile(
    rf"(?!.*(?:[(\[{{]|{DASH.pattern}|{BARE_GUEST.pattern}|{TRAILING.pattern}))", re.IGNORECASE | re.DOTALL
)
ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12"}
PARTS = {"pt": "part", "pts": "part", "parts": "part", "vol": "volume", "no": "number", "nr": "number"}
NUMBERED = re.compile(rf"\b({'|'.join(PARTS)})(?= \d)")
PART = re.compile(r"(?:part|volume) (\d+)")
OPEN, CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Title:
    """A title cut into parts; `core` is as written, `guests` are names as written, `kinds` and `detail` are folded."""

    core: str
    guests: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    detail: str = ""


@dataclass
class _Parts:
    """What is found in a title, segment by segment."""

    core: list[str] = field(default_factory=list)
    guests: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    detail: list[str] = field(default_factory=list)

    def add(self, segment: str, *, bracketed: bool) -> None:
        """Take a segment; "with" behind a dash names no guest."""
        role, value = words.role(segment)
        if role == "core" or (role == "guest" and not bracketed and segment[:4].lower() == "with"):
            self.core.append(segment)
        elif role == "guest":
            self.guests.append(value)
        elif role == "version":
            self.add_version(value)

    def add_version(self, folded: str) -> None:
        """Take the words of a version."""
        self.kinds |= words.kinds(folded)
        self.detail += words.details(folded)


def split_title(title: str) -> Title:
    """Cut a title into core, guests and version; see the module. Only its first 400 characters are looked at."""
    title = title[:LONGEST]
    if PLAIN.match(title):
        return Title(title)
    text, bracketed = _without_brackets(title)
    head, *tails = DASH.split(text)
    head, *guests = BARE_GUEST.split(head, maxsplit=1)
    parts = _Parts([head], guests)
    for segment in bracketed:
        parts.add(segment.strip(), bracketed=True)
    for segment in tails:
        parts.add(segment.strip(), bracketed=False)
    core = " ".join(part.strip() for part in parts.core)
    while trailing := TRAILING.search(core):
        parts.add_version(fold_text(trailing.group()))
        core = core[: trailing.start()]
    if "karaoke" in parts.kinds:  # "in the style of …" says no more
        parts.kinds.discard("cover")
    names = tuple(name for several in parts.guests for name in split_names(several))
    return Title(core, names, tuple(sorted(parts.kinds)), " ".join(parts.detail))


def _without_brackets(title: str) -> tuple[str, list[str]]:
    """Return a title without its outermost brackets, and what stands in them; one at the very start stays."""
    kept: list[str] = []
    segments: list[str] = []
    depth = start = 0
    for place, character in enumerate(title):
        if character in OPEN:
            depth += 1
            if depth == 1:
                kept.append(title[start:place])
                start = place + 1
        elif character in CLOSE and depth:
            depth -= 1
            if depth == 0:
                begun = any(map(str.strip, kept))
                (segments if begun else kept).append(title[start:place])
                start = place + 1
    (segments if depth else kept).append(title[start:])
    return " ".join(kept), segments


def canonical_words(folded: str) -> str:
    """Return a folded title without a leading article, abbreviations of parts written out, Roman numbers as digits."""
    found = words.without_article(words.joined_letters(folded)).split()
    text = " ".join([ROMAN.get(word, word) for word in found])
    return NUMBERED.sub(lambda abbreviated: PARTS[abbreviated[0]], text)


def numbers(core: str, detail: str = "") -> str:
    """Return what has digits in a title's canonical core, and the numbers of parts in the detail, in a fixed order."""
    found = [word for word in core.split() if not word.isalpha() and any(map(str.isdigit, word))]
    found += PART.findall(canonical_words(detail))
    return " ".join(sorted(found))
