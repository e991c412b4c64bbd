"""One source as the linker compares it: every track's names normalised, batch by batch, in bounded memory."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pairmine.kernels.artists import folded_artists, split_names, tidy_artist
from pairmine.kernels.folding import fold
from pairmine.kernels.titles import Title, canonical_words, numbers, split_title

BATCH_ROWS = 400_000
COMMON = re.compile(
    r"(?:intro|outro|introduction|interlude|untitled|no title|skit|prelude|overture|track|bonus track)(?: \d{1,3})?$"
)


def prepare(tracks: Path, folder: Path) -> Iterator[int]:
    """Write a source's tracks, normalised, as Parquet files into a folder; yield the rows read from each batch.

    One row per track that has a title and an artist: track_id; core, detail (folded title parts); marks (kinds of
    version and numbers, which must agree); artist (folded, whole); credits, guests (lists of folded names); album
    (folded); duration_ms (null where unknown); common (whether many recordings bear such a title).
    """
    for number, table in enumerate(_batches(tracks)):
        pq.write_table(normalised(table), folder / f"part-{number:05d}.parquet", compression="lz4")
        yield table.num_rows


def _batches(tracks: Path) -> Iterator[pa.Table]:
    """Yield a source's tracks, at least one table."""
    for path in sorted(tracks.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            if file.metadata.num_rows == 0:
                yield file.read()
            for batch in file.iter_batches(BATCH_ROWS):
                yield pa.Table.from_batches([batch])


def normalised(tracks: pa.Table) -> pa.Table:
    """Return tracks (track_id, title, artist, album, duration_ms) with their names normalised; see `prepare`."""
    named = pc.and_(_has_text(tracks["title"]), _has_text(tracks["artist"]))
    tracks = tracks.filter(named)
    titles = _titles(_dictionary(tracks["title"]))
    artists = _artists(_dictionary(tracks["artist"]))
    albums = _albums(_dictionary(tracks["album"]))
    duration = tracks["duration_ms"]
    return pa.table(
        {
            "track_id": tracks["track_id"],
            **titles,
            **artists,
            "album": albums,
            "duration_ms": pc.if_else(pc.greater(duration, 0), duration, None),
        }
    )


def _has_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0), False)


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.combine_chunks().dictionary_encode()


def _titles(column: pa.DictionaryArray) -> dict[str, pa.Array]:
    """Return the columns that come from titles, one value a row."""
    titles = [split_title(title) for title in column.dictionary.to_pylist()]
    folded = fold(pa.array([title.core for title in titles], pa.string())).to_pylist()
    cores = [canonical_words(core) for core in folded]
    found = {
        "core": pa.array(cores, pa.string()),
        "detail": pa.array([title.detail for title in titles], pa.string()),
        "marks": pa.array([_marks(title, core) for title, core in zip(titles, cores, strict=True)], pa.string()),
        "guests": _folded_lists([title.guests for title in titles]),
        "common": pa.array([COMMON.match(core) is not None for core in cores], pa.bool_()),
    }
    return {name: values.take(column.indices) for name, values in found.items()}


def _marks(title: Title, core: str) -> str:
    return f"{' '.join(title.kinds)}|{numbers(core, title.detail)}"


def _artists(column: pa.DictionaryArray) -> dict[str, pa.Array]:
    """Return the columns that come from artists, one value a row."""
    names = [tidy_artist(name) for name in column.dictionary.to_pylist()]
    found = {
        "artist": folded_artists(names),
        "credits": _folded_lists([split_names(name) for name in names]),
    }
    return {name: values.take(column.indices) for name, values in found.items()}


def with_folded_lists(table: pa.Table, column: str) -> pa.Table:
    """Return a table whose column of lists of names holds them as artists' names are compared."""
    lists = [tuple(map(tidy_artist, names)) for names in table[column].to_pylist()]
    return table.set_column(table.column_names.index(column), column, _folded_lists(lists))


def _folded_lists(lists: list[tuple[str, ...]]) -> pa.Array:
    """Return lists of names as lists of folded names without articles."""
    offsets = [0]
    for names in lists:
        offsets.append(offsets[-1] + len(names))
    values = folded_artists([name for names in lists for name in names])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _albums(column: pa.DictionaryArray) -> pa.Array:
    """Return albums without edition and remaster, folded."""
    cores = [None if album is None else split_title(album).core for album in column.dictionary.to_pylist()]
    folded = fold(pa.array(cores, pa.string())).to_pylist()
    values = pa.array([None if album is None else canonical_words(album) for album in folded], pa.string())
    return values.take(column.indices)
