"""Full fine-tuning of an encoder for multi-label tagging, as playlists-2023 does it (section 4.2).

The encoder of a checkpoint gets a new MLP of the projector's form with a sigmoid a class, and all of it is trained.
What the paper leaves open is ours: the batch, and half a cycle of the rate in four epochs.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from pairmine import seeding
from pairmine.errors import DamagedError, InputError, UsageError
from pairmine.progress import bar
from trainer import ranks
from trainer.features.store import FeatureStore
from trainer.metrics import ranking
from trainer.patches import Batch, random_patches, read_ahead, side_by_side
from trainer.projectors.mlp import MLP
from trainer.schedules import Plateau, triangular
from trainer.trained_encoder import TrainedEncoder

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]
SPLITS = "train", "valid", "test"
PATCHES = 256  # the network sees at once outside training


@dataclass(frozen=True)
class Plan:
    """The schedule of section 4.2.

    Attributes:
        epochs: at most; one random patch a track each.
        patience: epochs without gain in validation average precision after which a run stops.
        batch: patches a step.
        lowest_lr, highest_lr: of the triangular schedule; the first rate is the lowest.
        half_cycle: epochs from the lowest to the highest.
        l2: factor of the L2 regularisation.
        hidden: units of the hidden layer.
        valid_seconds: heard of the centre of a track in validation.
    """

    epochs: int = 50
    patience: int = 10
    batch: int = 64
    lowest_lr: float = 1e-5
    highest_lr: float = 1e-3
    half_cycle: int = 4
    l2: float = 1e-5
    hidden: int = 128
    valid_seconds: float = 30.0


@dataclass(frozen=True)
class FineTuned:
    """What fine-tuning gave.

    Attributes:
        activation_RNC: for every run, test track and class the mean activation over side-by-side patches, 0 to 1.
        facts: plan, tracks left out, and by run the epochs, the best of them and its validation average precision.
    """

    activation_RNC: Floats
    facts: dict[str, Any]


class Tagger(nn.Module):
    """An encoder and a new MLP on its vectors; the encoder given is left as it is."""

    def __init__(self, model: TrainedEncoder, hidden: int, classes: int):
        super().__init__()
        self.model = copy.deepcopy(model).requires_grad_(True)
        self.head = MLP(width=model.encoder.dim, hidden=hidden, dim=classes)

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `logit_BC`, from the mean over a patch's steps in time."""
        logit_BC: Tensor = self.head(self.model(mel_BFT).mean(1))
        return logit_BC


def fine_tune(
    model: TrainedEncoder,
    features: FeatureStore,
    rows: Mapping[str, Ints],
    truth: Mapping[str, Labels],
    *,
    runs: int = 3,
    seed: int = 0,
    device: str | None = None,
    plan: Plan | None = None,
) -> FineTuned:
    """Fine-tune an encoder several times and return what each run says of the test tracks.

    Training takes a random patch a track and epoch; tracks shorter than a patch are left out of it. Validation hears
    the centre of a track, the test all of it, in patches side by side whose activations are averaged; a track shorter
    than a patch is one. All runs start from the same encoder; the MLP, the order and the patches differ. The same
    arguments give the same figures on a CPU.

    Args:
        model: the encoder to start from.
        features: log-mels of its front end.
        rows: by split ("train", "valid", "test") the tracks' rows in `features`.
        truth: by split (tracks, classes), 1 where the class applies.
        runs: how many.
        seed: names all random draws.
        device: "cpu", "cuda" or "cuda:N"; by default the GPU if there is one.
        plan: the schedule, by default that of the paper.

    Raises:
        InputError: a track is too short for the encoder, or no class divides the validation tracks.
        DamagedError: features are no numbers.
        UsageError: the loss is no longer a number, or no training track is as long as a patch.
    """
    plan, where = plan or Plan(), torch.device(ranks.device_name(device))
    _check(model, features, rows, truth)
    is_whole = features.frames[rows["train"]] >= model.frames
    work = _Work(features, model.frames, where, plan)
    trained = rows["train"][is_whole], truth["train"][is_whole]
    found, by_run = [], []
    for run in range(runs):
        with torch.random.fork_rng(), bar(f"fine-tune, run {run + 1} of {runs}", plan.epochs) as advance:
            torch.manual_seed(seeding.stream(seed, "fine-tune", run))
            tagger = Tagger(model, plan.hidden, truth["train"].shape[1])
            tagger.to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
            by_run.append(work.train(tagger, trained, (rows["valid"], truth["valid"]), (seed, run), advance))
            found.append(work.activations(tagger, rows["test"]))
    left_out = int((~is_whole).sum())
    facts = {"plan": asdict(plan), "runs": by_run, "training_tracks_shorter_than_a_patch": left_out}
    return FineTuned(np.stack(found), facts)


class _Work:
    """Training and hearing over one feature store on one device."""

    def __init__(self, features: FeatureStore, frames: int, device: torch.device, plan: Plan):
        self.features, self.frames, self.device, self.plan = features, frames, device, plan

    def train(
        self,
        tagger: Tagger,
        trained: tuple[Ints, Labels],
        valid: tuple[Ints, Labels],
        name: tuple[int, int],
        advance: Callable[[int], None],
    ) -> dict[str, Any]:
        """Train until validation gains nothing any more, put the best weights back, and return what happened."""
        plan, judged, best, kept = self.plan, Plateau(), 0, {}
        optimiser = torch.optim.Adam(tagger.parameters(), plan.lowest_lr, weight_decay=plan.l2)
        losses, precisions = [], []
        for epoch in range(plan.epochs):
            losses.append(self._epoch(tagger, optimiser, *trained, name, epoch))
            precisions.append(macro_precision(valid[1], self.activations(tagger, valid[0], plan.valid_seconds)))
            advance(1)
            if judged.add(-precisions[-1]):
                best, kept = epoch, {key: tensor.clone() for key, tensor in tagger.state_dict().items()}
            if judged.waited >= plan.patience:
                break
        tagger.load_state_dict(kept)
        return {"epochs": len(losses), "best_epoch": best, "valid_ap": precisions, "train_loss": losses}

    def _epoch(
        self,
        tagger: Tagger,
        optimiser: torch.optim.Optimizer,
        rows_N: Ints,
        truth_NC: Labels,
        name: tuple[int, int],
        epoch: int,
    ) -> float:
        """Take one random patch of every track; return the mean loss."""
        batches = random_patches(self.features.frames[rows_N], self.frames, self.plan.batch, (*name, epoch))
        targets_NC, losses = torch.from_numpy(truth_NC), list[Tensor]()
        places = [(of_B, rows_N[of_B], start_B) for of_B, start_B in batches]
        tagger.train()
        for number, (of_B, mel_BFT) in enumerate(read_ahead(self.features, places, self.frames, self.device)):
            rate = self._rate(epoch * len(places) + number, len(places))
            for group in optimiser.param_groups:
                group["lr"] = rate
            target_BC = targets_NC[torch.from_numpy(of_B)].to(self.device, torch.float32)
            with self._autocast():
                logit_BC = tagger(mel_BFT)
            loss = nn.functional.binary_cross_entropy_with_logits(logit_BC.float(), target_BC)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.detach())
        return self._finite_mean(torch.stack(losses).cpu(), places, epoch)

    @torch.no_grad()
    def activations(self, tagger: Tagger, rows_N: Ints, seconds: float | None = None) -> Floats:
        """Return the mean activation over the patches of each track, (N, C): of all of it, or of its centre."""
        frames_N = self.features.frames[rows_N].astype(np.int64)
        window = int(frames_N.max()) if seconds is None else round(seconds / self.features.seconds_a_frame)
        longest = min(self.frames, tagger.model.encoder.longest or self.frames)
        sums_NC: npt.NDArray[np.float64] | None = None
        counts_N = np.zeros(len(rows_N))
        tagger.eval()
        for length, of_P, start_P in side_by_side(frames_N, longest, window):
            cut = range(0, len(of_P), PATCHES)
            places = [(of_P[i : i + PATCHES], rows_N[of_P[i : i + PATCHES]], start_P[i : i + PATCHES]) for i in cut]
            for of_B, mel_BFT in read_ahead(self.features, places, length, self.device):
                with self._autocast():
                    logit_BC = tagger(mel_BFT)
                active_BC = logit_BC.float().sigmoid().double().cpu().numpy()
                sums_NC = np.zeros((len(rows_N), active_BC.shape[1])) if sums_NC is None else sums_NC
                np.add.at(sums_NC, of_B, active_BC)
                np.add.at(counts_N, of_B, 1)
        assert sums_NC is not None
        return (sums_NC / counts_N[:, None]).astype(np.float32)

    def _rate(self, step: int, steps: int) -> float:
        return triangular(step, self.plan.half_cycle * steps, self.plan.lowest_lr, self.plan.highest_lr)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def _finite_mean(self, loss_S: Tensor, places: Sequence[Batch], epoch: int) -> float:
        """Return the mean of an epoch's losses; stop where one is no number, and say why."""
        wrong = torch.nonzero(~torch.isfinite(loss_S))
        if not len(wrong):
            return float(loss_S.mean())
        _, row_B, start_B = places[int(wrong[0])]
        finite_B = np.isfinite(self.features.patches(row_B, start_B, self.frames)).all((1, 2))
        for row in row_B[~finite_B]:
            raise DamagedError(
                f"the features of {self.features.keys[int(row)]} in {self.features.folder} hold values that are no "
                "numbers: run `pairmine features DIR --force`"
            )
        raise UsageError(
            f"fine-tuning diverged: the loss is no longer a number in step {int(wrong[0])} of epoch {epoch}: "
            "begin from another checkpoint"
        )


def macro_precision(truth_NC: Labels, score_NC: Floats) -> float:
    """Return the average precision, the mean over the classes that have positives and negatives."""
    precision_1C, _ = ranking.by_class(truth_NC, score_NC, np.ones((1, len(truth_NC)), np.int64))
    return float(np.nanmean(precision_1C))


def _check(
    model: TrainedEncoder, features: FeatureStore, rows: Mapping[str, Ints], truth: Mapping[str, Labels]
) -> None:
    """Raise what is wrong with the tracks before anything is trained."""
    for split in SPLITS:
        short = rows[split][features.frames[rows[split]] < model.encoder.shortest]
        for row in short:
            raise InputError(
                f"{features.keys[int(row)]} has {features.frames[row]} frames in {features.folder}, the encoder takes "
                f"{model.encoder.shortest} or more: leave it out ({len(short):,} such among the {split} tracks)"
            )
    has_NC = truth["valid"] != 0
    if not (has_NC.any(0) & ~has_NC.all(0)).any():
        raise InputError(
            "no class divides the validation tracks, each has all of them or none: there is nothing to choose the best "
            "epoch by: put tracks with and without a class into validation"
        )
    if not (features.frames[rows["train"]] >= model.frames).any():
        raise UsageError(f"no training track in {features.folder} is as long as a patch, {model.frames} frames")
