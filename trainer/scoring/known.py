"""What a workspace knows of tracks: links and catalogues; and the names of tested tracks that annotations lack."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError
from trainer.scoring.overlap import TRACKS, Links, Sought

LINKS, LINKS_FILE = "links", "links.parquet"
CATALOGUE = "catalogue"

Names = dict[str, tuple[str, str]]


def with_names(
    workspace: Path, keys: Sequence[str], names: Mapping[str, tuple[str, str]], embedding_key: Callable[[str], str]
) -> tuple[Names, list[str]]:
    """Return (title, artist) of tested tracks; where the annotations know no artist, those of the workspace's sources.

    A source knows a track by the key of the annotation or of its embedding, or by a link. The first source that names
    an artist is taken, in the order of names.

    Returns:
        The names, and the sources that gave some.

    Raises:
        DamagedError: a catalogue or links are damaged.
    """
    known, used = dict(names), list[str]()
    for source in sorted(path.parent.name for path in (workspace / CATALOGUE).glob(f"*/{store.MANIFEST}")):
        lacking = [key for key in keys if not known.get(key, ("", ""))[1].strip()]
        tracks = catalogue(workspace, source) if lacking else None
        if tracks is not None:
            found = Sought(lacking, {}, embedding_key).names_in(tracks, links(workspace, source))
            known |= found
            used += [source] if found else []
    return known, used


def links(workspace: Path, source: str, to: str | None = None) -> Iterator[Links]:
    """Yield the links of a source, to all others or to one."""
    for path in sorted((workspace / LINKS).glob(f"*/{store.MANIFEST}")):
        manifest = store.read_manifest(path.parent)
        sides = {"left": manifest["left"], "right": manifest["right"]}
        for own, other in (("left", "right"), ("right", "left")):
            if sides[own] == source and to in (None, sides[other]):
                table = read(path.parent / LINKS_FILE, [f"{own}_key", f"{other}_key"]).combine_chunks()
                yield Links(*(pa.concat_arrays([pa.array([], pa.string()), *c.chunks]) for c in table.columns))


def catalogue(workspace: Path, source: str) -> pa.Table | None:
    """Return key, title and artist of a source's tracks, or None where there are none."""
    parts = sorted((workspace / CATALOGUE / source / "tracks").glob("*.parquet"))
    return pa.concat_tables(read(part, TRACKS) for part in parts) if parts else None


def read(file: Path, columns: list[str]) -> pa.Table:
    """Return columns of a file.

    Raises:
        DamagedError: it is missing or damaged.
    """
    try:
        return pq.ParquetFile(file).read(columns=columns).select(columns)
    except FileNotFoundError:
        raise DamagedError(f"{file} is missing: run `pairmine check {file.parent}`") from None
    except (OSError, pa.ArrowException, KeyError):
        raise DamagedError(f"{file} is damaged: run `pairmine check {file.parent}`") from None
