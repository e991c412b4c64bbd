"""What `features` reads: audio files or arrays below a folder, each with the key of its track."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from pairmine import store
from pairmine.audio_folder import key_of, scan
from pairmine.errors import InputError, MissingError, shown

KEY_MAP = "key_map.tsv"


class Item(NamedTuple):
    """A file, by its path below the folder, and the key of the track it holds."""

    key: str
    file: str
    path: Path


@dataclass
class Inputs:
    """Items in the byte order of their keys, each key once; what was skipped, by rule; folders that cannot be read."""

    items: list[Item]
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, rule: str, fits: Callable[[Item], bool]) -> None:
        """Keep the items that fit, and count the others under a rule."""
        kept = [item for item in self.items if fits(item)]
        if len(kept) < len(self.items):
            self.skipped[rule] += len(self.items) - len(kept)
        self.items = kept

    def digest(self) -> str:
        """Return a checksum of keys, paths below the folder and sizes."""
        return store.digest([[item.key, item.file, item.path.stat().st_size] for item in self.items])


def find(folder: Path, reads: str, key_map: Path | None, tracks: set[str] | None) -> Inputs:
    """List the audio files below a folder, or with `reads` "arrays" its .npy files.

    A track's key is the file's path below the folder, of an array the file's name without .npy, unless `key_map` (or
    key_map.tsv in the folder) says otherwise. With `tracks`, only those keys are taken. Of several files of one key the
    first by path is.

    Raises:
        InputError: there is no such folder, nothing of use in it, or none of it is wanted.
    """
    found = _arrays(folder) if reads == "arrays" else _audio(folder)
    if key_map is None and (folder / KEY_MAP).is_file():
        key_map = folder / KEY_MAP
    if key_map is not None:
        known = read_key_map(key_map)
        found.keep("not in the key map", lambda item: item.file in known)
        found.items = [item._replace(key=known[item.file]) for item in found.items]
    if tracks is not None:
        found.keep("no track of the source", lambda item: item.key in tracks)
    found.items.sort(key=lambda item: (item.key.encode(), item.file.encode()))
    first = {item.key: item for item in reversed(found.items)}
    found.keep("another file of the same key", lambda item: first[item.key] is item)
    if not found.items:
        skipped = ", ".join(f"{count:,} {rule}" for rule, count in found.skipped.items())
        raise InputError(f"no file of {shown(folder)} is wanted ({skipped}): check the keys, or pass --key-map")
    return found


def _audio(folder: Path) -> Inputs:
    listed = scan(folder)
    items = [Item(key, key, path) for key, path in listed.files.items()]
    return Inputs(items, Counter(listed.rules()), listed.unreadable)


def _arrays(folder: Path) -> Inputs:
    if not folder.is_dir():
        raise InputError(f"{shown(folder)}: no such folder: check the path")
    items = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        paths = (Path(place, name) for name in names if name.endswith(".npy"))
        items += [Item(path.stem, key_of(path, folder), path) for path in paths if path.is_file()]
    if not items:
        raise InputError(f"{shown(folder)} holds no .npy files: name the folder of the arrays")
    return Inputs(items)


def read_key_map(path: Path) -> dict[str, str]:
    """Return the keys of files from a table with the columns file and key: .parquet, .csv, else tab-separated.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    try:
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
        else:
            delimiter = "," if path.suffix == ".csv" else "\t"
            types = {"file": pa.string(), "key": pa.string()}
            table = pa.csv.read_csv(
                path,
                parse_options=pa.csv.ParseOptions(delimiter=delimiter),
                convert_options=pa.csv.ConvertOptions(column_types=types, include_columns=list(types)),
            )
        columns = [table.column(name).cast(pa.string()).to_pylist() for name in ("file", "key")]
    except (OSError, pa.ArrowException, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{shown(path)}: no table with the columns file and key: {reason}") from error
    return {file: key for file, key in zip(*columns, strict=True) if file and key}


def source_of(workspace: Path, name: str) -> tuple[dict[str, Any], set[str]]:
    """Return what the manifest of features says of a source, and the keys of its tracks.

    Raises:
        MissingError: it is not in the workspace.
    """
    folder = workspace / "catalogue" / name
    if not (folder / store.MANIFEST).is_file():
        raise MissingError(f"no source {name!r} in workspace {workspace}: run `pairmine ingest` first")
    manifest = store.read_manifest(folder)
    keys: set[str] = set()
    for path in sorted((folder / "tracks").glob("*.parquet")):
        keys.update(pq.ParquetFile(path).read(["key"]).column("key").to_pylist())
    return {"name": name, "fingerprint": manifest["fingerprint"]}, keys
