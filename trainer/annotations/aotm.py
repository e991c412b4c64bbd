"""AOTM-2011: 101,343 playlists of the Art of the Mix, with the category their authors gave them.

B. McFee, G. Lanckriet, *Hypergraph models of playlist dialects*, ISMIR 2012. aotm2011_playlists.json is one JSON array
of {mix_id, category, timestamp, user, playlist, filtered_lists}; `playlist` is a list of [[artist, title], match].
Taken are the songs that were matched to the Million Song Dataset: they go by its id, and only of them audio is known.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.annotations import _files
from trainer.annotations._playlists import List, Playlists, gather, malformed, other_counts, records

FILE = "aotm2011_playlists.json"
PUBLISHED = 101_343


def read(data: Path, *, allow_other_counts: bool = False) -> Playlists:
    """Read the playlists from a file, or from aotm2011_playlists.json below a folder.

    Args:
        data: the folder or the file.
        allow_other_counts: take another number of playlists than published.

    Raises:
        InputError: the file is missing or damaged, a playlist is not in the published form, or there are not 101,343.
    """
    file = data if data.is_file() else _files.find(data, FILE)
    lists, names, unmatched = [], dict[str, tuple[str, str]](), 0
    for number, record in enumerate(records(file)):
        songs, category = record.get("playlist"), record.get("category")
        if not isinstance(songs, list) or not isinstance(category, str | None):
            raise malformed(file, number, "no list `playlist`, or a category that is no text")
        matched = [song for song in (_song(file, number, entry) for entry in songs) if song[0]]
        names |= {key: (title, artist) for key, title, artist in matched}
        unmatched += len(songs) - len(matched)
        lists.append(List([key for key, _, _ in matched], category or ""))
    other = other_counts("AOTM-2011", len(lists), PUBLISHED, allow_other_counts)
    counts = {"playlists_read": len(lists), "entries_without_match": unmatched}
    return replace(gather("AOTM-2011", lists, [file], counts, names), other_counts=other)


def _song(file: Path, number: int, entry: Any) -> tuple[str, str, str]:
    """Return key, title and artist of an entry; the key is empty if it was not matched."""
    match entry:
        case [[str() | None as artist, str() | None as title], str() | None as key]:
            return key or "", title or "", artist or ""
    raise malformed(file, number, "an entry is not [[artist, title], song id or null]")
