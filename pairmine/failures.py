"""What errors of the system and of libraries mean for a user."""

import errno
import re

from pairmine.errors import DamagedError, InputError, MissingError, PairmineError, ResourceError, UsageError

FULL = (errno.ENOSPC, errno.EDQUOT)
FORBIDDEN = ("Permission denied", "Operation not permitted", "Read-only file system")
UNREADABLE = ("IOException", "InvalidInputException", "ArrowInvalid")
TRAIN = ("torch", "torchaudio", "soundfile", "soxr", "safetensors", "tomli_w", "sklearn")
EXTRAS = {"scipy": "targets"} | dict.fromkeys(TRAIN, "train")


def translate(error: Exception) -> Exception:
    """Return the error as one of ours where it is the user's to mend, else as it is."""
    if isinstance(error, PairmineError):
        return error
    module = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if module in EXTRAS:
        return MissingError(f"this command needs {module}: run `pip install 'pairmine[{EXTRAS[module]}]'`")
    text = re.sub(r"\[Errno \d+\] ", "", " ".join(str(error).partition("\n\nLINE ")[0].split()))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException":
        return ResourceError(f"out of memory ({text}): use fewer --threads, or a larger machine")
    if getattr(error, "errno", None) in FULL or "No space left" in text:
        return ResourceError(f"the disk is full ({text}): free some space and run the same command again")
    of_library = type(error).__module__.split(".")[0] in ("duckdb", "_duckdb", "pyarrow")
    if (isinstance(error, OSError) or of_library) and any(reason in text for reason in FORBIDDEN):
        return UsageError(f"{text}: choose another place, or mend its permissions")
    if of_library and type(error).__name__ in UNREADABLE:
        return DamagedError(f"a file pairmine wrote cannot be read: {text}: `pairmine check` tells which")
    if isinstance(error, (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError)):
        return UsageError(f"{text}: check the path")
    if isinstance(error, OSError):
        return InputError(f"input or output failed: {text}")
    return error
