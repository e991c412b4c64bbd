"""The normaliser of names: case, diacritics and punctuation do not tell two names apart; words do."""

import unicodedata

import pyarrow as pa

DIACRITICS = range(0x0300, 0x0370)
JOINERS = "'’‘ʼ`´"


def fold_text(text: str) -> str:
    """Return a name's folded form: lower-case words between single blanks.

    Compatibility forms are decomposed (NFKD), case is folded, diacritics (U+0300 to U+036F) and apostrophes vanish, `&`
    is "and", and everything that is neither letter, mark nor number separates words. What is left without a word
    ("???", "…") is kept as it stands, case-folded and stripped. Nothing in brackets is dropped: "Song (Live)" is
    "song live". `tests/kernels/folding_vectors.tsv` has examples.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    words = "".join(map(_fold_character, plain)).split()
    return " ".join(words) if words else " ".join(text.casefold().split())


def _fold_character(character: str) -> str:
    if character == "&":
        return " and "
    if ord(character) in DIACRITICS or character in JOINERS:
        return ""
    return character if unicodedata.category(character)[0] in "LMN" else " "


def fold(texts: pa.Array) -> pa.Array:
    """Return `fold_text` of every text of a string array; nulls stay null."""
    return pa.array([None if text is None else fold_text(text) for text in texts.to_pylist()], pa.string())
