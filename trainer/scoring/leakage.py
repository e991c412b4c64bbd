"""Leakage: whether tracks that figures are reported of, or their artists, were trained on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, MissingError, UsageError
from trainer.scoring.overlap import BY_ARTIST, BY_KEY, BY_LINK, BY_NAME, WAYS, Found, Links, Sought

if TYPE_CHECKING:
    from trainer.evaluations import Evaluation

SAME_TRACK = BY_KEY, BY_LINK, BY_NAME
LINKS, LINKS_FILE = "links", "links.parquet"
TRACKS = ["key", "title", "artist"]


@dataclass(frozen=True)
class Checked:
    """One pair set, and which tested tracks are in it."""

    folder: Path
    found: dict[str, Found]

    def tested(self, ways: Iterable[str]) -> set[str]:
        """Return the tested tracks found by one of several ways."""
        return set[str]().union(*(self.found[way].tested for way in ways))

    def as_dict(self) -> dict[str, Any]:
        """Return counts and first examples by way, without the folder's place."""
        ways = {
            way: {
                "tested": len(each.tested),
                "trained": len(each.rows),
                "first": [list(pair) for pair in each.examples],
            }
            for way, each in self.found.items()
        }
        return {"pairs": self.folder.name, "tracks": len(self.tested(SAME_TRACK)), "by": ways}


@dataclass(frozen=True)
class Leakage:
    """Which tested tracks, and whose artists, are in the pair sets that trained what is evaluated.

    Attributes:
        search: the tested tracks.
        workspace: where links and catalogues are.
        checked: a pair set each.
        unknown: a line for everything that was trained on and could not be looked at.
    """

    search: Sought = field(repr=False)
    workspace: Path
    checked: Sequence[Checked]
    unknown: Sequence[str] = ()

    @property
    def tracks(self) -> set[str]:
        """Tested tracks that were trained on."""
        return set[str]().union(*(each.tested(SAME_TRACK) for each in self.checked))

    @property
    def of_artists(self) -> set[str]:
        """Tested tracks by artists that were trained on."""
        return set[str]().union(*(each.tested([BY_ARTIST]) for each in self.checked))

    def lines(self) -> list[str]:
        """Return what a reader of the figures has to know."""
        unknown = [f"leakage not checked: {line}" for line in self.unknown]
        if not self.checked and not unknown:
            return ["leakage not checked: no pair sets are known: name those that trained it with --pairs DIR"]
        return [*(line for each in self.checked for line in self._lines(each)), *unknown]

    def as_dict(self) -> dict[str, Any]:
        """Return counts, first examples, and the lines that tell of them."""
        return {
            "tested": len(self.search.keys),
            "named": len(self.search.named),
            "tracks": len(self.tracks) if self.checked else None,
            "tracks_of_artists": len(self.of_artists) if self.checked else None,
            "checked": [each.as_dict() for each in self.checked],
            "lines": self.lines(),
        }

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def refuse(self) -> None:
        """Raise UsageError if any tested track or artist was trained on, or if that is not known."""
        if self.unknown or not self.checked:
            raise UsageError(f"--strict: {next(line for line in self.lines() if 'not checked' in line)}")
        if self.tracks or self.of_artists:
            raise UsageError(
                f"--strict: {len(self.tracks):,} of {len(self.search.keys):,} tested tracks were trained on, and "
                f"{len(self.of_artists):,} are by artists that were: write their keys with --write-exclude FILE, "
                "build the pairs with `pairmine build-pairs --exclude FILE --force`, and train again"
            )

    def write_exclude(self, file: Path) -> int:
        """Write the keys of tracks not to be trained on, one a line, for `build-pairs --exclude`.

        They are those of the sources' catalogues, so that none comes up in pairs drawn anew: tracks that are tested
        ones, and all by their artists.

        Returns:
            How many there are.

        Raises:
            MissingError: the source of a set carried over by `--on` is not in the workspace.
        """
        keys = sorted({key for each in self.checked for key in self._to_exclude(each)})
        store.write_bytes(file, "".join(f"{key}\n" for key in keys).encode())
        return len(keys)

    def _lines(self, each: Checked) -> Iterator[str]:
        ways = SAME_TRACK if self.search.named else (BY_KEY, BY_LINK)
        counts = ", ".join(f"{len(each.found[way].tested):,} by {way}" for way in ways)
        count, of = len(each.tested(SAME_TRACK)), len(self.search.keys)
        yield f"leakage: {count:,} of {of:,} tested tracks are in {each.folder.name} ({counts}){_examples(each)}"
        if self.search.named:
            artists = len(each.found[BY_ARTIST].tested)
            known = f"; titles and artists are known of {len(self.search.named):,}" * (len(self.search.named) < of)
            yield f"leakage: {artists:,} of {of:,} tested tracks are by artists in {each.folder.name}{known}"
        else:
            yield "leakage: titles and artists not compared: the annotations name none"

    def _to_exclude(self, each: Checked) -> Iterator[str]:
        manifest = store.read_manifest(each.folder)
        source, on = manifest["source"], manifest.get("on")
        tracks = _catalogue(self.workspace, on or source)
        if tracks is None:
            if on:
                raise MissingError(
                    f"{self.workspace} has no source {on!r}, whose keys {each.folder} carries: ingest it"
                )
            tracks = _read(each.folder / "tracks.parquet", TRACKS)
        found = self.search.search(tracks, _links(self.workspace, on or source))
        rows = np.unique(np.concatenate([found[way].rows for way in WAYS]))
        keys = tracks.column("key").take(pa.array(rows)).to_pylist()
        if not on:
            return iter(keys)
        wanted = set(keys)
        own = (pair for links in _links(self.workspace, on, source) for pair in zip(*links, strict=True))
        return (there.as_py() for here, there in own if here.as_py() in wanted)


def find(
    evaluation: "Evaluation",
    pair_sets: Sequence[Path],
    workspace: Path,
    embedding_key: Callable[[str], str],
    unknown: Sequence[str] = (),
) -> Leakage:
    """Look for the tested tracks of an evaluation, and their artists, in pair sets.

    Args:
        evaluation: what is tested.
        pair_sets: folders of those that trained what is evaluated.
        workspace: where the links of their sources are.
        embedding_key: by which key an annotation's embedding goes.
        unknown: a line for everything else that trained it and cannot be looked at.

    Raises:
        MissingError: a folder is no pair set.
        DamagedError: a file is damaged.
    """
    search = Sought(evaluation.tested, evaluation.names, embedding_key)
    folders = {folder.resolve(): folder for folder in pair_sets}
    checked = [Checked(folder, _search(search, folder, workspace)) for folder in folders.values()]
    return Leakage(search, workspace, checked, unknown)


def _search(search: Sought, folder: Path, workspace: Path) -> dict[str, Found]:
    manifest = store.read_manifest(folder)
    if "strategy" not in manifest or "source" not in manifest:
        raise MissingError(f"{folder} is no pair set: name the folder of one, as `pairmine build-pairs` wrote it")
    tracks = _read(folder / "tracks.parquet", TRACKS)
    return search.search(tracks, _links(workspace, manifest.get("on") or manifest["source"]))


def _links(workspace: Path, source: str, to: str | None = None) -> Iterator[Links]:
    """Yield the links of a source, to all others or to one."""
    for path in sorted((workspace / LINKS).glob(f"*/{store.MANIFEST}")):
        manifest = store.read_manifest(path.parent)
        sides = {"left": manifest["left"], "right": manifest["right"]}
        for own, other in (("left", "right"), ("right", "left")):
            if sides[own] == source and to in (None, sides[other]):
                table = _read(path.parent / LINKS_FILE, [f"{own}_key", f"{other}_key"]).combine_chunks()
                yield Links(*(pa.concat_arrays([pa.array([], pa.string()), *c.chunks]) for c in table.columns))


def _catalogue(workspace: Path, source: str) -> pa.Table | None:
    """Return the tracks of a source, or None where there are none."""
    parts = sorted((workspace / "catalogue" / source / "tracks").glob("*.parquet"))
    return pa.concat_tables(_read(part, TRACKS) for part in parts) if parts else None


def _read(file: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.ParquetFile(file).read(columns=columns).select(columns)
    except FileNotFoundError:
        raise DamagedError(f"{file} is missing: run `pairmine check {file.parent}`") from None
    except (OSError, pa.ArrowException, KeyError):
        raise DamagedError(f"{file} is damaged: run `pairmine check {file.parent}`") from None


def _examples(each: Checked) -> str:
    pairs = [pair for way in SAME_TRACK for pair in each.found[way].examples]
    return "".join(f"{', ' if number else ': '}{a} = {b}" for number, (a, b) in enumerate(pairs[:3]))
