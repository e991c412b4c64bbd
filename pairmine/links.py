"""Links between two sources as they lie on disk: WORKSPACE/links/<left>-<right>/ with links.parquet and a manifest."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import engine, store
from pairmine.errors import MissingError

FILE = "links.parquet"


def folder(workspace: Path, left: str, right: str) -> Path:
    """Return where the links of two sources lie, whether they are there or not."""
    return workspace / "links" / f"{left}-{right}"


def sources_of(manifest: dict[str, Any]) -> tuple[str, str]:
    """Return the left and the right source of a manifest of links."""
    return manifest["left"], manifest["right"]


def open_links(workspace: Path, place: Path) -> duckdb.DuckDBPyConnection:
    """Open a connection with the views `links`, `left_tracks` and `right_tracks` of a folder of links.

    Raises:
        MissingError: a source is gone, or was ingested anew since.
    """
    manifest = store.read_manifest(place)
    check_current(workspace, manifest)
    connection = engine.connect(workspace / "tmp")
    connection.execute(f"create view links as select * from {engine.parquet(place, FILE)}")
    for side, name in zip(("left", "right"), sources_of(manifest), strict=True):
        tracks = engine.source_table(workspace, name, "tracks")
        connection.execute(f"create view {side}_tracks as select * from {tracks}")
    return connection


def linked(workspace: Path, source: str, on: str) -> pa.Table:
    """Return the tracks of `source` that are linked to one of `on`, whichever of the two was left.

    One row per linked track, sorted by track_id: track_id int32 (in `source`), other_id int32, key, title, artist (of
    the same recording in `on`), score float32.

    Raises:
        MissingError: the two were not linked, or one was ingested anew since.
    """
    place, manifest = _current(workspace, source, on)
    own, other = ("left", "right") if manifest["left"] == source else ("right", "left")
    names = [f"{own}_id", f"{other}_id", f"{other}_key", "score"]
    with pq.ParquetFile(place / FILE) as file:
        links = file.read(columns=names).select(names)
    links = links.rename_columns(["track_id", "other_id", "key", "score"]).sort_by("track_id")
    with engine.open_source(workspace, on) as connection:
        names_of = connection.sql("select title, artist from tracks order by track_id").to_arrow_table()
    rows = names_of.take(links["other_id"].combine_chunks())
    for column in ("title", "artist"):
        links = links.append_column(column, rows[column])
    return links.select(["track_id", "other_id", "key", "title", "artist", "score"])


def fingerprint(workspace: Path, source: str, on: str) -> str:
    """Return the fingerprint of the links of two sources: it changes with the sources and with what was linked.

    Raises:
        MissingError: the two were not linked, one was ingested anew since, or is not there.
    """
    return str(_current(workspace, source, on)[1]["fingerprint"])


def _current(workspace: Path, source: str, on: str) -> tuple[Path, dict[str, Any]]:
    """Return folder and manifest of the links of two sources, in either direction, if they are of today's sources."""
    for left, right in ((source, on), (on, source)):
        place = folder(workspace, left, right)
        if not (place / store.MANIFEST).is_file():
            continue
        manifest = store.read_manifest(place)
        if sources_of(manifest) == (left, right):
            check_current(workspace, manifest)
            return place, manifest
    engine.source_folder(workspace, on)
    raise MissingError(f"sources {source!r} and {on!r} are not linked: run `pairmine link {source} {on}` first")


def check_current(workspace: Path, manifest: dict[str, Any]) -> None:
    """Raise MissingError if a source of these links is not the one that was linked."""
    name = engine.ingested_anew(workspace, manifest)
    if name is not None:
        left, right = sources_of(manifest)
        raise MissingError(f"source {name!r} was ingested anew since: run `pairmine link {left} {right}` again")
