"""A recipe's networks and objectives as one module: batches in, losses out."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from pairmine.errors import UsageError
from pairmine.registry import check_name
from trainer import registry, views
from trainer.data import Batch, Batches, Streams
from trainer.encoders import AudioEncoder
from trainer.features import sounds
from trainer.frontends import FrontEnd
from trainer.losses.cola import accuracy
from trainer.recipe import Network, Recipe, Task

SIZES = "dim", "bands", "frames", "shortest"
ENCODERS = (
    f"subclass AudioEncoder of trainer.encoders, whose {', '.join(SIZES)} are set and whose forward takes mel_BFT"
)
OFFERED = (
    *("anchor_BD", "positive_BD", "negative_BD", "groups_B", "negative_groups_B", "bilinear_DD"),
    *("anchor_MBD", "positive_MBD", "embeddings_MBD", "present_MB", "present_B", "logits_BV"),
    *("label_ids_BL", "weights_BL", "target_BD", "prediction_BD", "prediction_BKD", "target_BKD"),
)


class System(nn.Module):
    """The encoder, and for every task what stands between it and its loss.

    The loss is told by the names of its parameters what it gets: `anchor_BD`, `positive_BD` and `negative_BD` are
    projected views; `label_ids_BL`, `weights_BL` and `target_BD` the targets; `embeddings_MBD` audio and its
    modalities; and so on.

    Attributes:
        encoder: the network that `embed` and `export` keep.
        mean, std: what patches are standardised by.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, recipe: Recipe, front_end: FrontEnd, streams: Streams):
        super().__init__()
        self.recipe, self.front_end = recipe, front_end
        self.encoder = audio_encoder(recipe)
        self.frames = recipe.views.frames or self.encoder.frames
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))
        self.tasks = nn.ModuleList(TaskHead(task, self.encoder.dim, streams) for task in recipe.tasks)

    def train(self, mode: bool = True) -> "System":
        """Switch training on or off; a frozen encoder stays as it is."""
        super().train(mode)
        if self.recipe.freeze:
            self.encoder.requires_grad_(False).eval()
        return self

    def forward(self, batches: Batches, phase: int = 1) -> dict[str, Tensor]:
        """Return the weighted sum of the losses of a phase as `loss`, each of them, and figures of validation."""
        found: dict[str, Tensor] = {}
        weighted = []
        several = sum(task.phase == phase for task in self.recipe.tasks) > 1
        seen = {roles: self.encode(batch) for roles, batch in batches.items()}
        for head in self.tasks:
            assert isinstance(head, TaskHead)
            if head.task.phase == phase:
                roles = tuple(head.task.roles)
                figures = head(seen[roles], batches[roles])
                found |= {f"{head.name}/{name}" if several else name: value for name, value in figures.items()}
                weighted.append(head.task.weight * figures["loss"])
        return found | {"loss": torch.stack(weighted).sum()}

    def encode(self, batch: Batch) -> tuple[Tensor, ...]:
        """Return what the encoder says to the views of a batch: its outputs, each (V, B, …)."""
        with torch.no_grad(), torch.autocast(self.mean.device.type, enabled=False):
            change = sounds.change if batch.waveforms else views.change
            mel_VBFT = change(batch.mel_VBFT, batch.other_VBFT, batch.changes, self.front_end, self.frames)
            mel_XFT = ((mel_VBFT - self.mean) / self.std).flatten(0, 1)
        outputs = self._hear(mel_XFT)
        return tuple(output.reshape(*mel_VBFT.shape[:2], *output.shape[1:]) for output in outputs)

    def _hear(self, mel_XFT: Tensor) -> tuple[Tensor, ...]:
        """Return the encoder's outputs; with gradient caching chunk by chunk, computed again for the gradient.

        Only one chunk's activations are kept at a time. Batch norm sees a chunk as its batch, and counts it twice in
        its running statistics.
        """
        chunk = self.recipe.cache_chunk
        if not (chunk and torch.is_grad_enabled()):
            return _as_tuple(self.encoder(mel_XFT))
        parts = [_as_tuple(checkpoint(self.encoder, part, use_reentrant=False)) for part in torch.split(mel_XFT, chunk)]
        return tuple(torch.cat(each) for each in zip(*parts, strict=True))


class TaskHead(nn.Module):
    """One task: projectors, encoders of other modalities, and its loss."""

    words: Tensor

    def __init__(self, task: Task, width: int, streams: Streams):
        super().__init__()
        self.task, self.name = task, f"{'+'.join(task.roles)}:{task.loss}"
        self.loss = registry.loss(task.loss)
        sets = streams[tuple(task.roles)].sets
        labels = next((each.labels for each in sets if each.labels is not None), None)
        vectors = next((each.vectors for each in sets if each.vectors is not None), None)
        self._sizes = {
            "labels": len(labels.vocabulary) if labels else 0,
            "words": 0 if labels is None or labels.words is None else labels.words.shape[1],
            "vector": vectors.vectors.shape[1] if vectors else 0,
        }
        words = None if labels is None or labels.words is None else torch.from_numpy(labels.words)
        self.register_buffer("words", words, persistent=False)
        self.projector = self._projector(task.projector, width)
        self.target_projector = self._projector(task.target_projector, self._sizes["vector"])
        self.modalities = nn.ModuleList(self._modality(each) for each in task.modalities)

    def forward(self, outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, Tensor]:
        """Return the `loss` of a batch, and in evaluation `accuracy` where there is one."""
        offered = self._offered(outputs, batch)
        wanted = inspect.signature(self.loss).parameters
        given = {name: offered[name] for name in wanted if name in offered}
        lacking = [name for name in _needed(self.task) if name not in given]
        if lacking:
            raise UsageError(
                f"{self.task.loss} asks for {lacking[0]}, which this recipe's encoder, projector and pair sets do not "
                f"give: name another --loss, or a recipe that has {lacking[0]}"
            )
        found = {"loss": self.loss(**given, **self.task.loss_options)}
        if not isinstance(found["loss"], Tensor) or found["loss"].ndim:
            raise UsageError(f"{self.task.loss} returns no scalar tensor: return the mean over the batch, a loss")
        if "bilinear_DD" in given and not self.training:
            found["accuracy"] = accuracy(given["anchor_BD"], given["positive_BD"], given["bilinear_DD"])
        return found

    def _offered(self, outputs: tuple[Tensor, ...], batch: Batch) -> dict[str, Any]:
        """Return everything a loss may ask for; what the batch lacks is left out."""
        z_VBD = outputs[0]
        if self.projector is not None:
            z_VBD = self.projector(z_VBD.flatten(0, 1)).reshape(*z_VBD.shape[:2], -1)
        offered: dict[str, Any] = dict(zip(("anchor_BD", "positive_BD", "negative_BD"), z_VBD, strict=False))
        offered |= {"logits_BV": z_VBD[0], "prediction_BD": z_VBD[0], "target_BD": batch.vector_BD}
        offered |= {"label_ids_BL": batch.label_ids_BL, "weights_BL": batch.weights_BL}
        offered |= {"groups_B": batch.groups_B, "negative_groups_B": batch.negative_groups_B}
        if len(outputs) > 1:
            offered |= {"anchor_MBD": [level[0] for level in outputs], "positive_MBD": [x[-1] for x in outputs]}
            offered |= {"prediction_BKD": outputs[0][0], "target_BKD": outputs[1][0]}
        offered["present_B"] = batch.has_vector_B if "prediction_BD" in self._wanted() else batch.has_labels_B
        offered["bilinear_DD"] = getattr(self.projector, "bilinear_DD", None)
        if self.target_projector is not None:
            offered["positive_BD"] = self.target_projector(batch.vector_BD)
        if self.modalities:
            offered |= self._joined(z_VBD[0], batch)
        return {name: value for name, value in offered.items() if value is not None}

    def _wanted(self) -> set[str]:
        return set(inspect.signature(self.loss).parameters)

    def _joined(self, audio_BD: Tensor, batch: Batch) -> dict[str, Any]:
        """Return the embeddings of all modalities, audio first, and where they are missing."""
        embeddings, present = [audio_BD], [torch.ones(len(audio_BD), dtype=torch.bool, device=audio_BD.device)]
        for encoder in self.modalities:
            if _hears_words(encoder):
                assert batch.label_ids_BL is not None and batch.has_labels_B is not None
                given_BG = batch.label_ids_BL >= 0
                embeddings.append(encoder(self.words[batch.label_ids_BL.clamp(min=0)], given_BG))
                present.append(batch.has_labels_B)
            else:
                assert batch.has_vector_B is not None
                embeddings.append(encoder(batch.vector_BD))
                present.append(batch.has_vector_B)
        return {"embeddings_MBD": embeddings, "present_MB": present}

    def _projector(self, network: Network | None, width: int) -> nn.Module | None:
        if network is None:
            return None
        size = self._sizes["labels"] if "logits_BV" in self._wanted() else 0
        size = self._sizes["vector"] if "target_BD" in self._wanted() else size
        return registry.build(
            "projectors", network.name, **({"dim": size} if size else {}), width=width, **network.options
        )

    def _modality(self, network: Network) -> nn.Module:
        hears_words = _hears_words(registry.network("encoders", network.name))
        size = self._sizes["words" if hears_words else "vector"]
        return registry.build("encoders", network.name, inputs=size, **network.options)


def check_loss(task: Task) -> None:
    """Raise UsageError unless a task's loss asks for what a loss may ask for, and takes the task's options."""
    parameters = inspect.signature(registry.loss(task.loss)).parameters
    for name in task.loss_options:
        check_name(f"option of {task.loss}", name, [each for each in parameters if each not in OFFERED])
    for name in _needed(task):
        if name not in OFFERED:
            raise UsageError(
                f"{task.loss} asks for {name}, which no batch has: name a loss's arguments among {', '.join(OFFERED)}, "
                "or give them a default"
            )


def compares_locally(task: Task) -> bool:
    """Tell whether a task's loss compares rows with those of their own rank only, where it could with all ranks'."""
    parameter = inspect.signature(registry.loss(task.loss)).parameters.get("negatives")
    return parameter is not None and task.loss_options.get("negatives", parameter.default) == "local"


def takes_negatives(task: Task) -> bool:
    """Tell whether a task's loss takes a negative a row."""
    return "negative_BD" in inspect.signature(registry.loss(task.loss)).parameters


def view_count(task: Task) -> int:
    """Return how many patches of a row a task needs: anchor, positive, negative."""
    wanted = inspect.signature(registry.loss(task.loss)).parameters
    if takes_negatives(task):
        return 3
    return 2 if any(name.startswith("positive_") for name in wanted) and task.target_projector is None else 1


def check_kinds(task: Task, streams: Streams, *, refreshed: bool = False) -> None:
    """Raise UsageError unless the sets of a task hold what its loss learns from; `refreshed` pairs get negatives."""
    wanted, sets = set(inspect.signature(registry.loss(task.loss)).parameters), streams[tuple(task.roles)].sets
    kinds = {each.kind for each in sets}
    hears_words = [_hears_words(registry.network("encoders", each.name)) for each in task.modalities]
    needs = {
        "triplets": "negative_BD" in wanted and not (refreshed and "pairs" in kinds),
        "vectors": "target_BD" in wanted or task.target_projector is not None or False in hears_words,
        "labels": "label_ids_BL" in wanted or True in hears_words,
    }
    for kind in (kind for kind, needed in needs.items() if needed and kind not in kinds):
        folders = ", ".join(str(each.folder) for each in sets)
        raise UsageError(
            f"{task.loss} learns from {kind}, {folders} holds {'/'.join(sorted(kinds))}: name another recipe"
        )
    if True in hears_words and all(each.labels is None or each.labels.words is None for each in sets):
        raise UsageError("the labels have no word vectors: build them with `pairmine build-pairs --strategy genre`")


def audio_encoder(recipe: Recipe) -> AudioEncoder:
    """Build the encoder of a recipe.

    Raises:
        UsageError: there is none of that name, it has no such option, or it does not hear audio.
    """
    name = recipe.encoder.name
    if not issubclass(registry.network("encoders", name), AudioEncoder):
        raise UsageError(f"{name} is no encoder of audio: {ENCODERS}")
    encoder = registry.build("encoders", name, **recipe.encoder.options)
    assert isinstance(encoder, AudioEncoder)
    try:
        inspect.signature(encoder.forward).bind("mel_BFT")
    except TypeError as error:
        raise UsageError(f"{name}.forward cannot be called with mel_BFT alone ({error}): {ENCODERS}") from None
    for attribute in SIZES:
        if not isinstance(getattr(encoder, attribute, None), int):
            raise UsageError(f"{name} has no whole number {attribute}: {ENCODERS}")
    return encoder


def audio_encoder_frames(recipe: Recipe) -> int:
    """Return the length of the patches the recipe's encoder is trained on; no weights are made."""
    with torch.device("meta"):
        weightless = replace(
            recipe.encoder, options={k: v for k, v in recipe.encoder.options.items() if k != "weights"}
        )
        return audio_encoder(replace(recipe, encoder=weightless)).frames


def _needed(task: Task) -> list[str]:
    """Return what a task's loss cannot be called without, its options left out."""
    parameters = inspect.signature(registry.loss(task.loss)).parameters
    return [n for n, each in parameters.items() if each.default is each.empty and n not in task.loss_options]


def _as_tuple(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _hears_words(encoder: nn.Module | type[nn.Module]) -> bool:
    forward: Callable[..., Any] = encoder.forward
    return "words_BGV" in inspect.signature(forward).parameters
