"""Small catalogues for tests, written from plain lists."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pairmine import catalogue, registry
from pairmine.catalogue import Tally
from pairmine.schema import CATALOGUE
from pairmine.strategies._parameters import Parameters

SMALL = {"per_epoch": 500, "dimensions": 8, "iterations": 2}


def small_parameters(strategy: str, **given) -> Parameters:
    """Return parameters with which a strategy is quick, and needs no package that is built from source."""
    options = registry.load("strategies", strategy).OPTIONS
    quick = {name: value for name, value in SMALL.items() if name in options}
    return Parameters(**quick | ({"trainer": "wmf"} if strategy == "cf" else {}) | given)


def table(name: str, rows: list[dict]) -> pa.Table:
    """Return rows as a table of the contract; what a row lacks is null."""
    return pa.Table.from_pylist(rows, schema=CATALOGUE[name].arrow)


def write_source(
    workspace: Path,
    name: str,
    playlists: list[list[int]],
    artist_of: dict[int, int] | None = None,
    only: set[str] | None = None,
) -> None:
    """Write a source with these playlists of track ids; every track up to the largest exists. `only` names its tables.

    Two tracks to a release, five artists to a label; every fifth track is on another release, every fourth on another
    label as well; three tags to a track, and edges to the tracks 1, 2 and 7 further on.
    """
    tracks = max((track for playlist in playlists for track in playlist), default=-1) + 1
    artist_of = artist_of or {track: track // 3 for track in range(tracks)}
    artists = max(artist_of.values(), default=-1) + 1
    relations = {
        "artist": {t: {artist_of[t]} for t in range(tracks)},
        "release": {t: {t // 2} | ({t // 3} if t % 5 == 0 else set()) for t in range(tracks)},
        "label": {t: {artist_of[t] // 5} | ({artist_of[t] // 7} if t % 4 == 0 else set()) for t in range(tracks)},
    }
    places = [(p, i, track) for p, playlist in enumerate(playlists) for i, track in enumerate(playlist)]
    with catalogue.writer(workspace, name, "playlists") as writer:

        def write(table_name: str, content: pa.Table) -> None:
            if only is None or table_name in only:
                writer.write(table_name, content)

        write(
            "tracks",
            table(
                "tracks",
                [
                    {
                        "track_id": t,
                        "key": f"t{t:06d}",
                        "title": f"Title {t}",
                        "artist": f"Artist {artist_of[t]}",
                    }
                    for t in range(tracks)
                ],
            ),
        )
        for of, groups in relations.items():
            name = "title" if of == "release" else "name"
            rows = [
                {f"{of}_id": g, "key": f"{of[0]}{g:06d}", name: f"{of.title()} {g}"} for g in range(artists + tracks)
            ]
            write(f"{of}s", table(f"{of}s", rows[: max(set.union(set(), *groups.values()), default=-1) + 1]))
            rows = [{"track_id": t, f"{of}_id": g} for t in range(tracks) for g in sorted(groups[t])]
            write(f"track_{of}s", table(f"track_{of}s", rows))
        write(
            "playlists",
            table(
                "playlists",
                [
                    {"playlist_id": p, "key": f"p{p:06d}", "title": f"List {p}", "num_tracks": len(playlist)}
                    for p, playlist in enumerate(playlists)
                ],
            ),
        )
        tags = [
            {"track_id": t, "kind": kind, "tag": f"{kind} {number}"}
            for t in range(tracks)
            for kind, number in (("genre", t % 5), ("genre", 5 + t % 2), ("style", t % 11))
        ]
        write("track_tags", table("track_tags", tags))
        edges = sorted({(t, t + step) for t in range(tracks) for step in (1, 2, 7) if t + step < tracks})
        rows = [{"track_a": a, "track_b": b, "count": 1 + a % 3} for a, b in edges]
        write("edges", table("edges", rows))
        columns = np.array(places, np.int32).reshape(-1, 3).T
        write("playlist_tracks", pa.table(list(columns), names=["playlist_id", "position", "track_id"]))
        write("rejects", table("rejects", []))
        writer.commit([Tally("playlists", max(len(playlists), 1))], {})
