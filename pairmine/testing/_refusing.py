"""That something is refused, in one line."""

import re
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def refused(error: type[Exception], pattern: str) -> Iterator[None]:
    """Assert that the block raises an error whose message, of one line, holds a pattern."""
    try:
        yield
    except error as found:
        told = str(found)
        assert re.search(pattern, told) and "\n" not in told, f"the message is {told!r}: it should hold {pattern!r}"
    else:
        raise AssertionError(f"this should be refused with {error.__name__}: {pattern!r}")
