"""Melon Playlist Dataset: 148,826 playlists of 649,091 songs, in train.json, val.json and test.json.

A. Ferraro et al., *Melon playlist dataset*, ICASSP 2021. Each file is a JSON array of {id, plylst_title, tags, songs,
like_cnt, updt_date}; of val and test the publisher took out a part of the songs. A song goes by its id.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pairmine.errors import InputError, shown
from trainer.annotations import _files
from trainer.annotations._playlists import List, Playlists, gather, malformed, other_counts, records

FILES = ("train.json", "val.json", "test.json")
PUBLISHED = 115_071 + 23_015 + 10_740


def read(data: Path, *, allow_other_counts: bool = False) -> Playlists:
    """Read the playlists of the files in a folder, or below it.

    Args:
        data: the folder.
        allow_other_counts: take other numbers of playlists than published, and fewer than the three files.

    Raises:
        InputError: a file is missing or damaged, a playlist is not in the published form, or the counts are others.
    """
    found = {name: _files.find_any(data, name) for name in FILES}
    missing = [name for name, file in found.items() if file is None]
    files = [file for file in found.values() if file is not None]
    if not files or (missing and not allow_other_counts):
        raise InputError(
            f"{shown(data)}: no {missing[0]} or {missing[0]}.gz in it or below: put the published file there"
        )
    lists = [each for file in files for each in _lists(file)]
    other = other_counts("Melon", len(lists), PUBLISHED, allow_other_counts)
    return replace(gather("Melon", lists, files, {"playlists_read": len(lists)}), other_counts=other)


def _lists(file: Path) -> Iterator[List]:
    for number, record in enumerate(records(file)):
        songs = record.get("songs")
        if not isinstance(songs, list) or not all(type(song) in (int, str) for song in songs):
            raise malformed(file, number, "songs is no list of ids")
        yield List([str(song) for song in songs])
