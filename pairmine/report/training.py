"""What a workspace holds for training: feature stores and runs, by what they say of themselves on disk."""

import json
import tomllib
from pathlib import Path
from typing import Any

from pairmine import progress, store
from pairmine.errors import DamagedError

RECIPE, METRICS = "recipe.toml", "metrics.jsonl"


def run_folders(workspace: Path) -> list[Path]:
    """Return the folders of all runs, by name."""
    return [path.parent for path in sorted((workspace / "runs").glob(f"*/{RECIPE}"))]


def lines(stores: list[dict[str, Any]], runs: list[dict[str, Any]]) -> list[str]:
    """Return both as text, a line each."""
    told = []
    for each in stores:
        size = progress.as_size(each["bytes"])
        told.append(f"features {each['name']}: {each['tracks']:,} tracks by {each['front_end']['name']}, {size}")
    for each in runs:
        loss = "" if each["loss"] is None else f", loss {each['loss']:.4g}"
        kept = ", ".join(each["checkpoints"]) or "no checkpoint"
        told.append(
            f"run {each['name']}: recipe {each['recipe']} ({each['paper']}), encoder {each['encoder']}, "
            f"step {each['step']:,}, epoch {each['epoch']:,}{loss}; {kept}"
        )
    return told


def feature_store(folder: Path) -> dict[str, Any]:
    """Return a summary of a feature store.

    Raises:
        DamagedError: its manifest is damaged.
    """
    manifest = store.read_manifest(folder)
    rows = {entry["path"]: entry["rows"] for entry in manifest["files"]}
    size = sum(entry["bytes"] for entry in manifest["files"])
    return {
        "name": folder.name,
        "front_end": manifest["front_end"],
        "tracks": rows.get("index.parquet", 0),
        "rejects": rows.get("rejects.parquet", 0),
        "bytes": size,
    }


def run(folder: Path) -> dict[str, Any]:
    """Return a summary of a run.

    Raises:
        DamagedError: its recipe is damaged.
    """
    try:
        recipe = tomllib.loads((folder / RECIPE).read_text())
        about = {"recipe": recipe["name"], "paper": recipe["paper"], "encoder": recipe["encoder"]["name"]}
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{folder / RECIPE} is damaged: train anew") from None
    steps = [each for each in _metrics(folder) if each["kind"] == "step"]
    last = steps[-1] if steps else {"step": 0, "epoch": 0, "loss": None}
    checkpoints = sorted(path.name for path in folder.glob("*.safetensors"))
    return {"name": folder.name, **about, **{k: last[k] for k in ("step", "epoch", "loss")}, "checkpoints": checkpoints}


def _metrics(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of metrics that are whole; a running run may be writing its last."""
    path, found = folder / METRICS, []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
