"""Artists' names as linking and leakage compare them: without "(n)" and article, whole and split into names."""

import re

import pyarrow as pa

from pairmine.kernels.folding import fold
from pairmine.kernels.words import joined_letters, without_article

LONGEST = 1_000
DISAMBIGUATION = re.compile(r"\s\(\d+\)(?=$|[,&/]|\s)")
MOVED_ARTICLE = re.compile(r"^(.*), (the|a|an)$", re.IGNORECASE)
BREAK = re.compile(
    r"\s*(?:,(?!\s*[js]r\b)|[;/+&•|]"
    r"|\s(?:and|y|und|et|x|vs\.?|versus|with|feat\.?|ft\.?|featuring|presents|pres\.?)\s)\s*",
    re.IGNORECASE,
)


def tidy_artist(name: str) -> str:
    """Return an artist's name without "(n)" and with a moved article put back: "Beatles, The (2)" is "The Beatles"."""
    name = name[:LONGEST]
    name = DISAMBIGUATION.sub("", name).strip() if "(" in name else name
    moved = MOVED_ARTICLE.match(name)
    return f"{moved[2]} {moved[1]}" if moved else name


def split_names(artist: str) -> tuple[str, ...]:
    """Return the names a credit may consist of: "A & B feat. C" is A, B, C; what has no letter or digit only alone."""
    names = [tidy_artist(name) for name in BREAK.split(artist)]
    return tuple(name for name in names if any(map(str.isalnum, name))) or (artist,)


def artist_words(name: str, folded: str) -> str:
    """Return an artist's folded name without a leading article; the initial of "A. Previn" is none."""
    joined = joined_letters(folded)
    return joined if name[1:2] == "." else without_article(joined)


def folded_artists(names: list[str]) -> pa.Array:
    """Return names as they are compared: folded, without article."""
    folded = fold(pa.array(names, pa.string())).to_pylist()
    return pa.array([artist_words(*each) for each in zip(names, folded, strict=True)], pa.string())
