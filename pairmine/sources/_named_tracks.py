"""The tables tracks, artists and track_artists of sources whose rows name a track, and perhaps its title and artist.

A variant is all that a row says of its track, in one text. Of values that disagree the smallest one wins, column by
column (contract, section 2): rows of listens and edges have no order of their own.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.catalogue import Writer
from pairmine.sources._columns import PART_ROWS, numbers_of

Int32s = npt.NDArray[np.int32]

_FIELDS = ("track", "title", "artist", "artist_key", "album")
_NAMED = "name:"


def variants(columns: Mapping[str, pa.Array]) -> pa.Array:
    """Return the variant of each row; columns that are not there say nothing."""
    rows = len(columns["track"])
    texts = [columns[name] if name in columns else pa.array([""] * rows, pa.string()) for name in _FIELDS]
    return pc.binary_join_element_wise(*texts, "\0")


def with_names(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Return columns in which a track without an id goes by `name:<artist> / <title>`, if it has both."""
    if "title" not in columns or "artist" not in columns:
        return columns
    title, artist = columns["title"], columns["artist"]
    named = pc.and_(pc.not_equal(title, ""), pc.not_equal(artist, ""))
    name = pc.if_else(named, pc.binary_join_element_wise(pa.scalar(_NAMED), artist, " / ", title, ""), "")
    if "track" in columns:
        name = pc.if_else(pc.equal(columns["track"], ""), name, columns["track"])
    return columns | {"track": name}


def dense_ids(count: int, *columns: npt.NDArray[np.int32]) -> tuple[int, Int32s]:
    """Return how many of `count` tracks stand in these columns, and their ids from 0 in order (−1 for the others)."""
    used = np.zeros(count, np.bool_)
    for column in columns:
        used[column] = True
    return int(used.sum()), np.where(used, np.cumsum(used) - 1, -1).astype(np.int32)


class NamedTracks:
    """The tracks of variants: `track_of[v]` is variant v's track, `count` tracks in all, by the byte order of keys."""

    def __init__(self, texts: pa.Array) -> None:
        series = pl.Series(pl.from_arrow(texts), dtype=pl.String)
        fields = series.str.split_exact("\0", len(_FIELDS) - 1).struct.rename_fields(_FIELDS).struct.unnest()
        self.track_of, self.count = numbers_of(fields["track"].to_arrow().cast(pa.large_string()))
        said = [pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in _FIELDS]
        self._variants = fields.select(said).with_columns(track_id=pl.Series(self.track_of))

    def write(self, writer: Writer, id_of: Int32s) -> dict[str, int]:
        """Write the tables, and return how many keys' occurrences disagree in each.

        Args:
            writer: the source's.
            id_of: the track_id of each track, ascending; −1 for those that are left out.
        """
        ids = pl.Series(id_of)[self._variants["track_id"]]
        kept = self._variants.with_columns(track_id=ids).filter(pl.col("track_id") >= 0)
        named = ("title", "artist", "artist_key", "album")
        conflict = pl.any_horizontal(pl.col(name).drop_nulls().n_unique() > 1 for name in named)
        tracks = (
            kept.group_by("track_id")
            .agg(pl.col("track").first(), *(pl.col(name).min() for name in named), conflict.alias("conflict"))
            .sort("track_id")
        )
        writer.write("tracks", _parts(tracks.select("track_id", "title", "artist", "album", key="track")))
        conflicts = {"tracks": int(tracks["conflict"].sum())}
        if tracks["artist"].is_null().all() and tracks["artist_key"].is_null().all():
            return conflicts
        return conflicts | {"artists": _write_artists(writer, kept, tracks)}


def _write_artists(writer: Writer, kept: pl.DataFrame, tracks: pl.DataFrame) -> int:
    """Write artists and track_artists, and return how many artists go by several names."""
    keys = (
        pl.when(pl.col("artist_key").is_not_null())
        .then(pl.col("artist_key").str.split(","))
        .when(pl.col("artist").is_not_null())
        .then(pl.concat_list(pl.lit(_NAMED) + pl.col("artist")))
    )
    related = tracks.select("track_id", key=keys).explode("key").drop_nulls().unique().sort("track_id", "key")
    alone = pl.col("artist_key").is_null() | ~pl.col("artist_key").str.contains(",", literal=True)
    names = (
        kept.filter(alone)
        .select("artist", key=pl.col("artist_key").fill_null(pl.lit(_NAMED) + pl.col("artist")))
        .group_by("key")
        .agg(name=pl.col("artist").min(), conflict=pl.col("artist").drop_nulls().n_unique() > 1)
    )
    artists = related.select("key").unique().sort("key").join(names, "key", "left", maintain_order="left")
    artists = artists.with_columns(artist_id=pl.int_range(artists.height, dtype=pl.Int32, eager=True))
    writer.write("artists", _parts(artists.select("artist_id", "key", "name")))
    relation = related.join(artists, "key").select("track_id", "artist_id").sort("track_id", "artist_id")
    writer.write("track_artists", _parts(relation))
    return int(artists["conflict"].sum())


def _parts(frame: pl.DataFrame) -> Iterator[pa.Table]:
    """Cut a table into parts; no rows are one empty part."""
    for part in frame.iter_slices(PART_ROWS) if frame.height else (frame,):
        yield part.to_arrow()
