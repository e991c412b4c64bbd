"""Synthetic playlists or a Discogs dump: a made-up world, of any size, with its truth.

The world (artists, albums, tracks, tastes) is fixed by the seed; N playlists or releases are drawn from it, each from
the seed and its number alone. A smaller N is therefore a sub-sample of a larger one, and the playlists and the dump of
one seed hold the same recordings.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from pairmine import catalogue, progress
from pairmine.errors import UsageError
from pairmine.schema import CATALOGUE
from pairmine.sources import _synth_audio, _synth_discogs, _synth_json, _synth_tables, _synth_world
from pairmine.sources._synth_editors import Generation

KIND = "synth"
SIZE = 10_000


class Format(StrEnum):
    """What `ingest synth` writes."""

    catalogue = "catalogue"
    json = "json"
    discogs = "discogs"
    discogs_2020 = "discogs-2020"


GENERATIONS = {Format.discogs: Generation.newer, Format.discogs_2020: Generation.older}


def ingest(
    workspace: Path,
    name: str,
    playlists: Annotated[int | None, typer.Option(help=f"How many playlists to draw [default: {SIZE}].")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the world.")] = 0,
    format: Annotated[
        Format,
        typer.Option(
            help="A catalogue; or JSON files like the MPD's, to ingest with `ingest mpd`; or a Discogs dump "
            "(discogs, discogs-2020: an older form) of the same music, to ingest with `ingest discogs`."
        ),
    ] = Format.catalogue,
    releases: Annotated[int | None, typer.Option(help=f"How many releases a dump has [default: {SIZE}].")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for other formats [default: WORKSPACE/raw/NAME].")] = None,
    audio: Annotated[
        int, typer.Option(min=0, help="Render clips of so many tracks, the most wanted, into WORKSPACE/audio/NAME.")
    ] = 0,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="Length of a clip.")] = 10,
    threads: Annotated[int | None, typer.Option(help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest synth --playlists 10000`

    Make up playlists like those of the Million Playlist Dataset, with the tastes behind them as ground truth; or with
    `--format discogs --releases 10000` a Discogs dump of the same recordings, with truth_releases.parquet and
    truth_entries.parquet beside it. With `--audio 500` the most wanted tracks can be heard, and learned from:
    `pairmine features --source synth`.

    Raises:
        UsageError: fewer than one playlist or release, or an option of another format.
    """
    is_dump = format in GENERATIONS
    _check_size("--playlists", playlists, "catalogue or json", not is_dump)
    _check_size("--releases", releases, "discogs", is_dump)
    if out is not None and format is Format.catalogue:
        raise UsageError("--out is for --format json or discogs: a catalogue goes to WORKSPACE/catalogue/NAME")
    if audio and is_dump:
        raise UsageError("--audio is for --format catalogue or json")
    clips = workspace / "audio" / name
    if audio:
        _synth_audio.check_place(clips)
    world = _synth_world.build(seed)
    if format is Format.catalogue:
        report = _write_catalogue(world, playlists or SIZE, workspace, name, threads)
    else:
        catalogue.check_name(name, workspace)
        out = out or workspace / "raw" / name
        if is_dump:
            return _synth_discogs.write(world, releases or SIZE, name, out, GENERATIONS[format], threads)
        report = _synth_json.write(world, playlists or SIZE, name, out, threads)
    return _synth_audio.add(report, audio, seconds, seed, clips, threads) if audio else report


def _check_size(option: str, size: int | None, formats: str, fits: bool) -> None:
    if size is None:
        return
    if not fits:
        raise UsageError(f"{option} is for --format {formats}")
    if not 1 <= size <= 2**31 - 1:
        raise UsageError(f"{option} {size}: give a number from 1 to {2**31 - 1}")


def _write_catalogue(
    world: _synth_world.World, playlists: int, workspace: Path, name: str, threads: int | None
) -> catalogue.Ingested:
    with catalogue.writer(workspace, name, KIND) as writer:
        drawn = _synth_tables.draw_all(world, playlists, threads)
        tracks = _synth_tables.occurring(world, drawn)
        for table, content in _synth_tables.track_tables(world, tracks):
            writer.write(table, content)
        small: dict[str, list[pa.Table]] = {"playlists": [], "truth_playlists": []}
        chunks = _synth_tables.all_playlist_tables(world, drawn, tracks, threads)
        entries = writer.write("playlist_tracks", _entries(chunks, small, playlists))
        for table, parts in small.items():
            writer.write(table, pa.concat_tables(parts))
        writer.write("rejects", CATALOGUE["rejects"].arrow.empty_table())
        tallies = [catalogue.Tally("playlists", playlists), catalogue.Tally("entries", entries)]
        return writer.commit(tallies, {})


def _entries(
    chunks: Iterable[dict[str, pa.Table]], small: dict[str, list[pa.Table]], playlists: int
) -> Iterator[pa.Table]:
    """Yield the entries of every chunk and put its other tables aside, into `small`."""
    with progress.bar("writing", playlists) as advance:
        for tables in chunks:
            for table, parts in small.items():
                parts.append(tables[table])
            yield tables["playlist_tracks"]
            advance(tables["playlists"].num_rows)
