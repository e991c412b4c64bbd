"""How the keys of annotations differ from those of a file or store: a folder too many, or one too few."""

from collections.abc import Collection, Sequence

from pairmine.errors import shown

DEEPEST = 8  # folders of a key that are looked at


def unlike(keys: Sequence[str], known: Collection[str]) -> str:
    """Return, for a message, what would make all keys known; "" if neither dropping nor adding folders would.

    Args:
        keys: what the annotations name, none of it known as it stands.
        known: keys of the file or store.
    """
    wanted = set(keys)
    for count in range(1, DEEPEST):
        shorter = set(_without(keys, count))
        if keys and len(shorter) == len(keys) and shorter <= set(known):
            return f"all would match without {_folders(keys[0], count)} in the annotations"
        found = [key for key in _without(known, count) if key in wanted]
        if keys and len(found) == len(wanted) == len(set(found)):
            return f"all would match without {_folders(next(iter(known)), count)} in its keys"
    return ""


def _without(keys: Collection[str], count: int) -> list[str]:
    """Return the keys that have so many folders, without these."""
    parts = (key.split("/", count) for key in keys)
    return [each[count] for each in parts if len(each) > count]


def _folders(key: str, count: int) -> str:
    what = "the first folder" if count == 1 else f"the first {count} folders"
    return f"{what} ({shown('/'.join(key.split('/')[:count]))}/)"
