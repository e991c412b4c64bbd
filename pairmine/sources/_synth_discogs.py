"""The synthetic world as a Discogs dump: releases, masters, artists and labels, with the truth as Parquet."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import catalogue, parallel, progress, store
from pairmine.errors import UsageError
from pairmine.schema import DUMP_TRUTH
from pairmine.sources import _deflating, _synth_releases, _synth_tracklists, _synth_truth
from pairmine.sources._synth_editors import Editors, Generation
from pairmine.sources._synth_elements import text_bytes
from pairmine.sources._synth_indexes import Indexes
from pairmine.sources._synth_records import Records
from pairmine.sources._synth_shelves import NOBODY, Array, Shelves
from pairmine.sources._synth_world import World

RUN = 4 * _synth_releases.CHUNK  # releases drawn at once: 8 MB of XML


@dataclass(frozen=True)
class Drawn:
    """A run of releases, ready to be written."""

    releases: int
    xml: _deflating.Piece
    masters: Array
    truth: dict[str, pa.Table]


def write(
    world: World, releases: int, name: str, out: Path, generation: Generation, threads: int | None
) -> catalogue.Ingested:
    """Write a dump of so many releases into the folder `out`, and the ground truth beside it.

    Raises:
        UsageError: `out` holds anything but an earlier dump of this kind, which is replaced whole.
    """
    if out.exists() and not all(
        path.match("discogs_synth_*.xml.gz") or path.match("truth_*.parquet") for path in out.iterdir()
    ):
        raise UsageError(f"{out} holds other files: name an empty folder by --out")
    with store.claim(out.with_name(f"{out.name}.partial")) as partial:
        store.clear(partial)
        rows = _write_folder(world, releases, partial, generation, threads)
        store.publish(partial, out)
    tallies = [catalogue.Tally(kind, rows[kind]) for kind in ("releases", "masters", "artists", "labels")]
    return catalogue.Ingested(name, out, rows, tallies, {}, 0)


def _write_folder(
    world: World, releases: int, out: Path, generation: Generation, threads: int | None
) -> dict[str, int]:
    records = Records(Shelves(world).prepared(), Editors(world.seed, generation))
    has_master = np.zeros(len(records.shelves.albums), np.bool_)

    def draw(first: int) -> Drawn:
        return _drawn(records, first, min(first + RUN, releases))

    rows = {"releases": releases}
    with progress.bar("writing", releases) as advance, _Truth(out) as truth:

        def runs() -> Iterator[_deflating.Piece]:
            for drawn in parallel.in_order(draw, range(0, releases, RUN), threads):
                has_master[drawn.masters] = True
                truth.write(drawn.truth)
                yield drawn.xml
                advance(drawn.releases)

        _write_file(out, "releases", runs())
    indexes = Indexes(records)
    people, labels = records.editors.people, records.editors.met_labels
    for kind, render, met in (
        ("masters", indexes.masters, has_master),
        ("artists", indexes.artists, people.met[: people.various]),
        ("labels", indexes.labels, labels),
    ):
        numbers = np.flatnonzero(met)
        _write_file(out, kind, _rendered(render, numbers, threads))
        rows[kind] = len(numbers)
    return rows | truth.rows


def _write_file(out: Path, kind: str, pieces: Iterable[_deflating.Piece]) -> None:
    head, tail = (_deflating.deflate(f"<{slash}{kind}>\n".encode()) for slash in ("", "/"))
    _deflating.write(out / f"discogs_synth_{kind}.xml.gz", chain([head], pieces, [tail]))


def _rendered(render: Callable[[Array], pa.Array], numbers: Array, threads: int | None) -> Iterator[_deflating.Piece]:
    """Yield the records of these numbers, a run at a time."""
    runs = (numbers[start : start + RUN] for start in range(0, len(numbers), RUN))
    return parallel.in_order(lambda run: _deflating.deflate(text_bytes(render(run))), runs, threads)


def _drawn(records: Records, first: int, end: int) -> Drawn:
    releases = _synth_releases.draw(records.shelves, first, end)
    entries = _synth_tracklists.rows(records.shelves.world.seed, releases)
    xml = _deflating.deflate(text_bytes(records.render(releases, entries)))
    masters = releases.masters[releases.masters != NOBODY]
    return Drawn(end - first, xml, masters, _synth_truth.tables(records, releases, entries))


class _Truth:
    """The truth as it comes, one Parquet file a table."""

    def __init__(self, out: Path):
        self.rows = dict.fromkeys(DUMP_TRUTH, 0)
        self._files = {
            name: pq.ParquetWriter(
                out / f"{name}.parquet", table.arrow, compression="zstd", compression_level=1, use_dictionary=False
            )
            for name, table in DUMP_TRUTH.items()
        }

    def __enter__(self) -> "_Truth":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, tables: dict[str, pa.Table]) -> None:
        """Write the next rows of every table."""
        for name, table in tables.items():
            self._files[name].write_table(table)
            self.rows[name] += table.num_rows
