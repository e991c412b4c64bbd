"""Audio, arrays, tables and JSON of made-up data."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import soundfile

from pairmine import seeding

RATE, SECONDS = 16_000, 13


def clips(folder: Path, keys: Sequence[str], seconds: int = SECONDS) -> None:
    """Write a tone and some noise for each key."""
    time_S = np.arange(RATE * seconds) / RATE
    for number, key in enumerate(keys):
        path = folder / f"{key}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise_S = seeding.rng(number, "toy").normal(scale=0.02, size=time_S.size)
        tone_S = 0.2 * np.sin(2 * np.pi * (220 + 55 * (number % 12)) * time_S)
        soundfile.write(path, (tone_S + noise_S).astype(np.float32), RATE)


def arrays(folder: Path, keys: Sequence[str]) -> None:
    """Write an array of 48 bands, in decibels, for each key, and which is which."""
    for number, key in enumerate(keys):
        path = folder / f"{key}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, seeding.rng(number, "toy").normal(-40, 10, (48, 600)).astype(np.float32))
    table(folder / "key_map.tsv", [("file", "key"), *((f"{key}.npy", key) for key in keys)], "\t")


def table(file: Path, rows: Iterable[Sequence[object]], separator: str = ",", end: str = "\n") -> None:
    """Write rows, quoted where a cell needs it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        csv.writer(opened, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_MINIMAL).writerows(rows)


def document(file: Path, content: object) -> None:
    """Write JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
