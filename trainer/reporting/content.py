"""A digest of what an evaluation read, whatever files it stood in: gzipped, renamed or as another form of table."""

from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pairmine import store

CHOICES = str | bool | int | float | None
TOLD_ELSEWHERE = {"protocol", "name", "names", "tested", "facts", "file", "files", "manifest", "guessed"}


def digest(evaluation: Any) -> str:
    """Return a digest of the data that the fields of an evaluation hold: labels, splits, playlists, edges.

    Its own numbers and texts are choices, which `facts` and the protocol tell. What only leakage is looked for by
    (titles, artists), and where the data stood, does not count.
    """
    data = {name: value for name, value in _fields(evaluation).items() if not isinstance(value, CHOICES)}
    return store.digest(_plain({name: value for name, value in data.items() if name != "keys"}))


def _fields(value: Any) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value) if each.name not in TOLD_ELSEWHERE}


def _plain(value: Any) -> Any:
    """Return a value as JSON can have it; places are left out, large arrays become digests."""
    if isinstance(value, np.ndarray):
        return _of_array(value)
    if isinstance(value, CHOICES):
        return value
    if is_dataclass(value):
        return _plain(_fields(value) | {"keys": getattr(value, "keys", None)})
    if isinstance(value, Mapping):
        return [[str(name), _plain(each)] for name, each in value.items() if not isinstance(each, Path)]
    if isinstance(value, Set):
        return sorted(store.digest(_plain(each)) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value if not isinstance(each, Path)]
    return getattr(value, "__qualname__", type(value).__qualname__)


def _of_array(array: np.ndarray[Any, Any]) -> Any:
    """Return dtype, shape and a digest of the bytes; of texts a digest, since their width varies."""
    if array.dtype.kind not in "biufc":
        return store.digest(_plain(array.tolist()))
    return [array.dtype.str, list(array.shape), store.digest(array.tobytes().hex())]
