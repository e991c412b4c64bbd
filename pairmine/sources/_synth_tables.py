"""The synthetic world as catalogue tables; only what occurs in the playlists drawn is kept."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine import parallel, progress, seeding
from pairmine.kernels import world as kernel
from pairmine.schema import CATALOGUE
from pairmine.sources import _synth_playlists, _synth_text, _synth_world
from pairmine.sources._synth_playlists import Playlists
from pairmine.sources._synth_world import World

Array = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]

CHUNK = 50_000  # playlists drawn at once: one part file of playlist_tracks


class Kept:
    """The tracks (artists, albums) that occur: their world numbers in the order of keys, and the way back."""

    def __init__(self, world: World, kind: str, seen: npt.NDArray[np.bool_]):
        numbers = np.flatnonzero(seen)
        first, second = key_numbers(world.seed, kind, numbers)
        order = np.argsort(first, kind="stable")
        self.numbers: Array = numbers[order]
        self.keys: pa.Array = _synth_text.keys(kind, first[order], second[order])
        self.id_of: Ids = np.full(len(seen), -1, np.int32)
        self.id_of[self.numbers] = np.arange(len(numbers))


def key_numbers(seed: int, kind: str, numbers: Array | Ids) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return two 64-bit numbers for each track (artist, album): one that orders its key, and another."""
    a, b, c, d = (seeding.mix(seeding.stream(seed, "synth", kind, i), numbers) for i in range(4))
    return (a << np.uint64(32)) | b, (c << np.uint64(32)) | d


def keys(world: World, kind: str, numbers: Array | Ids) -> pa.Array:
    """Return the keys of tracks, artists or albums."""
    return _synth_text.keys(kind, *key_numbers(world.seed, kind, numbers))


def pids_by_key(playlists: int) -> Array:
    """Return the pids 0 … playlists−1 in the byte order of their decimal digits."""
    pids = np.arange(playlists)
    digits = np.searchsorted(10 ** np.arange(1, 11), pids, side="right") + 1
    padded = pids * 10 ** (10 - digits)
    return np.lexsort((digits, padded))


def draw_all(world: World, playlists: int, threads: int | None) -> list[Playlists]:
    """Draw playlists, in the order of their keys; they take about 350 bytes each."""
    pids = pids_by_key(playlists)
    chunks = (pids[start : start + CHUNK] for start in range(0, playlists, CHUNK))
    drawn = []
    with progress.bar("drawing", playlists) as advance:
        for some in parallel.in_order(lambda chunk: _synth_playlists.draw(world, chunk), chunks, threads):
            drawn.append(some)
            advance(len(some.pids))
    return drawn


def occurring(world: World, drawn: Iterable[Playlists]) -> Kept:
    """Return the tracks that occur in playlists."""
    seen = np.zeros(len(world.weight), np.bool_)
    for some in drawn:
        seen[some.entries] = True
    return Kept(world, "track", seen)


def _seen(of: Ids, tracks: Array) -> npt.NDArray[np.bool_]:
    seen = np.zeros(int(of[-1]) + 1, np.bool_)
    seen[of[tracks]] = True
    return seen


def _table(name: str, *columns: pa.Array | npt.NDArray[np.generic]) -> pa.Table:
    """Return a catalogue table of its columns in the order of the schema."""
    schema = CATALOGUE[name].arrow
    return pa.table([pa.array(column).cast(field.type) for column, field in zip(columns, schema, strict=True)], schema)


def track_tables(world: World, tracks: Kept) -> Iterator[tuple[str, pa.Table]]:
    """Yield every table that has nothing to do with playlists, with its name."""
    text = _synth_text.Text(world.seed)
    artist_of, album_of = world.tracks.artist_of[tracks.numbers], world.tracks.album_of[tracks.numbers]
    artists = Kept(world, "artist", _seen(world.tracks.artist_of, tracks.numbers))
    albums = Kept(world, "album", _seen(world.tracks.album_of, tracks.numbers))
    names, titles = text.artists(artists.numbers), text.releases(albums.numbers)
    artist_ids, album_ids = artists.id_of[artist_of], albums.id_of[album_of]
    ids = np.arange(len(tracks.numbers))
    durations = _synth_world.durations(world, tracks.numbers)
    yield (
        "tracks",
        _table(
            "tracks",
            ids,
            tracks.keys,
            text.tracks(tracks.numbers),
            names.take(pa.array(artist_ids)),
            titles.take(pa.array(album_ids)),
            durations,
        ),
    )
    yield "artists", _table("artists", np.arange(len(names)), artists.keys, names)
    yield "releases", pa.table({"release_id": np.arange(len(titles)), "key": albums.keys, "title": titles})
    yield "track_artists", _table("track_artists", ids, artist_ids)
    yield "track_releases", _table("track_releases", ids, album_ids)
    yield "truth_tracks", truth_tracks(world, tracks)


def playlist_tables(
    world: World, text: _synth_text.Text, drawn: Playlists, first_id: int, tracks: Kept
) -> dict[str, pa.Table]:
    """Return playlists, playlist_tracks and truth_playlists of a chunk; its ids begin with `first_id`."""
    ids = first_id + np.arange(len(drawn.pids))
    lengths = np.diff(drawn.offsets)
    keys = pa.array(drawn.pids).cast(pa.string())
    descriptions = pc.if_else(pa.array(drawn.described), text.descriptions(drawn.pids), None)
    return {
        "playlists": _table(
            "playlists",
            ids,
            keys,
            text.playlists(drawn.pids, drawn.titles),
            descriptions,
            lengths,
            *(
                kernel.count_groups(drawn.entries, drawn.offsets, of)
                for of in (world.tracks.album_of, world.tracks.artist_of)
            ),
            drawn.followers,
            drawn.edits,
            np.add.reduceat(_synth_world.durations(world, drawn.entries), drawn.offsets[:-1]),
            drawn.modified_at,
            drawn.collaborative,
        ),
        "playlist_tracks": _table(
            "playlist_tracks",
            np.repeat(ids, lengths),
            np.arange(len(drawn.entries)) - np.repeat(drawn.offsets[:-1], lengths),
            tracks.id_of[drawn.entries],
        ),
        "truth_playlists": truth_playlists(world, drawn, first_id),
    }


def all_playlist_tables(
    world: World, drawn: list[Playlists], tracks: Kept, threads: int | None
) -> Iterator[dict[str, pa.Table]]:
    """Yield the tables of `playlist_tables`, chunk by chunk."""
    text = _synth_text.Text(world.seed)
    first_ids = np.cumsum([0] + [len(some.pids) for some in drawn]).tolist()
    return parallel.in_order(
        lambda place: playlist_tables(world, text, drawn[place], first_ids[place], tracks),
        range(len(drawn)),
        threads,
    )


def truth_tracks(world: World, tracks: Kept) -> pa.Table:
    """Return the latent factors of the tracks that occur."""
    latents = _synth_world.latents(world, tracks.numbers)
    return _table(
        "truth_tracks",
        np.arange(len(tracks.numbers)),
        tracks.keys,
        latents.style // _synth_world.STYLES_PER_GENRE,
        latents.style,
        world.weight[tracks.numbers] / _synth_world.WEIGHT_UNIT,
        _vectors(latents.taste),
        latents.tempo,
        latents.tonic,
        latents.minor,
        latents.register,
    )


def truth_playlists(world: World, drawn: Playlists, first_id: int) -> pa.Table:
    """Return the latent factors of a chunk of playlists, the first of which has the id `first_id`."""
    return _table(
        "truth_playlists",
        first_id + np.arange(len(drawn.pids)),
        pa.array(drawn.pids).cast(pa.string()),
        drawn.styles[:, 0] // _synth_world.STYLES_PER_GENRE,
        drawn.styles[:, 0],
        drawn.styles[:, 1],
        drawn.second_share,
        _vectors(_synth_world.tastes_of_playlists(world, drawn.styles, drawn.second_share)),
    )


def _vectors(values: npt.NDArray[np.float32]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
