"""The chance that a batch holds a false negative: another pair's positive that could as well be the anchor's own."""

from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pyarrow.parquet as pq

from pairmine import engine
from pairmine.strategies._inputs import Inputs, evidence
from pairmine.strategies._parameters import Parameters

PAIRS_LOOKED_AT = 1_000_000
GROUPS = {
    "playlist": ("playlist_tracks", "playlist_id"),
    "artist": ("track_artists", "artist_id"),
    "release": ("track_releases", "release_id"),
    "label": ("track_labels", "label_id"),
}
SEEDED = "row_number() over (partition by epoch order by mix_pair(epoch, anchor, positive), anchor, positive, via) - 1"
ITSELF = "track_id, track_id as group_id from tracks"


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

    It looks at the first epochs, so many that they hold PAIRS_LOOKED_AT pairs, at least one; in random batches of so
    many pairs, or in those the set is composed of, whatever `batch` is.
    """
    if rule is None or not tables:
        return "they need the set's strategy and source"
    via = manifest["via_kind"]
    if via in GROUPS and not tables.get(GROUPS[via][0]):
        return f"the source has no table {GROUPS[via][0]}"
    relation = _relate(connection, workspace, folder, manifest, rule)
    pairs = max(manifest["pairs"][0]["pairs"], 1)
    epochs = min(max(PAIRS_LOOKED_AT // pairs, 1), manifest["epochs"])
    composed = manifest.get("order") == "fixed"
    batch = manifest["batch"] if composed else batch
    place = "row" if composed else SEEDED
    connection.execute(f"create view placed as select epoch, anchor, positive, {place} as place from pairs")
    engine.set_variables(connection, {"batch_size": batch, "composed": composed, "last_epoch": epochs - 1})
    found = connection.sql(engine.statement("stats/steps/false_negatives")).to_arrow_table().to_pylist()[0]
    return {
        "batch_size": batch,
        "composed": composed,
        "relation": relation,
        **found,
        "per_anchor": found["anchors_hit"] / found["anchors"],
        "per_batch": found["batches_hit"] / found["batches"],
    }


def _relate(
    connection: duckdb.DuckDBPyConnection, workspace: Path, folder: Path, manifest: dict[str, Any], rule: ModuleType
) -> str:
    """Define anchor_groups and positive_groups: which tracks may be positives of which; return that in words."""
    parameters, via = Parameters(**manifest["parameters"]), manifest["via_kind"]
    inputs = Inputs(workspace, manifest["source"])
    if (folder / "excluded.parquet").exists():
        inputs.excluded = pq.ParquetFile(folder / "excluded.parquet").read().column("track_id").to_numpy()
    tables = evidence(rule, inputs, parameters)
    for name, table in tables.items():
        connection.register(name, table)
    if "neighbours" in tables:
        anchor, positive = "track_id, neighbour_id as group_id from neighbours", ITSELF
        words = f"one of the anchor's top {parameters.top_k} partners"
    elif "label_partners" in tables:
        anchor = "track_id, partner_id as group_id from track_labels join label_partners using (label_id)"
        positive = "track_id, label_id as group_id from track_labels"
        words = f"a track of one of the top {parameters.top_k} partners of the anchor's labels"
    elif via in GROUPS:
        table, column = GROUPS[via]
        anchor = positive = f"track_id, {column} as group_id from {table}"
        words = f"a track that shares {'an' if via == 'artist' else 'a'} {via} with the anchor"
    else:
        anchor, positive, words = ITSELF, ITSELF, "the anchor itself"
    connection.execute(f"create view anchor_groups as select {anchor}")
    connection.execute(f"create view positive_groups as select {positive}")
    return words
