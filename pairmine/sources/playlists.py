"""Anyone's playlists: a table of entries, or playlist files (m3u, pls, xspf)."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pairmine import catalogue
from pairmine.errors import InputError
from pairmine.progress import bar
from pairmine.sources._blocks import find_files
from pairmine.sources._playlist_rows import PlaylistSpool, finish
from pairmine.sources._playlist_table import read_table
from pairmine.sources._records import Reject
from pairmine.sources._spool import Rejects

KIND = "playlists"
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
PACKINGS = (".gz", ".zst")
SUFFIXES = (*TABLES, *(table + packing for table in TABLES for packing in PACKINGS), ".parquet", ".pq")

Column = Annotated[str | None, typer.Option(metavar="COLUMN", help="Name, or number from 1, of its column.")]


def ingest(
    workspace: Path,
    name: str,
    paths: Annotated[list[Path], typer.Argument(help="Tables or playlist files, or folders of them.")],
    playlist: Column = None,
    track: Column = None,
    position: Column = None,
    title: Column = None,
    artist: Column = None,
    album: Column = None,
    duration: Column = None,
    playlist_title: Column = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest playlists playlists.csv --playlist list_id --track track_uri`

    Read playlists into the catalogue.
    """
    named = {
        "playlist": playlist, "track": track, "position": position, "title": title, "artist": artist, "album": album,
        "duration": duration, "playlist_title": playlist_title,
    }  # fmt: skip
    files = find_files(paths, lambda file: file.lower().endswith(SUFFIXES), ", ".join(f"*{s}" for s in SUFFIXES))
    size = sum(file.stat().st_size for file in files)
    with catalogue.writer(workspace, name, KIND) as writer, bar("reading", size, in_bytes=True) as tick:
        spool, rejects = PlaylistSpool(writer.scratch), Rejects(writer.scratch)
        skipped: Counter[str] = Counter()
        for part, file in enumerate(files):
            reject = partial(rejects.add, file.name)
            try:
                skipped += read_table(file, part, named, spool, reject, tick, threads)
            except InputError as error:
                reject(Reject("files", 0, str(error), ""))
        return finish(writer, spool, rejects, len(files), dict(skipped), threads)
