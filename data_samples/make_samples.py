"""Make the sample data anew: python data_samples/make_samples.py (same bytes every time).

Playlists and dumps are made up by `pairmine ingest synth`, then given the oddities real copies have; the music is a
tone.
"""

import gzip
import json
import math
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.id3
import mutagen.wave
import soundfile
import zstandard
from odd_releases import FILE as ODD_RELEASES
from small_sources import FILES as SMALL_SOURCES

HERE = Path(__file__).resolve().parent
PLAYLISTS, RELEASES, CLIPS = 392, 14, 4
RATE = 8_000
SONGS = (
    (
        "made up/01 First Tone.flac",
        440,
        {"title": "First Tone", "artist": "Nobody Else", "album": "Tones", "date": "2023", "label": "Made Up Records"},
    ),
    (
        "made up/02 Second Tone.flac",
        220,
        {"title": "Second Tone", "artist": ["Nobody Else", "AC/DZ"], "album": "Tones", "genre": "Drone"},
    ),
    ("untagged tone.flac", 110, {}),
)
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


def run_synth(folder: str, *words: str) -> None:
    """Run `ingest synth` with seed 2023 into a folder."""
    words = ("ingest", "synth", "--seed", "2023", "--out", folder, "-w", f"{folder}-workspace", *words)
    subprocess.run([sys.executable, "-m", "pairmine", *words], check=True, stdout=subprocess.DEVNULL)


def synthetic() -> list[dict[str, Any]]:
    """Return the playlists of the synthetic world with seed 2023."""
    with tempfile.TemporaryDirectory() as folder:
        run_synth(f"{folder}/json", "--format", "json", "--playlists", str(PLAYLISTS))
        slices = sorted(Path(folder).glob("json/mpd.slice.*.json"))
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


def write_mpd(folder: Path) -> None:
    """Write playlists in the forms copies of the MPD have."""
    playlists = synthetic()
    full = as_slice(playlists[FULL], "0-999").encode()
    (folder / "mpd.slice.0-999.json.zst").write_bytes(zstandard.ZstdCompressor(level=19).compress(full))
    bare = json.dumps(playlists[BARE], ensure_ascii=False, separators=(",", ":")).encode()
    (folder / "bare_list.json.gz").write_bytes(gzip.compress(bare, mtime=0))
    fewer = as_slice([reduced(each) for each in playlists[REDUCED]], "1000-1999").encode()
    (folder / "mpd.slice.1000-1999.json.gz").write_bytes(gzip.compress(fewer, mtime=0))
    repeated = json.dumps(playlists[3:6], indent=1, ensure_ascii=False)
    (folder / "repeated.json").write_text(repeated, encoding="utf-8")
    oddities = as_slice(odd(playlists[380:388]), "odd").encode()
    (folder / "odd.json.gz").write_bytes(gzip.compress(oddities, mtime=0))
    cut = as_slice(playlists[388:392], "cut").encode()
    (folder / "cut.json").write_bytes(cut[: len(cut) * 4 // 5])


def write_discogs(folder: Path) -> None:
    """Write a small dump in the newer form, and releases with every oddity in the older."""
    with tempfile.TemporaryDirectory() as made:
        run_synth(f"{made}/dump", "--format", "discogs", "--releases", str(RELEASES))
        for path in Path(made).glob("dump/discogs_synth_*.xml.gz"):
            content = gzip.decompress(path.read_bytes())
            kind = path.name.removeprefix("discogs_synth_")
            (folder / f"discogs_20260401_{kind}").write_bytes(gzip.compress(content, mtime=0))
    odd = ODD_RELEASES.encode("ascii", "xmlcharrefreplace")
    (folder / "discogs_20200801_releases.xml.gz").write_bytes(gzip.compress(odd, mtime=0))


def tone(hertz: float) -> bytes:
    """Return half a second of a tone: unsigned 8-bit samples."""
    return bytes(round(128 + 100 * math.sin(2 * math.pi * hertz * i / RATE)) for i in range(RATE // 2))


def remainder(data: bytes, polynomial: int, bits: int) -> bytes:
    """Return the cyclic redundancy check of data, as FLAC has it."""
    value = 0
    for byte in data:
        value ^= byte << (bits - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (bits - 1) else 0)
    return (value & ((1 << bits) - 1)).to_bytes(bits // 8, "big")


def flac(samples: bytes) -> bytes:
    """Return unsigned 8-bit samples (mono) as FLAC: one frame, verbatim."""
    size = len(samples).to_bytes(2, "big")
    rate_channels_bits_samples = (RATE << 44) | (7 << 36) | len(samples)
    info = 2 * size + bytes(6) + rate_channels_bits_samples.to_bytes(8, "big") + bytes(16)
    header = b"\xff\xf8\x74\x02\x00" + (len(samples) - 1).to_bytes(2, "big")
    frame = header + remainder(header, 0x107, 8) + b"\x02" + bytes(sample ^ 128 for sample in samples)
    return b"fLaC\x80\x00\x00\x22" + info + frame + remainder(frame, 0x18005, 16)


def write_audio(folder: Path) -> None:
    """Write tones with tags, one without, and a file that is no music."""
    for name, hertz, tags in SONGS:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(flac(tone(hertz)))
        song = mutagen.flac.FLAC(path)
        song.update(tags)
        song.save(padding=lambda _: 0)
    path = folder / "Nobody Else - Third Tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, RATE, 0, "NONE", ""))
        file.writeframes(tone(330))
    song = mutagen.wave.WAVE(path)
    song.add_tags()
    song.tags.add(mutagen.id3.TIT2(encoding=3, text="Third Tone"))
    song.tags.add(mutagen.id3.TPE1(encoding=3, text=["Nobody Else", "The Third"]))
    song.save(padding=lambda _: 0)
    (folder / "cover.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "broken.mp3").write_text("this is no music\n")


def write_clips(folder: Path) -> None:
    """Write what the most wanted tracks of the playlists sound like, and the key of each."""
    with tempfile.TemporaryDirectory() as made:
        words = ("--format", "json", "--playlists", str(PLAYLISTS), "--audio", str(CLIPS), "--seconds", "3.2")
        run_synth(f"{made}/json", *words)
        clips = Path(made) / "json-workspace" / "audio" / "synth"
        lines = (clips / "key_map.tsv").read_text().splitlines()
        for file in (line.split("\t")[0] for line in lines[1:]):
            samples, rate = soundfile.read(clips / file, dtype="int16")
            soundfile.write(folder / Path(file).with_suffix(".flac").name, samples, rate, "PCM_16")
    table = [lines[0], *(line[line.index("/") + 1 :].replace(".wav", ".flac") for line in lines[1:])]
    (folder / "key_map.tsv").write_text("\n".join(table) + "\n")


def main() -> None:
    """Write all samples."""
    parts = {"mpd": write_mpd, "discogs": write_discogs, "audio": write_audio, "clips": write_clips}
    for name, write in parts.items():
        (HERE / name).mkdir(exist_ok=True)
        write(HERE / name)
    for name, content in SMALL_SOURCES.items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
