"""Small catalogues for tests, written from plain lists."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pairmine import catalogue
from pairmine.catalogue import Tally
from pairmine.schema import CATALOGUE


def table(name: str, rows: list[dict]) -> pa.Table:
    """Return rows as a table of the contract; what a row lacks is null."""
    return pa.Table.from_pylist(rows, schema=CATALOGUE[name].arrow)


def write_source(
    workspace: Path, name: str, playlists: list[list[int]], artist_of: dict[int, int] | None = None
) -> None:
    """Write a source with these playlists of track ids; every track up to the largest exists."""
    tracks = max((track for playlist in playlists for track in playlist), default=-1) + 1
    artist_of = artist_of or {track: track // 3 for track in range(tracks)}
    artists = max(artist_of.values(), default=-1) + 1
    places = [(p, i, track) for p, playlist in enumerate(playlists) for i, track in enumerate(playlist)]
    with catalogue.writer(workspace, name, "playlists") as writer:
        writer.write(
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
        writer.write(
            "artists",
            table(
                "artists",
                [{"artist_id": a, "key": f"a{a:06d}", "name": f"Artist {a}"} for a in range(artists)],
            ),
        )
        writer.write(
            "track_artists",
            table("track_artists", [{"track_id": t, "artist_id": artist_of[t]} for t in range(tracks)]),
        )
        writer.write(
            "playlists",
            table(
                "playlists",
                [
                    {"playlist_id": p, "key": f"p{p:06d}", "title": f"List {p}", "num_tracks": len(playlist)}
                    for p, playlist in enumerate(playlists)
                ],
            ),
        )
        columns = np.array(places, np.int32).reshape(-1, 3).T
        writer.write("playlist_tracks", pa.table(list(columns), names=["playlist_id", "position", "track_id"]))
        writer.write("rejects", table("rejects", []))
        writer.commit([Tally("playlists", max(len(playlists), 1))], {})
