"""The Million Playlist Dataset: playlists as JSON, published by Spotify for the RecSys Challenge 2018.

C. W. Chen, P. Lamere, M. Schedl, H. Zamani: RecSys Challenge 2018: automatic music playlist continuation.
Licence: non-commercial research; see the licence that comes with the data.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pairmine import catalogue
from pairmine.catalogue import Tally
from pairmine.errors import InputError
from pairmine.parallel import threads_or_default
from pairmine.progress import bar
from pairmine.sources._blocks import Blocks, find_files, opened
from pairmine.sources._framing import PlaylistFile
from pairmine.sources._playlist_tables import (
    PlaylistOrder,
    order_playlists,
    playlist_table,
    playlist_tracks_table,
)
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects
from pairmine.sources._spool import Spool
from pairmine.sources._track_tables import number_tracks, write_track_tables

KIND = "mpd"


def ingest(
    workspace: Path,
    name: str,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Folders or files of playlists: .json, .json.gz, .json.zst; files under any name."),
    ],
    threads: Annotated[int | None, typer.Option(min=1, help="Files read at a time [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest mpd ~/mpd/data`

    Read the Million Playlist Dataset, or any JSON in its form, into the catalogue.

    Takes the slice layout ({"info": …, "playlists": […]}) and bare lists of playlists, plain, gzip or zstd.
    All fields are optional but a playlist's pid and tracks and an entry's track_uri. What cannot be read goes
    to the table `rejects` with file and byte; the rest is taken.
    """
    files = find_files(paths)
    with catalogue.writer(workspace, name, KIND) as writer, Spool(writer.scratch) as spool:
        rejects = Rejects(writer.scratch)
        there = [file for file in files if file.exists()]
        for link in set(files).difference(there):
            rejects.add(_name(link), Reject("files", 0, "the link leads nowhere", ""))
        sound = _read_files(there, spool, rejects, threads_or_default(threads))
        spool.finish()
        return _write(writer, name, spool, rejects, sound)


def _read_files(files: list[Path], spool: Spool, rejects: Rejects, threads: int) -> int:
    """Read all files, the largest first; returns how many are sound."""
    sizes = {file: file.stat().st_size for file in files}
    stop = threading.Event()
    with bar("reading", sum(sizes.values()), in_bytes=True) as progress, ThreadPoolExecutor(threads) as pool:
        read = partial(_read_file, spool=spool, rejects=rejects, progress=progress, stop=stop)
        tasks = [pool.submit(read, file) for file in sorted(files, key=lambda file: -sizes[file])]
        try:
            return sum(task.result() for task in as_completed(tasks))
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _name(path: Path) -> str:
    return os.fsencode(path.name).decode(errors="replace")


class _StoppedError(Exception):
    """Another thread failed, or the user gave up."""


def _read_file(
    path: Path, spool: Spool, rejects: Rejects, progress: Callable[[int], None], stop: threading.Event
) -> bool:
    def tick(blocks: Blocks) -> None:
        progress(blocks.input_advance())
        if stop.is_set():
            raise _StoppedError

    with opened(path) as blocks:
        file = PlaylistFile(blocks, spool.take, partial(rejects.add, _name(path)), partial(tick, blocks))
        sound = file.read()
        progress(blocks.input_advance())
        return sound


def _write(writer: catalogue.Writer, name: str, spool: Spool, rejects: Rejects, sound: int) -> catalogue.Ingested:
    rows = spool.playlists()
    order = order_playlists(rows)
    if not order.rows.size:
        why = rejects.example() or "its lists of playlists are empty"
        raise InputError(f"nothing could be read ({why}): source {name!r} is left as it was")
    writer.write("playlists", playlist_table(spool, rows, order))
    variants = number_tracks(spool.dictionary)
    entries = writer.write("playlist_tracks", playlist_tracks_table(spool, rows, order, variants.track, variants.rank))
    conflicts = {"playlists": order.collisions, **write_track_tables(writer, variants)}
    writer.write("rejects", rejects.sorted())
    return writer.commit(_tallies(order, entries, rejects, sound), conflicts)


def _tallies(order: PlaylistOrder, entries: int, rejects: Rejects, sound: int) -> list[Tally]:
    counts = rejects.counts
    return [
        Tally("playlists", order.rows.size, {"repeated": order.repeated}, counts["playlists"]),
        Tally("entries", entries, {"in repeated playlists": order.repeated_entries}, counts["entries"]),
        Tally("malformed fields", rejected=counts["fields"]),
        Tally("files", sound, rejected=counts["files"]),
    ]
