"""Export: an encoder without the rest of its run, with what others need to use it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pairmine import store
from pairmine.errors import UsageError
from trainer import checkpoint, onnx_export, run_folder, trained_encoder
from trainer.trained_encoder import TrainedEncoder

CONFIG, CARD = "config.json", "README.md"


@dataclass(frozen=True)
class Exported:
    """What `export` wrote."""

    folder: Path
    encoder: str
    parameters: int
    dim: int
    onnx_difference: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        onnx = "" if self.onnx_difference is None else f"; ONNX within {self.onnx_difference:.1g} of torch"
        return f"{self.folder}: {self.encoder}, {self.parameters:,} parameters, vectors of {self.dim}{onnx}"


def export(workspace: Path, run: str, out: Path, *, onnx: bool = False) -> Exported:
    """Write a folder with model.safetensors, config.json and a model card; with `onnx` also model.onnx.

    `embed` takes the folder like a run.

    Args:
        workspace: where runs are.
        run: name of a run (its best weights), or a checkpoint.
        out: the folder, which must be new.
        onnx: write the encoder as ONNX too, and compare the two at several lengths.

    Raises:
        MissingError: there is no such run, or onnx and onnxruntime are not installed.
        DamagedError: the checkpoint is damaged.
        UsageError: `out` is there already, or the encoder cannot be written as ONNX.
    """
    path = run_folder.find_checkpoint(workspace, run)
    model = trained_encoder.load(path)
    if out.exists():
        raise UsageError(f"{out} is there already: name another --out")
    state = {name: model.state[name] for name in ("recipe", "position", "reads")}
    with store.building(out.with_name(out.name + ".partial")) as partial:
        checkpoint.save(partial / checkpoint.EXPORTED, dict(model.state_dict()), state)
        difference = onnx_export.write(partial / onnx_export.MODEL, model) if onnx else None
        config = _config(model) | ({"onnx": _onnx_config(difference)} if onnx else {})
        store.write_bytes(partial / CONFIG, (json.dumps(config, indent=1) + "\n").encode())
        store.write_bytes(partial / CARD, _card(out.name, config).encode())
        store.publish(partial, out)
    encoder = config["encoder"]
    return Exported(out, encoder["name"], encoder["parameters"], encoder["dim"], difference)


def _config(model: TrainedEncoder) -> dict[str, Any]:
    recipe, encoder = model.recipe, model.encoder
    return {
        "encoder": {
            "name": recipe.encoder.name,
            "options": recipe.encoder.options,
            "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
            "dim": encoder.dim,
            "bands": encoder.bands,
            "frames": model.frames,
            "shortest": encoder.shortest,
            "longest": encoder.longest,
        },
        "standardise": {"mean": float(model.mean), "std": float(model.std)},
        "front_end": model.front_end.settings,
        "recipe": {"name": recipe.name, "paper": recipe.paper, "title": recipe.title},
        "trained": {"steps": model.state["position"]["step"], "reads": model.state["reads"]},
    }


def _onnx_config(difference: float | None) -> dict[str, Any]:
    names = {"file": onnx_export.MODEL, "input": onnx_export.INPUT, "output": onnx_export.OUTPUT}
    return {**names, "opset": onnx_export.OPSET, "difference_from_torch": difference}


def _card(name: str, config: dict[str, Any]) -> str:
    """Return the model card."""
    encoder, front_end, recipe = config["encoder"], config["front_end"], config["recipe"]
    seconds = encoder["frames"] * front_end["hop"] / front_end["rate"]
    data = "\n".join(f"- {what}: `{digest}`" for what, digest in config["trained"]["reads"].items())
    return f"""---
library_name: pairmine
tags: [music, audio, embeddings, contrastive-learning]
---

# {name}

{encoder["name"]} ({encoder["parameters"]:,} parameters), {config["trained"]["steps"]:,} steps of the recipe
`{recipe["name"]}` ({recipe["paper"]}): {recipe["title"]}.

**In**: log-mel patches (batch, {encoder["bands"]} bands, {encoder["frames"]} frames), {seconds:.2f} s of
{front_end["rate"]:,} Hz mono, by the front end `{front_end["name"]}`: window {front_end["window"]}, hop
{front_end["hop"]}, {front_end["low_hz"]:g} to {front_end["high_hz"]:g} Hz, {front_end["compression"]}; then
(x - {config["standardise"]["mean"]:g}) / {config["standardise"]["std"]:g}.
**Out**: {encoder["dim"]} numbers a patch; the mean over the patches of a track is its embedding.

{_onnx_lines(config)}    pairmine features FOLDER --front-end {front_end["name"]}
    pairmine embed {name} --features workspace/features/…

Trained on (digests of the manifests):

{data}

What it was not made for: its vectors follow who listens to or files music together, with the leanings of that data.
"""


def _onnx_lines(config: dict[str, Any]) -> str:
    if "onnx" not in config:
        return ""
    told = config["onnx"]
    return (
        f"`{told['file']}` is the same with standardising inside: `{told['input']}` (batch, bands, frames) float32 → "
        f"`{told['output']}`\n(batch, steps, {config['encoder']['dim']}), batch and frames free.\n\n"
    )
