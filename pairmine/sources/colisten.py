"""Co-listen graphs: edges between tracks that the same people listen to, as tables or graph files.

Sanitised as in colisten-2020 (methods.md, section 3). Licence: that of the data.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import typer

from pairmine import catalogue
from pairmine.catalogue import Tally
from pairmine.errors import InputError, shown
from pairmine.sources import _graph_files
from pairmine.sources._column_roles import Role, without_count
from pairmine.sources._edge_tables import EdgeRule, edge_table, merged, sanitised
from pairmine.sources._interner import Interner
from pairmine.sources._named_tracks import NamedTracks, dense_ids, variants
from pairmine.sources._number_files import NumberFile
from pairmine.sources._rejects import Rejects
from pairmine.sources._row_files import RowFiles, find
from pairmine.sources._rows import Rows, checked

Int32s = npt.NDArray[np.int32]

KIND = "colisten"

_THINGS = ("track", "song", "recording", "artist", "release", "album", "item", "node", "user", "id", "key", "name")


def _ends(letter: str, number: str, *others: str) -> tuple[str, ...]:
    """Return how one end of an edge is called: a, artist_a, artist_id_a, artist_a_id, artist1 …"""
    things = [thing + end for thing in _THINGS for end in (letter, number)]
    ids = [f"{thing}id{end}" for thing in _THINGS for end in (letter, number)]
    return (letter, *others, *things, *ids, *(f"{thing}id" for thing in things))


_ROLES = {
    "track_a": Role(_ends("a", "1", "source", "src", "from", "anchor"), True),
    "track_b": Role(_ends("b", "2", "target", "dst", "to", "positive"), True),
    "count": Role(("count", "weight", "listeners", "n")),
}
_REQUIRED = {"track_a": "end", "track_b": "end"}
_UNIT = "rows"


def ingest(
    workspace: Path,
    name: str,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Edge lists (.csv, .tsv, .parquet) or graphs (.graphml, .gexf, .gml, .json); .gz, .zst."),
    ],
    track_a: Annotated[str | None, typer.Option(help="Column of one end: name, or number from 1.")] = None,
    track_b: Annotated[str | None, typer.Option(help="Column of the other end.")] = None,
    count: Annotated[str | None, typer.Option(help="Column of the listeners of both; each row is 1 without.")] = None,
    no_count: Annotated[
        bool, typer.Option("--no-count", help="Each row is 1, whatever its column of counts says: fractions, scores.")
    ] = False,
    min_count: Annotated[int, typer.Option(min=1, help="Least count of an edge.")] = 1,
    max_neighbours: Annotated[
        int, typer.Option(min=1, help="An edge stays if it is among so many strongest of both its ends.")
    ] = 250,
    seed: Annotated[int, typer.Option(help="Names the order of equal counts.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest colisten edges.csv`

    Read a co-listen graph: rows (a, b[, count]), with or without a header, or a graph file with `count` or
    `weight` on its edges, and `title` (or `label`) and `artist` on its nodes.

    Repeated rows of an edge add up; of an edge in both directions the larger count stays. Rows with a missing end,
    with both ends the same or with a count that is no whole number over 0 go to the table `rejects`.
    """
    named = {"track_a": track_a, "track_b": track_b, "count": count}
    graphs, tables = _divided(paths)
    rule = EdgeRule(min_count, max_neighbours, seed)
    with catalogue.writer(workspace, name, KIND) as writer:
        rejects = Rejects(writer.scratch)
        spool = _Spool(writer.scratch, rejects)
        files = RowFiles(_UNIT, without_count(_ROLES, count, no_count), named, rejects, threads)
        for file, rows in files.read(tables):
            spool.take(file, rows)
        for path in graphs:
            graph = _graph_files.read(path)
            spool.take_nodes(graph.nodes)
            if no_count:
                del graph.edges.columns["count"]
            spool.take(shown(path.name), graph.edges)
        return _write(writer, spool, rejects, rule, files.sound + len(graphs))


def _divided(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return graph files and tables."""
    files = find(paths, _graph_files.SUFFIXES)
    graphs = [file for file in files if _graph_files.is_graph(file.name)]
    return graphs, [file for file in files if file not in graphs]


class _Spool:
    """Takes sound rows of edges, their ends numbered as they come; the numbers wait on disk."""

    def __init__(self, folder: Path, rejects: Rejects) -> None:
        self.ends = Interner()
        self.skipped: Counter[str] = Counter()
        self._rejects, self._rows = rejects, NumberFile(folder / "rows", 3)

    def take(self, file: str, rows: Rows) -> None:
        """Take up the sound rows of a part of a file."""
        sound, counts = checked(rows, _UNIT, _REQUIRED)
        for reject in sound.rejects:
            self._rejects.add(file, reject)
        self.skipped += sound.skipped
        numbers = [self.ends.numbers(variants({"track": sound.columns[end]})) for end in _REQUIRED]
        self._rows.append(*numbers, counts.astype(np.int32))

    def take_nodes(self, columns: dict[str, pa.Array]) -> None:
        """Take up what a graph says of its nodes."""
        self.ends.numbers(variants(columns))

    def edges(self, track_of: Int32s) -> tuple[Int32s, Int32s, npt.NDArray[np.int64]]:
        """Return both ends and the count of all rows."""
        a, b, count = self._rows.columns()
        return track_of[a], track_of[b], count.astype(np.int64)


def _write(writer: catalogue.Writer, spool: _Spool, rejects: Rejects, rule: EdgeRule, sound: int) -> catalogue.Ingested:
    named = NamedTracks(spool.ends.texts())
    track_a, track_b, counts = spool.edges(named.track_of)
    used, id_of = dense_ids(named.count, track_a, track_b)
    rows, merging = merged(id_of[track_a], id_of[track_b], counts)
    edges, edge_tally = sanitised(rows, used, rule)
    taken = Tally(_UNIT, rows[0].size, {**spool.skipped, **merging}, rejects.counts[_UNIT])
    if not edges[0].size:
        told = f"{taken}; {edge_tally}{rejects.hint()}"
        raise InputError(f"no edge is left ({told}): source {writer.final.name!r} is left as it was")
    conflicts = named.write(writer, id_of)
    writer.write("edges", edge_table(*edges))
    writer.write("rejects", rejects.sorted())
    return writer.commit([taken, edge_tally, Tally("files", sound, rejected=rejects.counts["files"])], conflicts)
