"""One workspace that every test of the reports reads: a source with albums, and a pair set of each strategy."""

from pathlib import Path

import pyarrow as pa
import pytest

from pairmine import catalogue, engine, registry
from pairmine.catalogue import Tally
from pairmine.pairing import build_pairs
from tests.conftest import random_playlists
from tests.worlds import small_parameters, table

TITLES = ["Chill!", " chill ", "Summer  '17", "summer '17", "Été\u00a0", "été", "a\u00a0b", "a b", "ΣΑΣ", None]
CREDITS = [
    {"year": 1999, "country": "UK", "format": "Vinyl, CD"},
    {"year": 2001, "country": "Sweden", "format": "CD"},
    {},
]


def write_world(workspace: Path, name: str, playlists: list[list[int]]) -> None:
    """Write a source in which some tracks have two artists or albums, titles vary, and two names are shared."""
    tracks = range(max(max(playlist) for playlist in playlists if playlist) + 1)
    artists_of = {track: {track // 3, track // 5} for track in tracks}
    releases_of = {track: {track // 4} | ({track // 7} if track % 2 else set()) for track in tracks}
    names = [f"Name {artist // 2}" for artist in range(len(tracks))]
    labels_of = {track: {track // 15} | ({track // 21} if track % 3 else set()) for track in tracks}
    relations = {"artist": artists_of, "release": releases_of, "label": labels_of}
    rows = {
        "tracks": [
            {
                "track_id": t,
                "key": f"t{t:06d}",
                "title": f"Title {t // 2}",
                "artist": names[t // 3],
                "album": f"A{t // 4}",
            }
            for t in tracks
        ],
        "artists": [{"artist_id": a, "key": f"a{a:06d}", "name": each} for a, each in enumerate(names)],
        "labels": [{"label_id": g, "key": f"l{g:06d}", "name": f"Label {g}"} for g in tracks],
        "releases": [{"release_id": r, "key": f"r{r:06d}", "title": f"Album {r}", **CREDITS[r % 3]} for r in tracks],
        "playlists": [
            {
                "playlist_id": p,
                "key": f"p{p:06d}",
                "title": TITLES[p % len(TITLES)],
                "description": "words" if p % 7 == 0 else None,
                "num_tracks": len(playlist),
                "num_followers": 1 + p % 3,
                "num_edits": 1 + p % 5,
                "modified_at": 86_400_000 * (17_000 + p % 11),
            }
            for p, playlist in enumerate(playlists)
        ],
        "playlist_tracks": [
            {"playlist_id": p, "position": i, "track_id": track}
            for p, playlist in enumerate(playlists)
            for i, track in enumerate(playlist)
        ],
        "track_tags": [{"track_id": t, "kind": "genre", "tag": f"Genre {t % 3}"} for t in tracks],
        "edges": [{"track_a": t, "track_b": t + 1, "count": 1 + t % 3} for t in tracks[:-1]],
        "rejects": [{"file": "a.json", "position": 5, "reason": "no number", "excerpt": "{"}],
    }
    for of, groups in relations.items():
        rows[f"track_{of}s"] = [{"track_id": t, f"{of}_id": each} for t in tracks for each in sorted(groups[t])]
    with catalogue.writer(workspace, name, "playlists") as writer:
        for each, content in rows.items():
            writer.write(each, table(each, content) if each != "playlists" else _playlists(content))
        writer.commit([Tally("playlists", len(playlists))], {})


def _playlists(rows: list[dict]) -> pa.Table:
    times = pa.array([row.pop("modified_at") for row in rows]).cast(pa.timestamp("ms"))
    whole = table("playlists", rows)
    return whole.set_column(whole.schema.get_field_index("modified_at"), "modified_at", times)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    """A workspace with the source `toy` and its pair sets `toy-<strategy>` of three epochs."""
    workspace = tmp_path_factory.mktemp("world")
    write_world(workspace, "toy", random_playlists(300, 700, seed=2))
    for strategy in registry.names("strategies"):
        build_pairs(workspace, "toy", strategy, parameters=small_parameters(strategy), epochs=3)
    return workspace


@pytest.fixture(scope="session")
def rows(world):
    """The rows of a table of the source, or of `pairs` of a pair set, as tuples."""

    def read(columns: str, of: str, pair_set: str | None = None) -> list[tuple]:
        folder = world / "pairs" / pair_set if pair_set else None
        with engine.open_pairs(world, folder) if folder else engine.open_source(world, "toy") as connection:
            return connection.execute(f"select {columns} from {of} order by all").fetchall()

    return read
