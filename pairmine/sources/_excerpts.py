"""How rejected input begins, in one printable line."""

EXCERPT_CHARACTERS = 80
EXCERPT_BYTES = 4 * EXCERPT_CHARACTERS


def excerpt(data: bytes) -> str:
    """Return how data begins: one line, about 80 characters, everything unprintable made visible."""
    text = data[:EXCERPT_BYTES].decode(errors="replace")[:EXCERPT_CHARACTERS]
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
