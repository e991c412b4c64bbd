"""Make the sample data anew: python data_samples/make_samples.py (same bytes every time).

Everything is made up by `pairmine ingest synth`, then given the oddities real copies of the MPD have.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import zstandard

HERE = Path(__file__).resolve().parent
PLAYLISTS = 392
FULL, BARE, REDUCED = slice(0, 300), slice(300, 360), slice(360, 380)
REDUCED_PLAYLIST = (
    "name",
    "pid",
    "num_tracks",
    "num_followers",
    "num_edits",
    "duration_ms",
    "num_artists",
    "description",
)
REDUCED_TRACK = ("artist_name", "track_uri", "track_name")


def synthetic() -> list[dict[str, Any]]:
    """Return the playlists of the synthetic world with seed 2023."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            "ingest",
            "synth",
            "--playlists",
            str(PLAYLISTS),
            "--seed",
            "2023",
            "--format",
            "json",
            "--out",
            folder,
        ]
        command = [sys.executable, "-m", "pairmine", *words, "-w", f"{folder}/workspace"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        slices = sorted(Path(folder).glob("mpd.slice.*.json"))
        return [playlist for file in slices for playlist in json.loads(file.read_text())["playlists"]]


def as_slice(playlists: list[dict[str, Any]], name: str) -> str:
    """Return playlists in the layout of an MPD slice."""
    info = {"generated_on": "2017-12-03 08:41:42.057563", "slice": name, "version": "v1"}
    return json.dumps({"info": info, "playlists": playlists}, indent=4)


def reduced(playlist: dict[str, Any]) -> dict[str, Any]:
    """Return a playlist as copies keep it that drop fields: no uris but the track's, no album, no position."""
    kept = {field: playlist[field] for field in REDUCED_PLAYLIST if field in playlist}
    return kept | {"tracks": [{field: track[field] for field in REDUCED_TRACK} for track in playlist["tracks"]]}


def odd(playlists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return playlists with wrong types, missing fields, an empty list, and a pid that another playlist has."""
    first, second, third, fourth, *rest = json.loads(json.dumps(playlists))
    first["num_followers"] = "many"
    first["tracks"][0]["duration_ms"] = None
    del second["tracks"][1]["track_uri"]
    second["tracks"][2] = "no track"
    third["pid"] = 7
    third["name"] = "another list under pid 7 \U0001f3b5"
    fourth["collaborative"] = True
    fourth["tracks"] = []
    nameless = {"pid": "eight", "name": "a pid that is no number", "tracks": []}
    return [first, second, third, fourth, nameless, *rest]


def main() -> None:
    """Write all samples."""
    playlists = synthetic()
    folder = HERE / "mpd"
    folder.mkdir(exist_ok=True)
    full = as_slice(playlists[FULL], "0-999").encode()
    (folder / "mpd.slice.0-999.json.zst").write_bytes(zstandard.ZstdCompressor(level=19).compress(full))
    bare = json.dumps(playlists[BARE], ensure_ascii=False, separators=(",", ":")).encode()
    (folder / "bare_list.json.gz").write_bytes(gzip.compress(bare, mtime=0))
    (folder / "mpd.slice.1000-1999.json").write_text(
        as_slice([reduced(each) for each in playlists[REDUCED]], "1000-1999")
    )
    repeated = json.dumps(playlists[3:6], indent=1, ensure_ascii=False)
    (folder / "repeated.json").write_text(repeated, encoding="utf-8")
    (folder / "odd.json").write_text(as_slice(odd(playlists[380:388]), "odd"))
    cut = as_slice(playlists[388:392], "cut").encode()
    (folder / "cut.json").write_bytes(cut[: len(cut) * 4 // 5])


if __name__ == "__main__":
    main()
