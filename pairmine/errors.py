"""Errors a user can mend: one class an exit code, one line of message (what, where, how to mend)."""

import os
from pathlib import Path


class PairmineError(Exception):
    """Base of every error with a message for the user; its own exit code means a defect of pairmine."""

    exit_code = 1


class UsageError(PairmineError):
    """The command cannot mean anything: unknown name, contradicting options, a set that may not be replaced."""

    exit_code = 2


class InputError(PairmineError):
    """Input data that cannot be read, or of which something was rejected."""

    exit_code = 3


class MissingError(PairmineError):
    """Something that must come first is missing; the message names the command that makes it."""

    exit_code = 4


class DamagedError(PairmineError):
    """A file pairmine wrote is not what its manifest says, or was written by a newer version."""

    exit_code = 5


class ResourceError(PairmineError):
    """Out of disk or memory."""

    exit_code = 6


INTERRUPTED = 130


def shown(path: Path | str) -> str:
    """Return a path in one line, everything unprintable made visible."""
    text = os.fsencode(path).decode(errors="replace")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
