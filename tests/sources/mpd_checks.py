"""What holds of every `ingest mpd`, and looks at what it left behind."""

import hashlib
from pathlib import Path

import polars as pl

from pairmine.catalogue import Ingested
from pairmine.store import damages, read_manifest


def table(ingested: Ingested, name: str) -> pl.DataFrame:
    return pl.read_parquet(ingested.folder / name / "*.parquet")


def fingerprint(folder: Path) -> dict[str, str]:
    """Checksums of all that an ingest left behind."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def check(ingested: Ingested) -> None:
    """What holds of every ingest: it reconciles, and its tables refer to each other."""
    manifest = read_manifest(ingested.folder)
    assert list(damages(ingested.folder, manifest)) == []
    assert sum(tally.rejected for tally in ingested.tallies) == ingested.rejects == table(ingested, "rejects").height
    tallies = {tally.unit: tally for tally in ingested.tallies}
    assert tallies["playlists"].taken == ingested.tables["playlists"]
    assert tallies["entries"].taken == ingested.tables["playlist_tracks"]
    for name in ("tracks", "artists", "releases", "playlists"):
        frame = table(ingested, name)
        assert frame.to_series(0).to_list() == list(range(frame.height))
        keys = [key.encode() for key in frame["key"]]
        assert keys == sorted(set(keys))
    assert sorted(set(table(ingested, "playlist_tracks")["track_id"])) == list(range(ingested.tables["tracks"]))
