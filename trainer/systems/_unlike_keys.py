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
    for count in range(1, DEEPEST):
        if keys and set(_without(keys, count)) <= set(known):
            return f"all would match without {_folders(keys[0], count)} in the annotations"
        shorter = list(_without(known, count))
        if keys and set(keys) <= set(shorter) and len(set(shorter)) == len(shorter):
            return f"all would match without {_folders(next(iter(known)), count)} in its keys"
    return ""


def _without(keys: Collection[str], count: int) -> list[str]:
    """Return the keys that have so many folders, without these."""
    parts = (key.split("/", count) for key in keys)
    return [each[count] for each in parts if len(each) > count]


def _folders(key: str, count: int) -> str:
    what = "the first folder" if count == 1 else f"the first {count} folders"
    return f"{what} ({shown('/'.join(key.split('/')[:count]))}/)"
