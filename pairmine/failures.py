"""What errors of the system and of libraries mean for a user."""

import errno

from pairmine.errors import DamagedError, InputError, PairmineError, ResourceError, UsageError

FULL = (errno.ENOSPC, errno.EDQUOT)
UNREADABLE = ("IOException", "InvalidInputException", "ArrowInvalid")


def translate(error: Exception) -> Exception:
    """Return the error as one of ours where it is the user's to mend, else as it is."""
    if isinstance(error, PairmineError):
        return error
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return ResourceError(f"out of memory ({text}): use fewer --threads, or a larger machine")
    if getattr(error, "errno", None) in FULL or "No space left" in text:
        return ResourceError(f"the disk is full ({text}): free some space and run the same command again")
    if type(error).__module__.split(".")[0] in ("duckdb", "_duckdb", "pyarrow") and type(error).__name__ in UNREADABLE:
        return DamagedError(f"a file pairmine wrote cannot be read: {text}: `pairmine check` tells which")
    if isinstance(error, PermissionError):
        return UsageError(f"no permission: {text}: choose another place, or mend its permissions")
    if isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError)):
        return UsageError(f"{text}: check the path")
    if isinstance(error, OSError):
        return InputError(f"input or output failed: {text}")
    return error
