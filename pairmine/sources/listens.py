"""Listens: who heard which track, as tables, Last.fm-1K, ListenBrainz or Echo Nest triplets, made into a graph.

Ò. Celma: Music recommendation and discovery in the long tail, 2010 (Last.fm-1K); T. Bertin-Mahieux et al.: The million
song dataset, ISMIR 2011 (triplets); https://listenbrainz.org/data. Sanitised as in colisten-2020 (methods.md,
section 3). Licence: that of the data; Last.fm-1K: non-commercial.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from pairmine import catalogue
from pairmine.catalogue import Tally
from pairmine.errors import InputError
from pairmine.kernels.groups import Groups, distinct, grouped
from pairmine.sources import _listenbrainz
from pairmine.sources._column_roles import Columns, Role, without_count
from pairmine.sources._edge_tables import CountedEdges, EdgeRule
from pairmine.sources._interner import Interner
from pairmine.sources._named_tracks import NamedTracks, dense_ids, variants, with_names
from pairmine.sources._number_files import NumberFile
from pairmine.sources._rejects import Rejects
from pairmine.sources._row_files import RowFiles, find
from pairmine.sources._rows import Rows, checked

KIND = "listens"

_ROLES = {
    "user": Role(("user", "userid", "username", "listener", "listenerid", "account"), True),
    "track": Role(
        ("track", "trackid", "trackuri", "song", "songid", "item", "itemid", "recordingmbid", "recordingmsid"),
        True,
        ("title", "artist"),
    ),
    "count": Role(("count", "plays", "playcount", "listens", "weight")),
    "title": Role(("title", "trackname", "tracktitle", "songname", "recordingname", "name")),
    "artist": Role(("artist", "artistname")),
    "artist_key": Role(("artistid", "artistmbid", "artistmbids", "artistcreditmbids", "artisturi")),
    "album": Role(("album", "albumname", "release", "releasename")),
}
_REQUIRED = {"user": "user", "track": "track"}
_UNIT = "listens"
_JSON = (".json", ".jsonl", ".ndjson", ".listens")
_LASTFM_1K = {"user": [0], "track": [4], "title": [5], "artist": [3], "artist_key": [2]}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def ingest(
    workspace: Path,
    name: str,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Files or folders: .csv, .tsv, .txt, .dat, .parquet, ListenBrainz .json; .gz, .zst."),
    ],
    user: Annotated[str | None, typer.Option(help="Column of the user: name, or number from 1.")] = None,
    track: Annotated[str | None, typer.Option(help="Column of the track.")] = None,
    count: Annotated[str | None, typer.Option(help="Column of how often, which must be over 0.")] = None,
    no_count: Annotated[
        bool, typer.Option("--no-count", help="Take every row, whatever its column of counts says: fractions, scores.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="Column of the track's title.")] = None,
    artist: Annotated[str | None, typer.Option(help="Column of the artist's name.")] = None,
    album: Annotated[str | None, typer.Option(help="Column of the album's title.")] = None,
    min_user_tracks: Annotated[int, typer.Option(min=1, help="Users of fewer distinct tracks are left out.")] = 2,
    max_user_tracks: Annotated[
        int | None, typer.Option(min=1, help="Users of more distinct tracks (bots) are left out [default: no limit].")
    ] = None,
    min_count: Annotated[int, typer.Option(min=1, help="Users two tracks must share.")] = 2,
    max_neighbours: Annotated[
        int, typer.Option(min=1, help="An edge stays if it is among so many strongest of both its ends.")
    ] = 250,
    seed: Annotated[int, typer.Option(help="Names the order of equal counts.")] = 0,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads [default: one a core].")] = None,
) -> catalogue.Ingested:
    """`pairmine ingest listens userid-timestamp-artid-artname-traid-traname.tsv`

    Make a co-listen graph of listens: an edge's count is the number of users who heard both of its tracks.

    Takes tables (user, track[, count, title, artist, album], in any order with a header), lines of a user and all
    their tracks, Last.fm-1K, ListenBrainz (JSON lines and Parquet) and Echo Nest triplets. A track without an id
    goes by `name:<artist> / <title>`. Which column is taken for what is told on stderr.
    """
    named = {"user": user, "track": track, "count": count, "title": title, "artist": artist, "album": album}
    rule = EdgeRule(min_count, max_neighbours, seed)
    with catalogue.writer(workspace, name, KIND) as writer:
        rejects = Rejects(writer.scratch)
        spool = _Spool(writer.scratch, rejects)
        roles = without_count(_ROLES, count, no_count)
        files = RowFiles(_UNIT, roles, named, rejects, threads, _lastfm_1k, _listenbrainz.read)
        for file, rows in files.read(find(paths, _JSON)):
            spool.take(file, rows)
        tracks = NamedTracks(spool.tracks.texts())
        users, tallies = _users(spool, tracks.track_of, rejects, min_user_tracks, max_user_tracks)
        used, id_of = dense_ids(tracks.count, users.members)
        users = Groups(users.offsets, id_of[users.members])
        edges = CountedEdges(users, used, rule, writer.scratch, threads)
        tallies.append(edges.tally(writer.write("edges", edges.parts())))
        if not tallies[-1].taken:
            told = "; ".join(map(str, tallies)) + rejects.hint()
            raise InputError(f"no two tracks share {min_count} users ({told}): source {name!r} is left as it was")
        conflicts = tracks.write(writer, id_of)
        writer.write("rejects", rejects.sorted())
        tallies.append(Tally("files", files.sound, rejected=rejects.counts["files"]))
        return writer.commit(tallies, conflicts)


def _lastfm_1k(rows: Sequence[Sequence[str]]) -> Columns | None:
    """Return the columns of Last.fm-1K: userid, timestamp, artid, artname, traid, traname; no header."""
    times = [len(row) == 6 and _TIME.fullmatch(row[1]) is not None for row in rows]
    return Columns(_LASTFM_1K, None, len(rows[0])) if all(times) else None


class _Spool:
    """Takes sound listens, users and tracks numbered as they come; the numbers wait on disk."""

    def __init__(self, folder: Path, rejects: Rejects) -> None:
        self.users, self.tracks = Interner(), Interner()
        self.skipped: Counter[str] = Counter()
        self._rejects, self._listens = rejects, NumberFile(folder / "listens", 2)

    def take(self, file: str, rows: Rows) -> None:
        """Take up the sound rows of a part of a file."""
        rows.columns = with_names(rows.columns)
        sound, _ = checked(rows, _UNIT, _REQUIRED)
        for reject in sound.rejects:
            self._rejects.add(file, reject)
        self.skipped += sound.skipped
        users = self.users.numbers(sound.columns["user"])
        self._listens.append(users, self.tracks.numbers(variants(sound.columns)))

    def listens(self, track_of: npt.NDArray[np.int32]) -> Groups:
        """Return each user's tracks, repeated as heard."""
        users, heard = self._listens.columns()
        return grouped(users, track_of[heard], self.users.count)


def _users(
    spool: _Spool, track_of: npt.NDArray[np.int32], rejects: Rejects, fewest: int, most: int | None
) -> tuple[Groups, list[Tally]]:
    """Return the distinct tracks of the users who are kept, and what became of listens and users."""
    heard = spool.listens(track_of)
    listens = np.diff(heard.offsets)
    everything = np.ones(int(track_of.max(initial=-1)) + 1, np.bool_)
    users = distinct(heard, everything)
    sizes = np.diff(users.offsets)
    few, many = sizes < fewest, sizes > (most or np.inf)
    kept = ~few & ~many
    users = distinct(users, everything, most, fewest)
    rules = {f"of users under {fewest} tracks": few} | ({f"of users over {most} tracks": many} if most else {})
    repeats = int((listens - sizes)[kept].sum())
    skipped = spool.skipped | {"heard again": repeats} | {rule: int(listens[who].sum()) for rule, who in rules.items()}
    by_rule = {rule.removeprefix("of users "): int(who.sum()) for rule, who in rules.items()}
    return users, [
        Tally(_UNIT, int(sizes[kept].sum()), dict(skipped), rejects.counts[_UNIT]),
        Tally("users", int(kept.sum()), by_rule),
    ]
