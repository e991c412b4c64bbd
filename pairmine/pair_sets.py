"""Pair sets as they lie on disk: where a name leads, how one is built again, what was left out of it."""

import difflib
import os
import shlex
from pathlib import Path
from typing import Any

from pairmine import store
from pairmine.errors import MissingError, shown
from pairmine.progress import counted

FILES = ("exclude", "keys")  # a manifest has only the digests of what they named
FINISHING = ("hard_negatives", "batch", "exclusive", "split", "on")


def find(workspace: Path, named: str | Path) -> Path:
    """Return the folder of a pair set: the one named, if there is such a folder, else that in the workspace's `pairs`.

    Raises:
        MissingError: there is neither.
    """
    folder, known = Path(named), store.finished(workspace / "pairs")
    if str(named) in known and not (folder / store.MANIFEST).is_file():
        return workspace / "pairs" / named
    if folder.exists():
        return folder
    nearest = difflib.get_close_matches(str(named), known, n=1)
    mend = f"did you mean {nearest[0]!r}?" if nearest else "run `pairmine build-pairs`, or name the folder of a set"
    there = f"{workspace / 'pairs'} ({', '.join(known) or 'none yet'})"
    raise MissingError(f"no pair set {shown(folder)}, neither as a folder nor in {there}: {mend}")


def command(manifest: dict[str, Any], folder: Path, workspace: Path | None = None) -> str:
    """Return the command that builds a pair set again in its place; files of keys are to be named once more.

    Args:
        manifest: the set's.
        folder: where it is.
        workspace: where its source is; None where that is not known.
    """
    options = {name: manifest[name] for name in ("source", "strategy", "epochs")}
    options |= {name: value for name, value in manifest["parameters"].items() if value}
    options |= {name: _as_option(manifest[name]) for name in FINISHING if manifest.get(name)}
    options |= {name: "FILE" for name in FILES if manifest.get(name)}
    if workspace is not None and workspace.resolve() != _default_workspace().resolve():
        options["workspace"] = workspace
    if workspace is None or folder.resolve() != _own_place(manifest, workspace).resolve():
        options["out"] = folder
    words = [word for name, value in options.items() for word in _words(name, value)]
    return shlex.join(["pairmine", "build-pairs", *words, "--force"])


def _default_workspace() -> Path:
    """Return the workspace of a command that names none."""
    return Path(os.environ.get("PAIRMINE_WORKSPACE") or "workspace")


def _own_place(manifest: dict[str, Any], workspace: Path) -> Path:
    """Return where `build-pairs` puts a set without `--out`."""
    return workspace / "pairs" / f"{manifest['source']}-{manifest['strategy']}"


def _as_option(value: Any) -> Any:
    """Return an entry of a manifest as `build-pairs` takes it."""
    if isinstance(value, dict):
        return value["name"]
    if isinstance(value, list):
        return "-".join(map(str, value)) if isinstance(value[0], int) else ",".join(value)
    return value


def _words(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    return [option] if value is True else [option, str(value)]


def left_out_counts(manifest: dict[str, Any]) -> dict[str, int]:
    """Return how many of the pairs drawn are not in the set: for want of a negative, or of a place in a batch."""
    reasons = {"without_negative": "without_negative", "without_place": "left_out"}
    return {reason: sum(epoch.get(name, 0) for epoch in manifest["pairs"]) for reason, name in reasons.items()}


def left_out(manifest: dict[str, Any]) -> list[str]:
    """Return how many of the pairs drawn are not in the set, and why, a text each reason; with none, nothing."""
    counts = left_out_counts(manifest)
    told = []
    if counts["without_negative"]:
        ranks = _as_option(manifest["hard_negatives"])
        told.append(f"{counted(counts['without_negative'], 'pair')} whose anchor has no partner of ranks {ranks}")
    if counts["without_place"]:
        shared = " or ".join(manifest["exclusive"])
        pairs = counted(counts["without_place"], "pair")
        told.append(f"{pairs} with {shared} in common with every batch that had a place")
    return told
