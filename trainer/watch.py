"""What a run keeps an eye on: Ctrl-C, losses that are no longer numbers, speed, when to save."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor

from pairmine.errors import DamagedError, UsageError
from trainer.data import Stream, Streams
from trainer.ranks import Ranks

NAMED = 3


@dataclass
class Interrupted:
    """Whether the user asked the run to stop; asked twice, it stops at once."""

    flag: bool = False


@contextmanager
def interruptible() -> Iterator[Interrupted]:
    """Make a note of Ctrl-C and of SIGTERM, so that a step is never cut in two."""
    interrupted = Interrupted()

    def note(signal_: int, frame: FrameType | None) -> None:
        if interrupted.flag:
            raise KeyboardInterrupt
        interrupted.flag = True

    before = {each: signal.signal(each, note) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupted
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class Clock:
    """Rows a second and the share of time spent waiting for data, since the last lap."""

    def __init__(self) -> None:
        self.rows, self._began, self._waited = 0, time.perf_counter(), 0.0

    def lap(self, waited_s: float) -> dict[str, float]:
        """Return the figures of this lap, `waited_s` being all waiting so far, and begin the next."""
        now = time.perf_counter()
        passed = max(now - self._began, 1e-9)
        figures = {"samples_per_s": self.rows / passed, "waiting": (waited_s - self._waited) / passed}
        self.rows, self._began, self._waited = 0, now, waited_s
        return figures


class Alarm:
    """Rings whenever so many minutes have passed; with 0 never."""

    def __init__(self, minutes: float) -> None:
        self._seconds, self._since = minutes * 60, time.monotonic()

    def rings(self) -> bool:
        """Tell whether they have passed since it last rang."""
        if not self._seconds or time.monotonic() - self._since < self._seconds:
            return False
        self._since = time.monotonic()
        return True


def show(line: str) -> None:
    """Show a line on a terminal, in place of the one before."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def finite_sum(losses: list[tuple[int, Tensor]], streams: Streams, epoch: int, here: Ranks, saved: Path) -> float:
    """Return the sum of losses, averaged over ranks; stop the run if one is not finite.

    Args:
        losses: number of the batch and loss, in order.
        streams: where the batches came from.
        epoch: of the batches.
        here: this rank; all ranks stop where one must.
        saved: the run's last checkpoint, there or not yet.

    Raises:
        DamagedError: the features of a batch are not finite.
        UsageError: they are, so the run diverged.
    """
    loss_N = torch.stack([loss for _, loss in losses])
    finite_N = torch.isfinite(loss_N).cpu()
    if here.any(not finite_N.all()):
        number = losses[int(finite_N.int().argmin())][0]
        for stream in streams.values():
            _check_features(stream, epoch, number)
        raise UsageError(_diverged(next(iter(streams.values())), epoch, number, saved))
    return float(here.mean(loss_N.sum()))


def _check_features(stream: Stream, epoch: int, number: int) -> None:
    """Raise DamagedError if a patch of a batch holds something that is no number."""
    finite_VB = torch.isfinite(stream.get(epoch, number).mel_VBFT).all(3).all(2).numpy()
    taken, features = stream.rows(epoch, number)[0], stream.features
    tracks_VB = taken.views(len(finite_VB))
    for row in tracks_VB[~finite_VB]:
        raise DamagedError(
            f"the features of {features.keys[int(row)]} in {features.folder} hold values that are no numbers "
            f"(batch {number} of epoch {epoch}): run `pairmine features DIR --force`"
        )


def _diverged(stream: Stream, epoch: int, number: int, saved: Path) -> str:
    mend = "go on from the last checkpoint with --resume and" if saved.exists() else "run the same command with"
    rows = stream.rows(epoch, number)[0].anchor[:NAMED]
    names = ", ".join(str(stream.features.keys[int(row)]) for row in rows)
    return (
        f"the loss is no longer a number in batch {number} of epoch {epoch} ({names}, …): "
        f"{mend} a lower rate, --set optimiser.lr=…"
    )
