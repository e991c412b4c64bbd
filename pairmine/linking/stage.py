"""The steps from two sources to a folder of links."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pairmine import __version__, engine, links, parallel, progress, store
from pairmine.errors import UsageError
from pairmine.linking import candidates, scoring
from pairmine.linking.report import Linked, read_report
from pairmine.linking.resolution import one_to_one
from pairmine.schema import LINKS

THRESHOLD = 0.8
CHUNK_ROWS = 500_000
SWAPPED = {"left_id": "right_id", "right_id": "left_id", "left_key": "right_key", "right_key": "left_key"}


def link(workspace: Path, left: str, right: str, *, threshold: float = THRESHOLD, threads: int | None = None) -> Linked:
    """Link the same recordings of two sources, or find them linked already.

    Raises:
        UsageError: the same source twice, a threshold outside 0 to 1, or names whose folder or schema is taken.
        MissingError: a source was not ingested.
        InputError: a source has no track with title and artist.
    """
    request = _request(workspace, left, right, threshold)
    folder = links.folder(workspace, left, right)
    if not _there_already(folder, request):
        engine.check_schema(workspace, "links", folder.name, "ingest one source under another --name")
        with store.building(folder.with_name(f"{folder.name}.partial")) as partial:
            _write(workspace, partial, request, parallel.threads_or_default(threads))
            links.check_current(workspace, request)
            store.publish(partial, folder)
        engine.refresh(workspace)
    return read_report(workspace, folder)


def _request(workspace: Path, left: str, right: str, threshold: float) -> dict[str, Any]:
    """Return what a manifest says of the links wanted."""
    if left == right:
        raise UsageError(f"source {left!r} cannot be linked to itself: name two sources")
    if not 0 <= threshold <= 1:
        raise UsageError(f"--threshold {threshold}: it must lie between 0 and 1")
    manifests = [store.read_manifest(engine.source_folder(workspace, name)) for name in (left, right)]
    return {
        "left": left,
        "right": right,
        "source_fingerprints": [manifest["fingerprint"] for manifest in manifests],
        "parameters": {"threshold": threshold},
        "pairmine_version": __version__,
    }


def _there_already(folder: Path, request: dict[str, Any]) -> bool:
    if not (folder / store.MANIFEST).is_file():
        return False
    manifest = store.read_manifest(folder)
    if links.sources_of(manifest) != links.sources_of(request):
        raise UsageError(
            f"{folder} links {manifest['left']!r} and {manifest['right']!r}: ingest one source under another --name"
        )
    return all(manifest[name] == value for name, value in request.items())


def _write(workspace: Path, partial: Path, request: dict[str, Any], threads: int) -> None:
    """Write links.parquet and the manifest into `partial`.

    The sources are compared in the order of their names, so that the same links come out whichever is called left.
    """
    first, second = sorted(links.sources_of(request))
    swapped = first != request["left"]
    with candidates.workbench(partial, threads) as connection:
        tallies = {
            name: candidates.load_side(connection, workspace, partial, name, side)
            for name, side in zip((first, second), candidates.SIDES, strict=True)
        }
        blocks = candidates.find(connection)
        for name, side in zip((first, second), candidates.SIDES, strict=True):
            tallies[name]["not_compared"] = candidates.not_compared(connection, side)
        kept = _scored(connection, request["parameters"]["threshold"], threads)
        chosen = one_to_one(kept, tallies[first]["tracks"], tallies[second]["tracks"])
        table = _finished(connection, workspace, (first, second), chosen, swapped)
    store.remove(partial / "scratch")
    entry = store.write_parquet(partial, links.FILE, table)
    content = {
        **request,
        "tracks": [tallies[name] for name in links.sources_of(request)],
        "blocks": blocks,
        "links": table.num_rows,
        "fingerprint": store.digest([entry.sha256, request]),
    }
    store.write_manifest(partial, content, [entry])


def _scored(connection: duckdb.DuckDBPyConnection, threshold: float, threads: int) -> pa.Table:
    """Return the candidates that reach the threshold, with their scores."""
    compared = connection.execute("select count(*) from candidates").fetchall()[0][0]
    batches = connection.sql(engine.statement("linking/evidence")).to_arrow_reader(CHUNK_ROWS)
    kept = [_above(batches.schema.empty_table(), threshold, threads)]
    with progress.bar("compare", compared) as advance:
        for batch in batches:
            advance(batch.num_rows)
            kept.append(_above(pa.Table.from_batches([batch]), threshold, threads))
    return pa.concat_tables(kept)


def _above(evidence: pa.Table, threshold: float, threads: int) -> pa.Table:
    """Return the candidates of one batch that reach the threshold, with their scores."""
    scores = scoring.score(evidence, threads)
    table = evidence.select(["left_id", "right_id", "gap_ms", "same_album"])
    for name in ("score", "title", "artist"):
        table = table.append_column(name, pa.array(getattr(scores, name), pa.float32()))
    return table.filter(pa.array(scores.score >= np.float32(threshold)))


def _finished(
    connection: duckdb.DuckDBPyConnection, workspace: Path, names: tuple[str, str], chosen: pa.Table, swapped: bool
) -> pa.Table:
    """Return the links as the contract has them: keys and reasons added, left and right as asked."""
    for side, name in zip(("left", "right"), names, strict=True):
        connection.execute(
            f"create view {side}_tracks as select * from {engine.source_table(workspace, name, 'tracks')}"
        )
    connection.register("chosen", chosen)
    table = connection.sql(engine.statement("linking/links")).to_arrow_table()
    if swapped:
        table = table.rename_columns([SWAPPED.get(name, name) for name in table.column_names])
    return table.select(LINKS.arrow.names).sort_by("left_id").cast(LINKS.arrow)
