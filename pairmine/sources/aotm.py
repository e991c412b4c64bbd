"""AOTM-2011: 101,343 playlists of the Art of the Mix, each with the category its author gave it.

B. McFee, G. Lanckriet: Hypergraph models of playlist dialects. ISMIR 2012. Songs matched to the Million Song Dataset
go by its song id.
"""

from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from pairmine import catalogue
from pairmine.errors import UsageError, shown
from pairmine.progress import bar
from pairmine.sources._blocks import find_files
from pairmine.sources._json_items import items
from pairmine.sources._json_objects import Record, key_of
from pairmine.sources._playlist_rows import PlaylistSpool, finish
from pairmine.sources._rejects import Rejects

KIND = "aotm"


def ingest(
    workspace: Path,
    name: str,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="aotm2011_playlists.json, plain or .gz.")],
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest aotm aotm2011_playlists.json.gz`

    Read the AOTM-2011 playlists (Art of the Mix) into the catalogue.

    A track's key is the song id of the Million Song Dataset where the file has one, else `name:<artist> / <title>`. A
    playlist's category becomes its description and a tag of its tracks. An entry without song id, artist and title
    goes to the table `rejects`, a playlist without mix_id or list of songs too; the rest is taken.
    """
    if file.is_dir():
        raise UsageError(f"{shown(file)} is a folder: name the file aotm2011_playlists.json.gz in it")
    (path,) = find_files([file])
    with catalogue.writer(workspace, name, KIND) as writer, bar("reading", path.stat().st_size, in_bytes=True) as tick:
        rows, rejects = PlaylistSpool(writer.scratch), Rejects(writer.scratch)
        reject = partial(rejects.add, path.name)
        for number, (offset, text) in enumerate(items(path, reject, tick)):
            _take(Record("playlists", offset, text, reject), number, rows)
        return finish(writer, rows, rejects, 1, {}, threads)


def _take(record: Record, number: int, rows: PlaylistSpool) -> None:
    if not record.read():
        return
    key = key_of(record.values.get("mix_id"))
    if key is None:
        record.refuse("mix_id: expected a number or text")
        return
    if not isinstance(record.values.get("playlist"), list):
        record.refuse("playlist: expected a list of songs")
        return
    category = record.text_of("category")
    rows.add("facts", (number, key, None, None, record.time_of("timestamp"), [category] if category else None))
    for place, song in enumerate(record.list_of("playlist")):
        track = _song(song)
        if track is None:
            record.refuse(f"mix {key}, song {place}: expected [[artist, title], song id or null]", "entries")
            continue
        rows.add("rows", (number, place, key, track.key, None, track.title, track.artist, None, None, None))


class _Song(NamedTuple):
    key: str
    artist: str | None
    title: str | None


def _song(entry: Any) -> _Song | None:
    """Return the song of an entry [[artist, title], song id or null], None if it is none."""
    match entry:
        case [[str() | None as artist, str() | None as title], str() | None as song_id]:
            pass
        case _:
            return None
    if song_id:
        return _Song(song_id, artist or None, title or None)
    return _Song(f"name:{artist} / {title}", artist, title) if artist and title else None
