"""Which tracks of a source may appear: not those excluded, only those named, of one split, or linked to a source."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pairmine import engine, links, progress, store
from pairmine.errors import InputError, MissingError
from pairmine.registry import check_name
from pairmine.strategies._inputs import Inputs

Flags = npt.NDArray[np.bool_]
HEADER = "key"  # as `sql --csv "select key …"` and key maps have it


@dataclass(frozen=True)
class Restrictions:
    """Which tracks may appear; what is left out is left out before anything is counted."""

    exclude: Path | None = None
    keys: Path | None = None
    split: str | None = None
    on: str | None = None

    def request(self, workspace: Path, source: str) -> dict[str, Any]:
        """Return the part of a set's manifest that tells which tracks might appear.

        Raises:
            InputError: a file of keys cannot be read.
            MissingError: the source was not split, or not linked to the other.
        """
        held_out = held_out_edges(workspace, source)
        return {
            **({"held_out_edges": held_out} if held_out else {}),
            "exclude": self.exclude and store.digest(sorted(_read_keys(self.exclude, "--exclude"))),
            "keys": self.keys and store.digest(sorted(_read_keys(self.keys, "--keys"))),
            "split": self.split and {"name": self.split, **_splits(workspace, source)},
            "on": self.on,
            "links": self.on and links.fingerprint(workspace, source, self.on),
        }

    def apply(self, workspace: Path, inputs: Inputs) -> None:
        """Leave the other tracks of a source out, and say how many; linked ones go by their names in the other source.

        Edges held out by `split --by edge` are not seen by any strategy.

        Raises:
            UsageError: there is no split of that name.
            InputError: the list of keys names no track.
        """
        kept = np.ones(inputs.tracks, np.bool_)
        if self.exclude:
            has_artists = (inputs.folder / "track_artists").is_dir()
            queries = ["tracks_named", *(["tracks_by_artists_named"] if has_artists else [])]
            kept &= ~_named(inputs, self.exclude, "--exclude", queries)
        if self.keys:
            named = _named(inputs, self.keys, "--keys", ["tracks_named"])
            if not named.any():
                raise InputError(f"--keys {self.keys} names no track of {inputs.source}: list its keys, one a line")
            kept &= named
        if (inputs.folder / "held_out_edges").is_dir():
            inputs.connection.execute(engine.statement("restrictions/edges_seen"))
        if self.on:
            linked = links.linked(workspace, inputs.source, self.on)
            inputs.connection.register("linked", linked)
            inputs.names = "linked"
            kept &= _flags(inputs, linked)
        if self.split:
            of_split = _of_split(inputs, self.split)
            inputs.in_other_splits = np.flatnonzero(kept & ~of_split).astype(np.int32)
            kept &= of_split
        inputs.excluded = np.flatnonzero(~kept).astype(np.int32)
        if inputs.excluded.size:
            progress.say(f"{inputs.excluded.size:,} of {inputs.tracks:,} tracks of {inputs.source} left out")


def held_out_edges(workspace: Path, source: str) -> dict[str, Any] | None:
    """Return how edges of a source were held out, None if they were not."""
    made: dict[str, Any] | None = store.read_manifest(engine.source_folder(workspace, source)).get("held_out_edges")
    return made


def _splits(workspace: Path, source: str) -> dict[str, Any]:
    """Return how a source was split."""
    manifest = store.read_manifest(engine.source_folder(workspace, source))
    if "splits" not in manifest:
        raise MissingError(f"source {source!r} is not split: run `pairmine split {source}` first")
    made: dict[str, Any] = manifest["splits"]
    return made


def _read_keys(file: Path, option: str) -> set[str]:
    """Read a file of keys, one a line; a first line `key` is the header of a table."""
    try:
        lines = [line.removesuffix("\r") for line in file.read_text(encoding="utf-8-sig").split("\n")]
        keys = lines[1:] if lines[0] == HEADER else lines
        return {key for key in keys if key.strip()}
    except OSError as error:
        raise InputError(f"cannot read the keys of {option} from {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read the keys of {option} from {file}: {error}") from None


def _flags(inputs: Inputs, rows: pa.Table) -> Flags:
    """Return one flag a track: whether it is among the rows."""
    flags = np.zeros(inputs.tracks, np.bool_)
    flags[rows.column("track_id").to_numpy()] = True
    return flags


def _named(inputs: Inputs, file: Path, option: str, queries: list[str]) -> Flags:
    """Return one flag a track: whether a file of keys names it, and say how many of the keys are known."""
    keys = _read_keys(file, option)
    inputs.connection.register("listed_keys", pa.table({"key": pa.array(sorted(keys), pa.string())}))
    named = pa.concat_tables(inputs.table(engine.statement(f"restrictions/{query}")) for query in queries)
    known = len(named.column("key").unique())
    progress.say(f"{known:,} of {len(keys):,} keys of {option} are in {inputs.source}")
    return _flags(inputs, named)


def _of_split(inputs: Inputs, split: str) -> Flags:
    """Return one flag a track: whether it is in a split."""
    known = inputs.table("select distinct split from splits order by split").column("split").to_pylist()
    check_name("split", split, known)
    engine.set_variables(inputs.connection, {"split": split})
    return _flags(inputs, inputs.table(engine.statement("restrictions/tracks_of_split")))
