"""Audio for the synthetic world: short clips of its most wanted tracks, rendered from what they were made from.

A folder of 16-bit WAV files, 16 kHz mono, and `key_map.tsv`, which says which track each of them is.
"""

import io
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import parallel, store
from pairmine.catalogue import Ingested, Tally
from pairmine.errors import UsageError
from pairmine.progress import bar
from pairmine.sources._synth_sound import RATE, Sound, own_stream, render

KEY_MAP = "key_map.tsv"


def check_place(folder: Path) -> None:
    """Raise UsageError if a folder holds anything but earlier clips, which are replaced whole."""
    if folder.exists() and not (folder / KEY_MAP).is_file():
        raise UsageError(f"{folder} holds other files: move them away")


def add(report: Ingested, clips: int, seconds: float, seed: int, folder: Path, threads: int | None) -> Ingested:
    """Render the most wanted tracks of a world that was just written, and add to its report how many."""
    chosen = most_wanted(_truth(report.folder), clips)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with store.claim(folder.with_name(f"{folder.name}.partial")) as partial:
        store.clear(partial)
        _write(chosen, seconds, seed, partial, threads)
        store.publish(partial, folder)
    return replace(report, tallies=[*report.tallies, Tally("audio clips", chosen.num_rows)])


def _truth(folder: Path) -> pa.Table:
    """Return truth_tracks of a catalogue, or beside files of another format."""
    parts = sorted(folder.glob("truth_tracks/*.parquet")) or [folder / "truth_tracks.parquet"]
    return pa.concat_tables([pq.ParquetFile(part).read() for part in parts])


def most_wanted(truth: pa.Table, clips: int) -> pa.Table:
    """Return the rows of the tracks of most weight, ties by key, in the order of keys."""
    ranked = truth.sort_by([("weight", "descending"), ("key", "ascending")])
    return ranked.slice(0, clips).sort_by("key")


def _write(chosen: pa.Table, seconds: float, seed: int, folder: Path, threads: int | None) -> None:
    def write(row: dict[str, Any]) -> str:
        file = file_of(row["key"])
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wav(render(sound_of(row, seed), seconds).tobytes()))
        return f"{file}\t{row['key']}\n"

    lines = ["file\tkey\n"]
    with bar("rendering", chosen.num_rows) as advance:
        for line in parallel.in_order(write, chosen.to_pylist(), threads):
            lines.append(line)
            advance(1)
    store.write_bytes(folder / KEY_MAP, "".join(lines).encode())


def file_of(key: str) -> str:
    """Return the path of a track's clip, which tells nothing but its key."""
    name = key.rpartition(":")[2]
    return f"{name[:2]}/{name}.wav"


def sound_of(row: dict[str, Any], seed: int) -> Sound:
    """Return what a row of truth_tracks sounds like."""
    factors = row["taste"], row["tempo"], row["tonic"], row["minor"], row["register"]
    return Sound(*factors, stream=own_stream(seed, row["key"]))


def wav(samples: bytes) -> bytes:
    """Return 16-bit mono samples as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, np.dtype(np.int16).itemsize, RATE, 0, "NONE", ""))
        writer.writeframes(samples)
    return file.getvalue()
