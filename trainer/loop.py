"""The training loop.

    pairmine train --pairs workspace/pairs/mpd-tco                                       one GPU, or the CPU
    torchrun --nproc-per-node 8 -m pairmine train --pairs workspace/pairs/mpd-tco        eight GPUs
    pairmine train --pairs workspace/pairs/mpd-tco --resume                              go on from the last checkpoint

All that a step depends on is a function of (recipe, epoch, batch), so a run taken up where it stopped is the run that
never stopped.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from pairmine import seeding, store
from pairmine.errors import ResourceError, UsageError
from pairmine.progress import say
from trainer import checkpoint, ranks, refresh, run_folder, setup, training_sets, watch
from trainer import resume as resuming
from trainer.loader import Loader
from trainer.run import Run
from trainer.setup import Job


@dataclass(frozen=True)
class Trained:
    """What a run did."""

    folder: Path
    steps: int
    epochs: int
    lowest_loss: float | None
    interrupted: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        end = "interrupted, go on with --resume" if self.interrupted else "done"
        lowest = "" if self.lowest_loss is None else f", lowest loss {self.lowest_loss:.4f}"
        return f"{self.folder}: {end}; {self.steps:,} steps, {self.epochs} whole epochs{lowest}"


def train(
    workspace: Path,
    pairs: Sequence[str],
    *,
    recipe: str | None = None,
    encoder: str | None = None,
    loss: str | None = None,
    settings: Sequence[str] = (),
    valid: Sequence[str] = (),
    features: Path | None = None,
    name: str | None = None,
    resume: bool = False,
    device: str | None = None,
) -> Trained | None:
    """Train an encoder on pair sets; Ctrl-C saves, and the run can be resumed. Only the first rank gets a report.

    Args:
        workspace: where features are sought and the run is kept.
        pairs: pair sets as DIR or ROLE=DIR, or by their names in the workspace.
        recipe: name or file; by default the one for the first set's strategy.
        encoder: another than the recipe's, by name or as module:Class.
        loss: another than the recipe's, by name or as module:function.
        settings: as `optimiser.lr=1e-4`.
        valid: pair sets for validation, as `pairs`.
        features: a feature store; by default the workspace's one of the recipe's front end.
        name: of the run, by default that of the recipe; its folder is `workspace/runs/NAME`.
        resume: go on from the run's last checkpoint, by its own recipe and with what it read, unless given; `settings`
            may change its length, the optimiser and what does not change the loss.
        device: "cpu", "cuda" or "cuda:N"; by default the GPU if there is one.

    Raises:
        UsageError: as in `setup.prepare`; a run of that name exists, or is being trained; its checkpoint is of other
            pairs; or the loss is no longer a number.
        MissingError, DamagedError: as in `setup.prepare`.
        ResourceError: the GPU's memory is too small.
    """
    pairs, valid = setup.located(workspace, pairs), setup.located(workspace, valid)
    called = name or setup.recipe_name(pairs, recipe)
    begun = run_folder.begun(workspace, called) if resume else None
    if begun:
        reads = training_sets.remembered(begun.parent)
        pairs = pairs or [f"{role}={folder}" for role, folder in reads.pairs.items()]
        valid = valid or [f"{role}={folder}" for role, folder in reads.valid.items()]
        features = features or (None if reads.features is None else Path(reads.features))
    job = setup.prepare(
        workspace,
        pairs,
        recipe=recipe,
        encoder=encoder,
        loss=loss,
        settings=settings,
        valid=valid,
        features=features,
        begun=begun,
    )
    refresh.check(job.recipe, job.training)
    with ranks.join(device) as here, watch.interruptible() as interrupted:
        folder = begun.parent if begun else run_folder.new_folder(workspace, called)
        with _claimed(folder, here):
            trained = _trained(job, here, folder, resume, interrupted)
    return trained if here.first else None


@contextmanager
def _claimed(folder: Path, here: ranks.Ranks) -> Iterator[None]:
    """Hold a run's folder against other runs; where the first rank finds it held, all ranks refuse."""
    with ExitStack() as stack:
        is_held = False
        try:
            if here.first:
                stack.enter_context(store.claim(folder))
        except UsageError:
            is_held = True
        if here.any(is_held):
            raise UsageError(f"another run is being trained in {folder}: wait for it, or name another with --name")
        yield


def _trained(job: Job, here: ranks.Ranks, folder: Path, resume: bool, interrupted: watch.Interrupted) -> Trained:
    try:
        return loop(job, Run(job, here, folder, resume), interrupted)
    except torch.OutOfMemoryError:
        raise ResourceError(
            f"batches of {job.recipe.batch} do not fit into the memory of {here.device}: "
            "pass --set cache_chunk=N (large batches in small pieces), or a smaller --set batch=N"
        ) from None


def loop(job: Job, run: Run, interrupted: watch.Interrupted) -> Trained:
    """Train to the end of the recipe, or until interrupted."""
    recipe, here, at = job.recipe, run.here, run.position
    metrics = run_folder.Metrics(run.folder, recipe, at.step, writes=here.first)
    changed = {"changed": run.changed} if run.changed else {}
    metrics.write("start", at.step, {"ranks": here.count, "device": str(here.device), "sets": job.facts()} | changed)
    told = [f"goes on from step {at.step:,} with {resuming.told(run.changed)}"] if run.changed else []
    for line in [*told, *job.warnings(here.count)] if here.first else ():
        say(line)
    stopped, saving = False, watch.Alarm(recipe.save_minutes)
    while recipe.tasks and not stopped and not at.finished(recipe):
        streams = refresh.streams(run, run.streams(job.training))
        batches = run.batches(streams)
        read = {"+".join(roles): stream.pair_epoch(at.epoch) for roles, stream in streams.items()}
        dropped = {"+".join(roles): stream.dropped(at.epoch) for roles, stream in streams.items()}
        metrics.write("reads", at.step, {"epoch": at.epoch, "pair_epochs": read, "dropped_pairs": dropped})
        loader = Loader(streams, here.rank, here.count, pin=here.device.type == "cuda")
        clock, unseen = watch.Clock(), list[tuple[int, torch.Tensor]]()

        for number, batch in loader.epoch(at.epoch, at.batch, batches):
            torch.manual_seed(seeding.stream(recipe.seed, "step", at.epoch, number, here.rank))
            ends_step = (number + 1) % recipe.accumulate == 0
            found = run.backward(batch, ends_step)
            unseen.append((number, found["loss"]))
            clock.rows += here.count * sum(len(each.rows_B) for each in batch.values())
            if not ends_step:
                continue
            rate = run.step()
            at.batch = number + 1
            if here.count == 1 or at.step % recipe.log_every == 0:
                stopped = here.any(interrupted.flag)
            last = stopped or at.batch == batches or at.finished(recipe)
            if last or at.step % recipe.log_every == 0:
                at.epoch_loss += watch.finite_sum(unseen, streams, at.epoch, here, run.folder / checkpoint.LAST)
                unseen.clear()
                figures = {name: float(here.mean(value)) for name, value in found.items()}
                figures |= {"lr": rate, **clock.lap(loader.waited_s)}
                metrics.write("step", at.step, {"epoch": at.epoch, "batch": number, **figures})
                if here.first:
                    watch.show(f"epoch {at.epoch} batch {at.batch}/{batches} {_line(figures)}")
                if not last and saving.rings():
                    run.save(checkpoint.LAST, whole=True)
            if last:
                break

        if at.batch == batches or at.finished(recipe):
            _end_epoch(job, run, metrics, read, batches)
        run.save(checkpoint.LAST, whole=True)
    if not recipe.tasks:
        run.save(checkpoint.LAST, whole=True)
    if at.averaged and not stopped:
        run.save_averaged()
    metrics.close()
    lowest = at.best.best if math.isfinite(at.best.best) else None
    return Trained(run.folder, at.step, at.epoch, lowest, stopped)


def _end_epoch(job: Job, run: Run, metrics: run_folder.Metrics, read: dict[str, int], batches: int) -> None:
    """Validate, keep the weights if they are the best so far, and go on if the epoch is whole."""
    at, phase = run.position, run.position.phase
    figures = {"train/loss": at.epoch_loss / max(at.batch, 1)}
    if job.validation is not None:
        figures |= run.validate(run.streams(job.validation))
    metrics.write("epoch", at.step, {"epoch": at.epoch, **figures})
    if run.here.first:
        watch.show("")
        say(f"epoch {at.epoch} (reads pair epoch {_told(read)}): {_line(figures)}")
    judged = figures.get("valid/loss", figures["train/loss"])
    if at.best.add(judged):
        run.save(checkpoint.BEST)
    if at.batch < batches:
        return
    if at.averages(job.recipe):
        run.average()
    at.end_epoch(job.recipe, judged)
    if at.phase != phase and run.here.first:
        say(f"phase {at.phase} begins at step {at.step:,}")


def _told(read: dict[str, int]) -> str:
    """Return the pair epochs read, by role where there are several."""
    if len(read) == 1:
        return str(*read.values())
    return ", ".join(f"{epoch} of {role}" for role, epoch in read.items())


def _line(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
