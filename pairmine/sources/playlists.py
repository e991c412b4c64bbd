"""Anyone's playlists: tables with a row per entry, or playlist files as players write them (M3U, PLS, XSPF)."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pairmine import catalogue
from pairmine.audio_folder import key_of
from pairmine.errors import InputError, shown
from pairmine.progress import bar
from pairmine.sources import _playlist_files
from pairmine.sources._blocks import find_files
from pairmine.sources._playlist_entries import root_of, take_file
from pairmine.sources._playlist_items import UnreadableError
from pairmine.sources._playlist_keys import audio_keys
from pairmine.sources._playlist_rows import PlaylistSpool, finish
from pairmine.sources._playlist_table import read_table
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects

KIND = "playlists"
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
PACKINGS = ("", ".gz", ".zst")
SUFFIXES = (*(table + packing for table in TABLES for packing in PACKINGS), ".parquet", *_playlist_files.SUFFIXES)

Column = Annotated[str | None, typer.Option(metavar="COLUMN", help="Its column in tables: name, or number from 1.")]


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
    audio: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help="Audio source in which the entries of playlist files are sought."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest playlists lists.csv --playlist list_id --track track_uri`

    `pairmine ingest playlists ~/music --audio audio`

    Read anyone's playlists into the catalogue.

    Tables (CSV, TSV, JSON lines, Parquet; plain, .gz, .zst) have a row per entry: playlist and track, and perhaps
    position (else rows count in their order), title, artist, album, duration (seconds or m:ss; milliseconds where the
    column's name ends with ms) and playlist_title. Columns that no option names are guessed and told. The rows of one
    playlist stand in one file.

    Playlist files (.m3u, .m3u8, .pls, .xspf) are one playlist each, its key the path below the folder. Entries go by
    their path below that folder, as `ingest audio` has it, or as written if they are absolute or addresses. With
    --audio they go by the key of that source's track whose path they end with; entries with none are left out.

    What cannot be read goes to the table `rejects` with its row; the rest is taken.
    """
    named = {
        "playlist": playlist, "track": track, "position": position, "title": title, "artist": artist, "album": album,
        "duration": duration, "playlist_title": playlist_title,
    }  # fmt: skip
    files = find_files(paths, lambda file: file.lower().endswith(SUFFIXES), ", ".join(f"*{s}" for s in SUFFIXES))
    size = sum(file.stat().st_size for file in files if file.exists())
    keys = None if audio is None else audio_keys(workspace, audio)
    with catalogue.writer(workspace, name, KIND) as writer, bar("reading", size, in_bytes=True) as tick:
        spool, rejects = PlaylistSpool(writer.scratch), Rejects(writer.scratch)
        skipped: Counter[str] = Counter()
        for part, file in enumerate(files):
            reject = partial(rejects.add, key_of(file, file.parent))
            try:
                if not file.exists():
                    raise UnreadableError("the link leads nowhere")
                if file.name.lower().endswith(_playlist_files.SUFFIXES):
                    skipped += take_file(file, root_of(file, paths), part, keys, spool, reject)
                    tick(file.stat().st_size)
                else:
                    skipped += read_table(file, part, named, spool, reject, tick, threads)
            except (InputError, UnreadableError) as error:
                reject(Reject("files", 0, _placeless(str(error), file), ""))
        return finish(writer, spool, rejects, len(files), dict(skipped), threads, where="row")


def _placeless(message: str, file: Path) -> str:
    """Return what is wrong with a file without where it lies: the catalogue's bytes must not depend on that."""
    short = message.replace(shown(file), shown(file.name)).replace(str(file), shown(file.name))
    return short.removeprefix(f"{shown(file.name)}: ")
