"""Build a pair set: a strategy's pairs, epoch by epoch, into shards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine import engine, pair_sets, parallel, progress, registry, store
from pairmine.errors import InputError, MissingError, UsageError
from pairmine.schema import CATALOGUE
from pairmine.shards import writer as shards
from pairmine.strategies._finish import Finish, Finishing
from pairmine.strategies._inputs import Inputs, Prepared
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions

NONE_LEFT_OUT = Restrictions()
AS_DRAWN = Finishing()
MOST_EPOCHS = 9_999  # their folders are called epoch=0000 …


@dataclass(frozen=True)
class Built:
    """What `build-pairs` did."""

    folder: Path
    manifest: dict[str, Any]
    new: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        manifest = {name: value for name, value in self.manifest.items() if name != "files"}
        return {"folder": str(self.folder), "new": self.new, **manifest}

    def __str__(self) -> str:
        epochs = self.manifest["pairs"]
        pairs = sum(epoch["pairs"] for epoch in epochs)
        size = sum(entry["bytes"] for entry in self.manifest["files"])
        state = "written" if self.new else "there already, nothing to do"
        what = f"{progress.counted(pairs, 'pair')} in {progress.counted(len(epochs), 'epoch')}"
        left_out = "; ".join(pair_sets.left_out(self.manifest))
        end = f"\nleft out: {left_out}" if left_out else ""
        return f"{self.folder}: {what}, {progress.as_size(size)}, {state}{end}"


def build_pairs(
    workspace: Path,
    source: str,
    strategy: str,
    *,
    parameters: Parameters,
    epochs: int | None = None,
    restrictions: Restrictions = NONE_LEFT_OUT,
    finishing: Finishing = AS_DRAWN,
    out: Path | None = None,
    engine_name: str = "native",
    threads: int | None = None,
    force: bool = False,
) -> Built:
    """Build the pair set of a source by a strategy, or find it there already.

    Raises:
        UsageError: an unknown strategy or option, or another set in its place without `force`.
        MissingError: the source, its splits or links, or a table the strategy needs, is missing.
        InputError: the source holds nothing this strategy can pair.
    """
    rule = registry.load("strategies", strategy)
    heeded = parameters.heeded(rule, strategy)
    parameters = Parameters(**heeded)
    if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
        raise UsageError(f"--epochs {epochs}: give a number from 1 to {MOST_EPOCHS}")
    folder = out or workspace / "pairs" / f"{source}-{strategy}"
    source_manifest = store.read_manifest(engine.source_folder(workspace, source))
    wanted = shards.request(
        via_kind=rule.VIA,
        source=source,
        strategy=strategy,
        parameters=heeded,
        **restrictions.request(workspace, source),
        **finishing.request(rule.KIND),
        seed=parameters.seed,
        epochs=epochs or rule.EPOCHS,
        catalogue_fingerprint=source_manifest["fingerprint"],
    )
    if shards.already_there(folder, wanted, force):
        return Built(folder, store.read_manifest(folder), new=False)
    if folder.resolve().parent == (workspace / "pairs").resolve():
        engine.check_schema(workspace, "pairs", folder.name, "choose another --out")
    inputs = Inputs(workspace, source, engine_name, threads)
    restrictions.apply(workspace, inputs)
    with shards.writer(folder, wanted, force) as writer:
        prepared = rule.prepare(inputs, parameters)
        finish = finishing.prepare(inputs, parameters, strategy, rule.KIND)
        _write_epochs(writer, prepared, finish, wanted, inputs, rule.VIA)
        for name, table in prepared.tables.items():
            writer.write_table(name, table)
        _check_source(workspace, source, wanted["catalogue_fingerprint"])
        manifest = writer.commit(folder, prepared.facts)
    engine.refresh(workspace)
    return Built(folder, manifest, new=True)


def _check_source(workspace: Path, source: str, fingerprint: str) -> None:
    """Raise MissingError if the source is no longer the one that was read."""
    if store.read_manifest(engine.source_folder(workspace, source))["fingerprint"] != fingerprint:
        raise MissingError(f"source {source!r} was ingested anew meanwhile: run the same command again")


def _write_epochs(
    writer: shards.Writer, prepared: Prepared, finish: Finish, wanted: dict[str, Any], inputs: Inputs, via: str | None
) -> None:
    """Write all epochs, one a thread at a time, then the tables of what they name."""
    used = np.zeros(inputs.tracks, np.bool_)
    groups = np.zeros(inputs.rows(f"{via}s") if via else 0, np.bool_)

    def write(epoch: int) -> int:
        matches = writer.finished(epoch)
        if matches is None:
            matches, facts = finish(epoch, prepared.draw(epoch))
            writer.write_epoch(epoch, matches, facts)
        used[matches.anchor] = used[matches.positive] = True
        if matches.negative is not None:
            used[matches.negative] = True
        if via:
            groups[matches.via] = True
        return int(matches.anchor.size)

    epochs = wanted["epochs"]
    with progress.bar("build-pairs", epochs) as advance:
        pairs = 0
        for count in parallel.in_order(write, range(epochs), inputs.threads):
            pairs += count
            advance(1)
    if not pairs:
        why = _why_none(inputs, wanted, writer)
        raise InputError(f"{inputs.source} gives no pairs by {wanted['strategy']}: {why}: nothing was written")
    tracks = f"select track_id, key, title, artist from {inputs.names}"
    writer.write_table("tracks", _named(inputs, tracks, "track_id", used))
    if inputs.excluded.size:
        writer.write_table("excluded", pa.table({"track_id": inputs.excluded}))
    if via:
        writer.write_table("vias", _named(inputs, _vias_query(via), "via", groups))


def _why_none(inputs: Inputs, wanted: dict[str, Any], writer: shards.Writer) -> str:
    via = wanted["via_kind"]
    table = "playlist_tracks" if via == "playlist" else f"track_{via}s"
    if via and not inputs.rows(table):
        return f"its table {table} is empty"
    left_out = pair_sets.left_out(wanted | {"pairs": writer.epochs()})
    if left_out:
        return f"all are left out, {'; '.join(left_out)} (give lower ranks to --hard-negatives)"
    return "no two of its tracks fit the rule and what may appear"


def _vias_query(via: str) -> str:
    """Return the query for all playlists, artists, … as vias."""
    names = {column.name for column in CATALOGUE[f"{via}s"].columns}
    return f"select {via}_id as via, key, {'title' if 'title' in names else 'name'} as name from {via}s"


def _named(inputs: Inputs, query: str, key: str, used: npt.NDArray[np.bool_]) -> pa.Table:
    """Return the rows of a query whose id is used, in the order of ids."""
    rows = inputs.table(f"select * from ({query}) order by {key}")
    return rows.filter(pa.array(used[rows.column(key).to_numpy()]))
