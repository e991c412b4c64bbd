"""What is asked for: systems by name, options, and files to write; checked before anything is scored."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pairmine.errors import UsageError, shown
from trainer import run_folder
from trainer.keys import KeyMap, read_key_map
from trainer.reporting import results

EMBEDDINGS = "embeddings"  # the stem of what `embed` writes into the folder of a run
CHANCE = "chance"
RESERVED = CHANCE, "MFCC", "random weights", "WMF (upper bound)"


@dataclass(frozen=True)
class Request:
    """What is to be evaluated beside what.

    Attributes:
        embeddings: files, as FILE or NAME=FILE.
        checkpoints: runs or checkpoint files, as RUN or NAME=RUN.
        features: the feature store; by default the workspace's one of the checkpoint's front end.
        baselines: whether MFCC and random weights stand beside them, where there are features.
        key_map: file that says which embedding an annotation goes by.
        allow_missing: score the tracks that all systems have a vector of.
        pairs: pair sets that trained the systems, besides those the runs remember.
        strict: refuse if any tested track or artist was trained on.
        write_exclude: file for the keys that are not to be trained on, as `build-pairs --exclude` takes it.
        out: the result; by default in WORKSPACE/results.
        html: file for a page with plots.
        device: "cpu", "cuda" or "cuda:N".
    """

    embeddings: Sequence[str] = ()
    checkpoints: Sequence[str] = ()
    features: Path | None = None
    baselines: bool = True
    key_map: Path | None = None
    allow_missing: bool = False
    pairs: Sequence[Path] = ()
    strict: bool = False
    write_exclude: Path | None = None
    out: Path | None = None
    html: Path | None = None
    device: str | None = None

    def named_embeddings(self) -> list[tuple[str, Path]]:
        """Return the files by name: NAME of NAME=FILE, else the stem, of embeddings.parquet that of its folder."""
        parts = [(name, Path(file)) for name, file in map(_named, self.embeddings)]
        return [(name or _name_of(file), file) for name, file in parts]

    def named_checkpoints(self, workspace: Path) -> list[tuple[str, Path]]:
        """Return the checkpoints with their names: NAME of NAME=RUN, else their folder's.

        Raises:
            MissingError: there is no such run.
        """
        parts = [(name, run_folder.find_checkpoint(workspace, run)) for name, run in map(_named, self.checkpoints)]
        return [(name or path.parent.name, path) for name, path in parts]

    def opened_key_map(self) -> KeyMap:
        """Return what `key_map` says.

        Raises:
            InputError: the file is none.
        """
        return read_key_map(self.key_map) if self.key_map else KeyMap({})

    def check(self, workspace: Path) -> None:
        """Make sure that what is known before scoring will not fail after it; folders of outputs are made.

        Raises:
            UsageError: nothing to evaluate, two systems of one name or one named as a baseline is, two outputs of one
                name, or one that cannot be written.
            MissingError: there is no such run.
        """
        names = [name for name, _ in (*self.named_embeddings(), *self.named_checkpoints(workspace))]
        if not names:
            raise UsageError("nothing to evaluate: name --embeddings FILE or --checkpoint RUN")
        results.check_names(names)
        taken = {name.casefold() for name in RESERVED}
        if reserved := next((name for name in names if name.casefold() in taken), None):
            raise UsageError(f"{shown(reserved)!r} is the name of a baseline: give the system another, NAME=FILE")
        _check_outputs({"--out": self.out, "--html": self.html, "--write-exclude": self.write_exclude})
        _check_folder("the workspace's results", workspace / results.FOLDER)


def _check_outputs(outputs: dict[str, Path | None]) -> None:
    seen: dict[Path, str] = {}
    for option, file in outputs.items():
        if file is None:
            continue
        if file.is_dir():
            raise UsageError(f"{option} {shown(file)} is a folder: name a file in it")
        if seen.setdefault(file.resolve(), option) != option:
            raise UsageError(f"{option} {shown(file)} is also {seen[file.resolve()]}: name another file")
        _check_folder(option, file.parent)
        if file.exists() and not os.access(file, os.W_OK):
            raise UsageError(f"{option} {shown(file)} cannot be written: name another file, or mend its permissions")


def _check_folder(what: str, folder: Path) -> None:
    """Make a folder; raise UsageError if that cannot be, or if nothing can be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{what}: the folder {shown(folder)} cannot be made ({error.strerror}): name another"
        ) from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{what}: nothing can be written into {shown(folder)}: name another, or mend its permissions")


def _name_of(file: Path) -> str:
    return file.resolve().parent.name or file.stem if file.stem == EMBEDDINGS else file.stem


def _named(text: str) -> tuple[str, str]:
    """Return name and rest of NAME=REST; a path that is there is no name."""
    name, sign, rest = text.partition("=")
    return (name, rest) if sign and not Path(text).exists() else ("", text)
