"""The synthetic world as MPD slices: the original's layout to the byte, 1,000 playlists a file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine import catalogue, parallel, progress, store
from pairmine.errors import UsageError
from pairmine.kernels import world as kernel
from pairmine.sources import _synth_playlists, _synth_tables, _synth_text, _synth_world
from pairmine.sources._synth_playlists import Playlists
from pairmine.sources._synth_world import World

SLICE = 1_000
# The original's lines end in ", "; each list below holds what stands before, between and after the values.
HEAD = (
    '{\n    "info": {\n        "generated_on": "2017-12-03 08:41:42.057563", \n        "slice": "',
    '", \n        "version": "v1"\n    }, \n    "playlists": [\n',
)
TRACK = tuple(
    f'{before}                    "{field}": {quote}'
    for before, field, quote in (
        ("                {\n", "pos", ""),
        (", \n", "artist_name", '"'),
        ('", \n', "track_uri", '"'),
        ('", \n', "artist_uri", '"'),
        ('", \n', "track_name", '"'),
        ('", \n', "album_uri", '"'),
        ('", \n', "duration_ms", ""),
        (", \n", "album_name", '"'),
    )
)
TRACK_END = '"\n                }, \n'
LAST_TRACK_END = '"\n                }\n'
PLAYLIST_HEAD = """        {
            "name": "%s", 
            "collaborative": "%s", 
            "pid": %d, 
            "modified_at": %d, 
            "num_tracks": %d, 
            "num_albums": %d, 
            "num_followers": %d, 
            "tracks": [
"""  # noqa: W291
PLAYLIST_TAIL = """            ], 
            "num_edits": %d, 
            "duration_ms": %d, 
            "num_artists": %d%s
        }%s"""  # noqa: W291
DESCRIPTION = ', \n            "description": "%s"'
BETWEEN = ", \n"
TAIL = b"\n    ]\n}"


def write(world: World, playlists: int, name: str, out: Path, threads: int | None) -> catalogue.Ingested:
    """Write all playlists as slices into the folder `out`, and the ground truth beside them.

    Raises:
        UsageError: `out` holds anything but an earlier world, which is replaced whole.
    """
    if out.exists() and not all(
        path.match("mpd.slice.*.json") or path.match("truth_*.parquet") for path in out.iterdir()
    ):
        raise UsageError(f"{out} holds other files: name an empty folder by --out")
    with store.claim(out.with_name(f"{out.name}.partial")) as partial:
        store.clear(partial)
        report = _write_folder(world, playlists, name, partial, threads)
        store.publish(partial, out)
    return replace(report, folder=out)


def _write_folder(world: World, playlists: int, name: str, out: Path, threads: int | None) -> catalogue.Ingested:
    text = _synth_text.Text(world.seed, lambda text: json.dumps(text)[1:-1])

    def write_slice(first: int) -> Playlists:
        drawn = _synth_playlists.draw(world, np.arange(first, min(first + SLICE, playlists)))
        path = out / f"mpd.slice.{first}-{first + SLICE - 1}.json"
        store.write_bytes(path, slice_bytes(world, text, drawn, first))
        return drawn

    drawn = []
    with progress.bar("writing", playlists) as advance:
        for some in parallel.in_order(write_slice, range(0, playlists, SLICE), threads):
            drawn.append(some)
            advance(len(some.pids))
    rows = _write_truth(world, drawn, out)
    tallies = [
        catalogue.Tally("playlists", playlists),
        catalogue.Tally("entries", sum(len(some.entries) for some in drawn)),
    ]
    return catalogue.Ingested(name, out, rows, tallies, {}, 0)


def _write_truth(world: World, drawn: list[Playlists], out: Path) -> dict[str, int]:
    """Write truth_tracks.parquet and truth_playlists.parquet, with the ids that `ingest mpd` gives."""
    by_pid = pa.concat_tables(_synth_tables.truth_playlists(world, some, 0) for some in drawn)
    by_key = by_pid.take(pa.array(_synth_tables.pids_by_key(by_pid.num_rows)))
    ids = pa.array(np.arange(by_pid.num_rows, dtype=np.int32))
    tables = {
        "truth_tracks": _synth_tables.truth_tracks(world, _synth_tables.occurring(world, drawn)),
        "truth_playlists": by_key.set_column(0, by_key.schema.field(0), ids),
    }
    return {name: store.write_parquet(out, f"{name}.parquet", table).rows for name, table in tables.items()}


def slice_bytes(world: World, text: _synth_text.Text, drawn: Playlists, first: int) -> bytes:
    """Return one slice file. `text` must give JSON-escaped strings."""
    head = f"{first}-{first + SLICE - 1}".join(HEAD).encode()
    return b"".join((head, *_playlists(world, text, drawn), TAIL))


def _playlists(world: World, text: _synth_text.Text, drawn: Playlists) -> Iterator[bytes | memoryview]:
    """Yield the JSON of every playlist in three pieces, the middle one its tracks."""
    tracks, ends = _tracks(world, text, drawn)
    albums, artists = (
        kernel.count_groups(drawn.entries, drawn.offsets, of) for of in (world.tracks.album_of, world.tracks.artist_of)
    )
    durations = np.add.reduceat(_synth_world.durations(world, drawn.entries), drawn.offsets[:-1])
    names = text.playlists(drawn.pids, drawn.titles).to_pylist()
    descriptions = text.descriptions(drawn.pids).to_pylist()
    seconds = drawn.modified_at.astype("datetime64[s]").astype(np.int64)
    for i, pid in enumerate(drawn.pids):
        head = PLAYLIST_HEAD % (
            names[i],
            "true" if drawn.collaborative[i] else "false",
            pid,
            seconds[i],
            drawn.offsets[i + 1] - drawn.offsets[i],
            albums[i],
            drawn.followers[i],
        )
        tail = PLAYLIST_TAIL % (
            drawn.edits[i],
            durations[i],
            artists[i],
            DESCRIPTION % descriptions[i] if drawn.described[i] else "",
            BETWEEN if i + 1 < len(drawn.pids) else "",
        )
        yield head.encode()
        yield tracks[ends[i] : ends[i + 1]]
        yield tail.encode()


def _tracks(world: World, text: _synth_text.Text, drawn: Playlists) -> tuple[memoryview, npt.NDArray[np.int64]]:
    """Return the JSON of all entries, one after the other, and where each playlist's begin and end."""
    numbers, places = np.unique(drawn.entries, return_inverse=True)
    bodies = _bodies(world, text, numbers).take(pa.array(places))
    lengths = np.diff(drawn.offsets)
    positions = np.arange(len(drawn.entries)) - np.repeat(drawn.offsets[:-1], lengths)
    is_last = positions == np.repeat(lengths, lengths) - 1
    endings = pa.array([TRACK_END, LAST_TRACK_END]).take(pa.array(is_last.astype(np.int8)))
    entries = pc.binary_join_element_wise(TRACK[0], pa.array(positions).cast(pa.string()), bodies, endings, "")
    offsets = np.frombuffer(entries.buffers()[1], np.int32)[: len(entries) + 1]
    return memoryview(entries.buffers()[2]), offsets[drawn.offsets].astype(np.int64)


def _bodies(world: World, text: _synth_text.Text, numbers: npt.NDArray[np.int32]) -> pa.Array:
    """Return the JSON of tracks from behind the position up to the closing quote of the album's name."""
    artists, albums = world.tracks.artist_of[numbers], world.tracks.album_of[numbers]
    values = (
        text.artists(artists),
        _synth_tables.keys(world, "track", numbers),
        _synth_tables.keys(world, "artist", artists),
        text.tracks(numbers),
        _synth_tables.keys(world, "album", albums),
        pa.array(_synth_world.durations(world, numbers)).cast(pa.string()),
        text.releases(albums),
    )
    parts = [part for before, value in zip(TRACK[1:], values, strict=True) for part in (before, value)]
    return pc.binary_join_element_wise(*parts, "")
