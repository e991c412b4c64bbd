"""A folder of music: every audio file a track, known by its path, with what its tags say.

Tags are read by mutagen (ID3, MP4, Vorbis comments, APEv2, ASF); lengths are those of the container.
"""

from pathlib import Path
from typing import Annotated

import typer

from pairmine import catalogue, parallel
from pairmine.audio_folder import scan
from pairmine.catalogue import Tally
from pairmine.progress import bar
from pairmine.sources import _audio_tables
from pairmine.sources._audio_tags import NotAudioError, Song, read
from pairmine.sources._excerpts import EXCERPT_BYTES, excerpt
from pairmine.sources._records import Reject
from pairmine.sources._rejects import Rejects

KIND = "audio"
BATCH = 64  # files a task


def ingest(
    workspace: Path,
    name: str,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of music.")],
    threads: Annotated[int | None, typer.Option(min=1, help="Files read at a time [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest audio ~/music`

    Read a folder of audio files into the catalogue: tags, length, sample rate.

    A track's key is the path below the folder, with "/" and the file system's own spelling (no Unicode
    normalisation; bytes that are no UTF-8 become \\xNN). Several artists are kept apart where the tag has several
    values or "; " or " / " between names. Links are not followed. What is no audio inside goes to the table `rejects`.
    """
    found = scan(folder)
    with catalogue.writer(workspace, name, KIND) as writer:
        rejects = Rejects(writer.scratch)
        for key, reason in found.unreadable:
            rejects.add(key, Reject("folders", 0, reason, ""))
        songs = _read_all(list(found.files.items()), rejects, threads)
        for table, content in _audio_tables.tables(songs):
            writer.write(table, content)
        writer.write("rejects", rejects.sorted())
        tallies = [Tally("files", len(songs), found.rules(), rejects.counts["files"])]
        if found.unreadable:
            tallies.append(Tally("folders", rejected=rejects.counts["folders"]))
        return writer.commit(tallies, {"releases": _audio_tables.year_conflicts(songs)})


def _read_all(files: list[tuple[str, Path]], rejects: Rejects, threads: int | None) -> list[Song]:
    songs: list[Song] = []
    batches = (files[start : start + BATCH] for start in range(0, len(files), BATCH))
    with bar("reading", len(files)) as advance:
        for batch in parallel.in_order(_read_batch, batches, threads):
            for key, found in batch:
                if isinstance(found, Song):
                    songs.append(found)
                else:
                    rejects.add(key, found)
            advance(len(batch))
    return songs


def _read_batch(files: list[tuple[str, Path]]) -> list[tuple[str, Song | Reject]]:
    return [(key, _read(key, path)) for key, path in files]


def _read(key: str, path: Path) -> Song | Reject:
    try:
        return read(path, key)
    except NotAudioError as error:
        return Reject("files", 0, str(error), _excerpt(path))


def _excerpt(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return excerpt(file.read(EXCERPT_BYTES))
    except OSError:
        return ""
