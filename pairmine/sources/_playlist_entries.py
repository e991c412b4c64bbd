"""Playlist files laid down as rows: one playlist each, its entries by key."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from pairmine.audio_folder import key_of
from pairmine.sources._excerpts import excerpt
from pairmine.sources._playlist_files import read_playlist
from pairmine.sources._playlist_keys import AudioKeys, below, path_of
from pairmine.sources._playlist_rows import PlaylistSpool
from pairmine.sources._records import Reject

MISSING = "not among the audio"


def root_of(file: Path, paths: Iterable[Path]) -> Path:
    """Return the folder below which a file's key is its path: the outermost that was named, else its own."""
    return min((path for path in paths if path in file.parents), key=lambda path: len(path.parts), default=file.parent)


def take_file(
    file: Path, root: Path, part: int, keys: AudioKeys | None, spool: PlaylistSpool, reject: Callable[[Reject], None]
) -> Counter[str]:
    """Lay down a playlist file.

    Args:
        file: the playlist file.
        root: the folder below which keys are paths.
        part: number of the file.
        keys: those of an audio source, in which entries are sought; None to take them as they are.
        spool: takes the rows.
        reject: called with what is not taken; positions are lines, or the entries' numbers, from 1.

    Returns:
        How many entries were skipped by each rule.

    Raises:
        UnreadableError: it is no playlist.
    """
    read = read_playlist(file)
    playlist, folder = key_of(file, root), key_of(file.parent, root)
    here = file.absolute().parent.as_posix()
    skipped: Counter[str] = Counter()
    spool.add("facts", (part, playlist, read.title or key_of(file.with_suffix(""), file.parent), None, None, None))
    for fault in read.faults:
        reject(Reject("entries", fault.place, fault.reason, excerpt(fault.excerpt.encode(errors="replace"))))
    for place, item in enumerate(read.items):
        path = path_of(item.location)
        key: str | None = item.location
        if keys is not None:
            key = None if path is None else keys.find(below(path, here))
        elif path is not None:
            key = below(path, folder)
        if key is None:
            skipped[MISSING] += 1
        else:
            said = item.title, item.artist, item.album, item.duration_ms
            spool.add("rows", (part, place, playlist, key, None, *said, None))
    return skipped
