"""Lists of strings as Python 2 pickled them (protocol 0), read without unpickling: opcodes are looked at, never run."""

import pickletools
from pathlib import Path

from pairmine.errors import InputError, shown
from trainer.annotations import _files


def read(file: Path) -> list[str]:
    """Return the strings of a file that holds a pickled plain list of them, and nothing else.

    Raises:
        InputError: it holds anything else.
    """
    data = _files.content(file)
    try:
        operations = list(pickletools.genops(data))
    except (ValueError, IndexError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{shown(file)}: no pickled list of strings ({reason}): take the published file") from error
    end = operations[-1][2]
    if end is None or data[end + 1 :].strip():
        raise _foreign(file, "bytes after its end")
    names = [operation.name for operation, _, _ in operations]
    if names[:2] != ["MARK", "LIST"]:
        raise _foreign(file, f"it begins with {names[0]}")
    return _strings(file, operations[2:])


def _strings(file: Path, operations: list[tuple[pickletools.OpcodeInfo, object, int | None]]) -> list[str]:
    """Return what is appended, string by string; a string met again is fetched from the memo."""
    found: list[str] = []
    memo: dict[object, str | None] = {}
    waiting: str | None = None
    for operation, argument, _ in operations:
        match operation.name, argument:
            case "STRING" | "UNICODE", str(text) if waiting is None:
                waiting = text
            case "GET", number if waiting is None and memo.get(number) is not None:
                waiting = memo[number]
            case "PUT", number:
                memo[number] = waiting
            case "APPEND", _ if waiting is not None:
                found.append(waiting)
                waiting = None
            case "STOP", _ if waiting is None:
                return found
            case name, _:
                raise _foreign(file, f"an operation {name}")
    raise _foreign(file, "no end")


def _foreign(file: Path, what: str) -> InputError:
    return InputError(f"{shown(file)}: no pickled plain list of strings ({what}): nothing else is read from pickles")
