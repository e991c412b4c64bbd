"""The chance that a batch holds a false negative: another pair's positive that could as well be the anchor's own."""

from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.strategies._inputs import Inputs, Parameters

PAIRS_LOOKED_AT = 1_000_000
GROUPS = {
    "playlist": ("playlist_tracks", "playlist_id"),
    "artist": ("track_artists", "artist_id"),
    "release": ("track_releases", "release_id"),
    "label": ("track_labels", "label_id"),
}


def count(
    connection: duckdb.DuckDBPyConnection,
    workspace: Path,
    folder: Path,
    manifest: dict[str, Any],
    rule: ModuleType | None,
    tables: dict[str, int],
    batch: int,
) -> dict[str, Any] | str:
    """Count false negatives as sql/stats/steps/false_negatives.sql defines them, or return why that cannot be done.

    It looks at the first epochs, so many that they hold PAIRS_LOOKED_AT pairs, at least one.
    """
    if rule is None or not tables:
        return "they need the set's strategy and source"
    via = manifest["via_kind"]
    if via in GROUPS:
        relation = _by_groups(connection, *GROUPS[via], tables)
    else:
        relation = _by_neighbours(connection, workspace, folder, manifest, rule)
    if relation is None:
        return f"the source has no table {GROUPS[via][0]}"
    pairs = max(manifest["pairs"][0]["pairs"], 1)
    epochs = min(max(PAIRS_LOOKED_AT // pairs, 1), manifest["epochs"])
    engine.set_variables(connection, {"batch_size": batch, "last_epoch": epochs - 1})
    found = connection.sql(engine.statement("stats/steps/false_negatives")).to_arrow_table().to_pylist()[0]
    return {
        "batch_size": batch,
        "relation": relation,
        **found,
        "per_anchor": found["anchors_hit"] / found["anchors"],
        "per_batch": found["batches_hit"] / found["batches"],
    }


def _by_groups(connection: duckdb.DuckDBPyConnection, table: str, group: str, tables: dict[str, int]) -> str | None:
    """Let tracks of one playlist, artist, … be positives of each other; return that in words."""
    if not tables.get(table):
        return None
    for name in ("anchor_groups", "positive_groups"):
        connection.execute(f"create view {name} as select track_id, {group} as group_id from {table}")
    return f"a track that shares {'an' if group == 'artist_id' else 'a'} {group.removesuffix('_id')} with the anchor"


def _by_neighbours(
    connection: duckdb.DuckDBPyConnection, workspace: Path, folder: Path, manifest: dict[str, Any], rule: ModuleType
) -> str:
    """Let a track's neighbours by the strategy be its positives, if it has any, and return that in words."""
    parameters = Parameters(**manifest["parameters"])
    inputs = Inputs(workspace, manifest["source"])
    if (folder / "excluded.parquet").exists():
        inputs.excluded = pq.ParquetFile(folder / "excluded.parquet").read().column("track_id").to_numpy()
    neighbours = rule.evidence(inputs, parameters).get("neighbours")
    if neighbours is not None:
        connection.register("neighbours", neighbours)
        connection.execute("create view anchor_groups as select track_id, neighbour_id as group_id from neighbours")
        connection.execute("create view positive_groups as select track_id, track_id as group_id from tracks")
        return f"one of the anchor's top {parameters.top_k} partners"
    for name in ("anchor_groups", "positive_groups"):
        connection.execute(f"create view {name} as select track_id, track_id as group_id from tracks")
    return "the anchor itself"
