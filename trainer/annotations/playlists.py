"""Playlists of any source of pairmine's own catalogue, or as Melon or AOTM-2011 published them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pairmine import store
from trainer.annotations import _files, aotm, melon
from trainer.annotations._catalogue import Source, open_source
from trainer.annotations._playlists import Playlists

Ints = npt.NDArray[np.int64]


def read(data: Path, *, allow_other_counts: bool = False) -> Playlists:
    """Read playlists, told by what `data` is.

    Args:
        data: WORKSPACE/catalogue/SOURCE; a folder with Melon's train.json; or AOTM-2011's file, or the folder of it.
        allow_other_counts: take other numbers of playlists than published.

    Raises:
        MissingError: a source has no playlists.
        InputError: a file is missing, damaged or not in the published form, or the counts are others.
        DamagedError: a file of the catalogue is damaged.
    """
    if (data / store.MANIFEST).is_file():
        return of_source(data)
    if data.is_file() or _files.find_any(data, melon.FILES[0]) is None:
        return aotm.read(data, allow_other_counts=allow_other_counts)
    return melon.read(data, allow_other_counts=allow_other_counts)


def of_source(folder: Path) -> Playlists:
    """Read the playlists of a source, with its splits where it has them.

    The category of a playlist of AOTM-2011 is its description.

    Raises:
        MissingError: it is no source, or has no playlists.
        DamagedError: a file is damaged.
    """
    source = open_source(folder)
    columns = ("playlist_id", "position", "track_id")
    rows = source.table("playlist_tracks", columns).sort_by([(name, "ascending") for name in columns])
    playlist_R, _, track_R = (rows.column(name).to_numpy().astype(np.int64) for name in columns)
    _, first_M = np.unique(np.stack([playlist_R, track_R]), axis=1, return_index=True)
    first_M.sort()
    described = source.table("playlists", ("playlist_id", "description")).sort_by("playlist_id")
    is_aotm = source.manifest["kind"] == "aotm"
    category_P = described.column("description").fill_null("") if is_aotm else [""] * described.num_rows
    used, track_M = np.unique(track_R[first_M], return_inverse=True)
    found = Playlists(
        source.name,
        tuple(source.keys[track] for track in used),
        np.append(0, np.cumsum(np.bincount(playlist_R[first_M], minlength=described.num_rows))),
        track_M,
        np.array(category_P, np.str_),
        _splits(source, used) if source.has("splits") else np.full(len(used), "", np.str_),
        source.files("tracks", "playlists", "playlist_tracks", "splits"),
        {"playlists_read": described.num_rows},
        source.names(used),
    )
    return _in_order(found)


def _splits(source: Source, used: Ints) -> npt.NDArray[np.str_]:
    """Return the split of some tracks, "" of those in none."""
    rows = source.table("splits", ("track_id", "split"))
    split_T = np.full(len(source.keys), "", "U5")  # train, valid or test
    split_T[rows.column("track_id").to_numpy()] = rows.column("split").to_pylist()
    return split_T[used]


def _in_order(found: Playlists) -> Playlists:
    """Return playlists with tracks numbered in the byte order of their keys."""
    order = sorted(range(len(found.keys)), key=lambda track: found.keys[track].encode())
    place_N = np.argsort(order)
    keys = tuple(found.keys[track] for track in order)
    return replace(found, keys=keys, track_M=place_N[found.track_M], split_N=found.split_N[order])
