"""Leakage: whether tracks that figures are reported of, or their artists, were trained on."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pairmine import store
from pairmine.errors import MissingError, UsageError
from trainer.scoring import known
from trainer.scoring.overlap import BY_ARTIST, BY_KEY, BY_LINK, BY_NAME, TRACKS, WAYS, Found, Sought

if TYPE_CHECKING:
    from trainer.evaluations import Evaluation

SAME_TRACK = BY_KEY, BY_LINK, BY_NAME
NO_ARTISTS = "artists not compared"
NAME_TESTED = (
    "give the label table a column `artist`, or ingest a source that names these tracks (found by key, --key-map or "
    "`pairmine link`)"
)
NAME_TRAINED = "build it again from a source that names its artists"


@dataclass(frozen=True)
class Checked:
    """One pair set, and which tested tracks are in it.

    Attributes:
        folder: where it is.
        found: by way.
        tracks: how many it has.
        with_artist: how many of them name an artist.
    """

    folder: Path
    found: dict[str, Found]
    tracks: int
    with_artist: int

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
        tested = len(self.tested(SAME_TRACK))
        return {"pairs": self.folder.name, "tracks": tested, "with_artist": self.with_artist, "by": ways}


@dataclass(frozen=True)
class Leakage:
    """Which tested tracks, and whose artists, are in the pair sets that trained what is evaluated.

    Attributes:
        search: the tested tracks.
        workspace: where links and catalogues are.
        checked: a pair set each.
        unknown: a line for everything that was trained on and could not be looked at.
        named_by: sources of the catalogue that named tested tracks which the annotations do not.
    """

    search: Sought = field(repr=False)
    workspace: Path
    checked: Sequence[Checked]
    unknown: Sequence[str] = ()
    named_by: Sequence[str] = ()

    @property
    def tracks(self) -> set[str]:
        """Tested tracks that were trained on."""
        return set[str]().union(*(each.tested(SAME_TRACK) for each in self.checked))

    @property
    def of_artists(self) -> set[str]:
        """Tested tracks by artists, or namesakes of artists, that were trained on."""
        return set[str]().union(*(each.tested([BY_ARTIST]) for each in self.checked))

    def lines(self) -> list[str]:
        """Return what a reader of the figures has to know."""
        unknown = [f"leakage not checked: {line}" for line in self.unknown]
        if not self.checked and not unknown:
            return ["leakage not checked: no pair sets are known: name those that trained it with --pairs DIR"]
        named = [f"titles and artists also from the catalogue's {', '.join(self.named_by)}"] if self.named_by else []
        return [*(line for each in self.checked for line in self._lines(each)), *named, *unknown]

    def as_dict(self) -> dict[str, Any]:
        """Return counts, first examples, and the lines that tell of them."""
        return {
            "tested": len(self.search.keys),
            "named": len(self.search.named),
            "named_by": list(self.named_by),
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
                f"{len(self.of_artists):,} are by artists, or namesakes, that were ({self._where()}): write their keys "
                "with --write-exclude FILE, build the pairs with `pairmine build-pairs --exclude FILE --force`, and "
                "train again"
            )
        if unlike := next((why for each in self.checked if (why := self._artists_not_compared(each))), None):
            raise UsageError(f"--strict: {unlike}")

    def write_exclude(self, file: Path) -> int:
        """Write the keys of tracks not to be trained on, one a line, for `build-pairs --exclude`.

        They are those of the sources' catalogues, whether a pair set has them or not, so that none comes up in pairs
        drawn anew: tracks that are tested ones, and all by their artists or namesakes.

        Returns:
            How many there are.

        Raises:
            UsageError: no pair set is known, so neither is the source.
            MissingError: the source of a set carried over by `--on` is not in the workspace.
        """
        if not self.checked:
            raise UsageError("--write-exclude: no pair sets are known: name those that trained it with --pairs DIR")
        keys = sorted({key for each in self.checked for key in self._to_exclude(each)})
        store.write_bytes(file, "".join(f"{key}\n" for key in keys).encode())
        return len(keys)

    def _lines(self, each: Checked) -> Iterator[str]:
        ways = SAME_TRACK if self.search.named else (BY_KEY, BY_LINK)
        counts = ", ".join(f"{len(each.found[way].tested):,} by {way}" for way in ways)
        count, of = len(each.tested(SAME_TRACK)), len(self.search.keys)
        yield f"leakage: {count:,} of {of:,} tested tracks are in {each.folder.name} ({counts}){_examples(each)}"
        if why := self._artists_not_compared(each):
            yield f"leakage: {why}"
        else:
            artists, known = len(each.found[BY_ARTIST].tested), len(self.search.with_artist)
            all_known = known == of and each.with_artist == each.tracks
            but = f"; artists are known of {known:,} of these and of {each.with_artist:,} of {each.tracks:,} there"
            yield (
                f"leakage: {artists:,} of {of:,} tested tracks are by artists, or namesakes, in {each.folder.name}"
                f"{'' if all_known else but}"
            )

    def _where(self) -> str:
        """Return which pair sets have tested tracks, or tracks by their artists, and how many."""
        found = {each.folder.name: len(each.tested(WAYS)) for each in self.checked}
        return ", ".join(f"{count:,} in {name}" for name, count in found.items() if count)

    def _artists_not_compared(self, each: Checked) -> str | None:
        """Return why the artists of a pair set could not be compared, and what to do; None if they were."""
        if not self.search.with_artist:
            return f"{NO_ARTISTS} with {each.folder.name}: none of a tested track is known: {NAME_TESTED}"
        if not each.with_artist:
            return f"{NO_ARTISTS}: none of the {each.tracks:,} tracks of {each.folder.name} names one: {NAME_TRAINED}"
        return None

    def _to_exclude(self, each: Checked) -> Iterator[str]:
        manifest = store.read_manifest(each.folder)
        source, on = manifest["source"], manifest.get("on")
        tracks = known.catalogue(self.workspace, on or source)
        if tracks is None:
            if on:
                raise MissingError(
                    f"{self.workspace} has no source {on!r}, whose keys {each.folder} carries: ingest it"
                )
            tracks = known.read(each.folder / "tracks.parquet", TRACKS)
        found = self.search.search(tracks, known.links(self.workspace, on or source))
        rows = np.unique(np.concatenate([found[way].rows for way in WAYS]))
        keys = tracks.column("key").take(pa.array(rows)).to_pylist()
        if not on:
            return iter(keys)
        wanted = set(keys)
        own = (pair for links in known.links(self.workspace, on, source) for pair in zip(*links, strict=True))
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
    names, named_by = dict(evaluation.names), list[str]()
    if pair_sets:
        names, named_by = known.with_names(workspace, evaluation.tested, evaluation.names, embedding_key)
    search = Sought(evaluation.tested, names, embedding_key)
    folders = {folder.resolve(): folder for folder in pair_sets}
    checked = [_checked(search, folder, workspace) for folder in folders.values()]
    return Leakage(search, workspace, checked, unknown, named_by)


def _checked(search: Sought, folder: Path, workspace: Path) -> Checked:
    manifest = store.read_manifest(folder)
    if "strategy" not in manifest or "source" not in manifest:
        raise MissingError(f"{folder} is no pair set: name the folder of one, as `pairmine build-pairs` wrote it")
    tracks = known.read(folder / "tracks.parquet", TRACKS)
    found = search.search(tracks, known.links(workspace, manifest.get("on") or manifest["source"]))
    named = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(tracks.column("artist").cast(pa.string()))), 0)
    return Checked(folder, found, tracks.num_rows, pc.sum(named).as_py() or 0)


def _examples(each: Checked) -> str:
    pairs = [pair for way in SAME_TRACK for pair in each.found[way].examples]
    return "".join(f"{', ' if number else ': '}{a} = {b}" for number, (a, b) in enumerate(pairs[:3]))
