"""What playlists are, whatever file they came from."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.keys import annotation_key

Ints = npt.NDArray[np.int64]
MEND = "take the published files, or pass --allow-other-counts"


class List(NamedTuple):
    """One playlist of a file: its tracks in order, and the category its author gave it."""

    tracks: Sequence[str]
    category: str = ""


@dataclass(frozen=True, eq=False)
class Playlists:
    """P playlists of N tracks; a track counts once in a playlist.

    Attributes:
        name: the data set, as tables print it.
        keys: (N,) what the tracks go by (`annotation_key`), in byte order.
        offset_P1: playlist p holds the tracks of places offset[p] to offset[p + 1] …
        track_M: … of this array, in the playlist's order.
        category_P: what their authors called them; "" where unknown.
        split_N: the split of each track, where the source is split; "" elsewhere.
        files: what was read.
        counts: records met, for the result.
        names: (title, artist) by key, where the files know them.
        other_counts: how many playlists there are, where that is not as published; else "".
    """

    name: str
    keys: tuple[str, ...]
    offset_P1: Ints
    track_M: Ints
    category_P: npt.NDArray[np.str_]
    split_N: npt.NDArray[np.str_]
    files: tuple[Path, ...]
    counts: Mapping[str, int]
    names: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    other_counts: str = ""

    def keep_tracks(self, kept_N: npt.NDArray[np.bool_]) -> Self:
        """Return them without the other tracks; playlists stay, empty ones too, and so do the tracks' numbers."""
        kept_M = kept_N[self.track_M]
        playlist_M = np.repeat(np.arange(len(self.offset_P1) - 1), np.diff(self.offset_P1))
        sizes_P = np.bincount(playlist_M[kept_M], minlength=len(self.offset_P1) - 1)
        return replace(self, offset_P1=np.append(0, np.cumsum(sizes_P)), track_M=self.track_M[kept_M])

    def keep_playlists(self, kept_P: npt.NDArray[np.bool_]) -> Self:
        """Return them without the other playlists."""
        sizes_P = np.diff(self.offset_P1)
        return replace(
            self,
            offset_P1=np.append(0, np.cumsum(sizes_P[kept_P])),
            track_M=self.track_M[np.repeat(kept_P, sizes_P)],
            category_P=self.category_P[kept_P],
        )


def gather(
    name: str,
    lists: Sequence[List],
    files: Iterable[Path],
    counts: Mapping[str, int],
    names: Mapping[str, tuple[str, str]] | None = None,
) -> Playlists:
    """Number the tracks of playlists in the byte order of their keys.

    Raises:
        InputError: there is no playlist with a track.
    """
    by_key = [list(dict.fromkeys(map(annotation_key, each.tracks))) for each in lists]
    keys = tuple(sorted({key for tracks in by_key for key in tracks}, key=str.encode))
    if not keys:
        raise InputError(f"{name}: no playlist holds a track: {MEND}")
    number_of = {key: number for number, key in enumerate(keys)}
    track_M = np.fromiter((number_of[key] for tracks in by_key for key in tracks), np.int64)
    return Playlists(
        name,
        keys,
        np.append(0, np.cumsum([len(tracks) for tracks in by_key])),
        track_M,
        np.array([each.category for each in lists], np.str_),
        np.full(len(keys), "", np.str_),
        tuple(files),
        counts,
        names or {},
    )


def records(file: Path) -> list[dict[str, Any]]:
    """Return the objects of a file that is one JSON array of objects.

    Raises:
        InputError: it is something else.
    """
    try:
        content = json.loads(_files.content(file))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{shown(file)}: no JSON ({error}): take the published file") from error
    if not isinstance(content, list):
        raise InputError(f"{shown(file)}: no list of playlists: take the published file")
    odd = next((place for place, each in enumerate(content) if not isinstance(each, dict)), None)
    if odd is not None:
        raise malformed(file, odd, "no object")
    return content


def malformed(file: Path, record: int, wrong: str) -> InputError:
    """Return the error of a record that is not in the published form."""
    return InputError(f"{shown(file)}, playlist {record}: {wrong}: take the published file")


def other_counts(name: str, found: int, published: int, allow_other_counts: bool) -> str:
    """Return in words that there are other playlists than published; "" if there are as many.

    Raises:
        InputError: there are others, and that is not allowed.
    """
    if found != published and not allow_other_counts:
        raise InputError(f"{name}: {found:,} playlists, but {published:,} were published: {MEND}")
    return "" if found == published else f"playlists {found:,}, not {published:,}"
