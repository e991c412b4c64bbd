"""The parts of one run on one rank: networks, optimiser, position, and how they are saved and taken up again."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from pairmine import seeding
from pairmine.errors import UsageError
from trainer import averaging, checkpoint, schedules, training_sets
from trainer import recipe as recipes
from trainer import resume as resuming
from trainer.data import Batches, Streams, epoch_batches
from trainer.loader import Loader
from trainer.position import Position
from trainer.ranks import Ranks
from trainer.setup import Job
from trainer.system import System

STANDARDISING_TRACKS = 1000


class Run:
    """Networks, optimiser and position of a run.

    Attributes:
        system: the networks; `model` is the same, made known to the other ranks.
        position: where the run stands.
        changed: settings that differ from those it was begun with.
    """

    def __init__(self, job: Job, here: Ranks, folder: Path, resume: bool):
        self.job, self.recipe, self.here, self.folder = job, job.recipe, here, folder
        torch.manual_seed(seeding.stream(self.recipe.seed, "weights"))
        self.system = System(self.recipe, job.front_end, job.training)
        self._standardise()
        if not resume:
            self._warm_start()
        self.system.to(here.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.system.train()
        self.optimiser = self._optimiser()
        self.position, self.mean = Position(), dict[str, Tensor]()
        self.changed: resuming.Changes = {}
        if resume:
            self._resume()
        if here.first:
            found = None if job.features is None else job.features.folder
            training_sets.remember(folder, job.training, job.validation, found)
        self.model = self._shared()
        if self.recipe.compile:
            self.system.encoder.compile()

    def streams(self, streams: Streams) -> Streams:
        """Return the streams whose tasks are learnt in this phase."""
        wanted = {tuple(task.roles) for task in self.recipe.tasks if task.phase == self.position.phase}
        return {roles: stream for roles, stream in streams.items() if roles in wanted}

    def batches(self, streams: Streams) -> int:
        """Return the batches of this epoch, those that do not make a whole step not counted.

        Raises:
            UsageError: there are too few for one step.
        """
        batches = epoch_batches(streams, self.position.epoch)
        whole = batches // self.recipe.accumulate * self.recipe.accumulate
        if not whole:
            raise UsageError(
                f"epoch {self.position.epoch} has {batches} batches of {self.recipe.batch}, a step takes "
                f"{self.recipe.accumulate}: pass a smaller --set batch=N or --set accumulate=N"
            )
        return whole

    def backward(self, batch: Batches, ends_step: bool) -> dict[str, Tensor]:
        """Add the gradients of a batch, which ranks exchange only where a step ends; return loss and figures."""
        on_device = {roles: each.to(self.here.device) for roles, each in batch.items()}
        with nullcontext() if ends_step else self._alone():
            with self.autocast():
                found: dict[str, Tensor] = self.model(on_device, self.position.phase)
            if found["loss"].requires_grad:
                (found["loss"] / self.recipe.accumulate).backward()  # type: ignore[no-untyped-call]
        return {name: value.detach() for name, value in found.items()}

    def step(self) -> float:
        """Take a step at the rate of the schedule; return the rate."""
        at, recipe = self.position, self.recipe
        rate = schedules.learning_rate(recipe.optimiser, recipe.schedule, at.step, self._steps, at.drops)
        if at.averages(recipe):
            rate = recipe.schedule.average_lr
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        at.step, at.phase_step = at.step + 1, at.phase_step + 1
        return rate

    @torch.no_grad()
    def validate(self, streams: Streams) -> dict[str, float]:
        """Return the means of all figures over one pass, the same crops every time."""
        self.system.eval()
        totals: dict[str, Tensor] = {}
        batches = epoch_batches(streams, 0)
        for _, batch in Loader(streams, self.here.rank, self.here.count).epoch(0, 0, batches):
            on_device = {roles: each.to(self.here.device) for roles, each in batch.items()}
            with self.autocast():
                found = self.system(on_device, self.position.phase)
            for name, value in found.items():
                totals[name] = totals.get(name, torch.zeros((), device=self.here.device)) + value.detach()
        self.system.train()
        return {f"valid/{name}": float(self.here.mean(value / batches)) for name, value in totals.items()}

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in bfloat16 on CUDA where the recipe says so; a CPU is slower in it."""
        half = self.here.device.type == "cuda" and self.recipe.precision == "bf16"
        return torch.autocast(self.here.device.type, torch.bfloat16, enabled=half)

    def average(self) -> None:
        """Put the weights of this moment into their average."""
        self.mean = averaging.averaged(self.mean, self.system, self.position.averaged)
        self.position.averaged += 1

    def save_averaged(self) -> None:
        """Write the averaged weights as a checkpoint of their own; the system's are lost."""
        streams = self.streams(self.job.training)
        averaging.take_over(self.system, self.mean, Loader(streams), epoch_batches(streams, self.position.epoch))
        self.save(checkpoint.AVERAGED)

    def save(self, name: str, *, whole: bool = False) -> None:
        """Write a checkpoint: with `whole` what it takes to go on, else the weights."""
        if not self.here.first:
            return
        tensors = dict(self.system.state_dict())
        if whole:
            tensors |= checkpoint.optimiser_tensors(self.optimiser, self.system)
            tensors |= {f"averaged.{name}": tensor for name, tensor in self.mean.items()}
        state = {"recipe": self.recipe.as_toml(), "reads": self.job.identity(), "position": self.position.state()}
        checkpoint.save(self.folder / name, tensors, state)

    @property
    def _steps(self) -> int:
        """Steps of the whole run; all epochs are taken to be as long as the first."""
        if self.recipe.steps or not self.job.training:
            return self.recipe.steps
        return self.recipe.epochs * (epoch_batches(self.job.training, 0) // self.recipe.accumulate)

    def _standardise(self) -> None:
        """Take mean and standard deviation of the training tracks, or of every so many where there are many."""
        if not self.recipe.views.standardise or self.job.features is None:
            return
        rows = np.unique(np.concatenate([each.tracks() for each in self.job.training.values()]))
        mean, std = self.job.features.moments(rows[:: max(1, len(rows) // STANDARDISING_TRACKS)])
        self.system.mean.fill_(mean)
        self.system.std.fill_(std)

    def _warm_start(self) -> None:
        """Start from the encoder of another run, where the recipe says so."""
        if self.recipe.start:
            path = Path(self.recipe.start)
            tensors, _ = checkpoint.load(path)
            checkpoint.fill(self.system.encoder, checkpoint.part(tensors, "encoder"), path)

    def _optimiser(self) -> torch.optim.Adam:
        learned = [parameter for parameter in self.system.parameters() if parameter.requires_grad]
        settings = self.recipe.optimiser
        return torch.optim.Adam(learned, settings.lr, weight_decay=settings.weight_decay)

    def _resume(self) -> None:
        """Take everything up from the last checkpoint.

        Raises:
            UsageError: it is of other pairs or features.
        """
        path = self.folder / checkpoint.LAST
        tensors, state = checkpoint.load(path)
        self._check_same(path, state)
        self.changed = resuming.changes(recipes.of_toml(state["recipe"], str(path)), self.recipe)
        own = {name: tensor for name, tensor in tensors.items() if not name.startswith(("optimiser.", "averaged."))}
        checkpoint.fill(self.system, own, path)
        checkpoint.fill_optimiser(self.optimiser, self.system, tensors)
        self.mean = checkpoint.part(tensors, "averaged")
        self.position = Position.of(state["position"])

    def _check_same(self, path: Path, state: dict[str, Any]) -> None:
        reads = self.job.identity()
        for what in (what for what in reads if state["reads"].get(what) != reads[what]):
            raise UsageError(f"{path} was trained on other data: {what} has changed since: begin a run with --name")

    def _alone(self) -> AbstractContextManager[Any]:
        return self.model.no_sync() if isinstance(self.model, DistributedDataParallel) else nullcontext()

    def _shared(self) -> nn.Module:
        """Return the system so that ranks share gradients, and batch statistics where they share negatives."""
        if self.here.count == 1:
            return self.system
        everywhere = any(task.loss_options.get("negatives") == "global" for task in self.recipe.tasks)
        if everywhere and self.here.device.type == "cuda":
            nn.SyncBatchNorm.convert_sync_batchnorm(self.system)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(self.system, find_unused_parameters=len(self.recipe.phases) > 1)
