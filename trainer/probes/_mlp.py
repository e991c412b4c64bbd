"""How the papers' small networks on frozen vectors are trained."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from pairmine import seeding
from pairmine.errors import UsageError
from trainer import ranks
from trainer.probes._probe import Fitted, Floats, Ints, Labelled, Scores, check_classes
from trainer.schedules import Plateau

ROWS = 8192  # vectors seen at once outside training
SMALLEST = 1e-12  # activation whose logarithm is taken
WORTH_THREADS = 1 << 25  # products of a step


@dataclass(frozen=True)
class Course:
    """How long and how fast a network learns.

    Attributes:
        epochs: at most.
        batch: vectors a step.
        lr: of Adam, at the start.
        weight_decay: of Adam.
        patience: epochs without a lower validation loss after which training stops; 0: never.
        halve_after: epochs without a lower validation loss after which the rate is halved; 0: never.
        one_a_track: an epoch takes one random vector of every track, instead of all vectors.
    """

    epochs: int
    batch: int = 128
    lr: float = 1e-3
    weight_decay: float = 0.0
    patience: int = 0
    halve_after: int = 0
    one_a_track: bool = False


class _Standardise(nn.Module):
    """The first layer: vectors of mean 0 and standard deviation 1, by the training vectors."""

    mean_D: Tensor
    std_D: Tensor

    def __init__(self, x_ND: Floats):
        super().__init__()
        scaler = StandardScaler()
        for rows in _chunks(len(x_ND)):
            scaler.partial_fit(x_ND[rows])
        self.register_buffer("mean_D", torch.from_numpy(scaler.mean_).float())
        self.register_buffer("std_D", torch.from_numpy(scaler.scale_).float())

    def forward(self, x_ND: Tensor) -> Tensor:
        return (x_ND - self.mean_D) / self.std_D


def one_hidden(train: Labelled, width: int) -> list[nn.Module]:
    """Return one hidden layer of so many units with ReLU, and an output a class."""
    return [nn.Linear(train.x_ND.shape[1], width), nn.ReLU(), nn.Linear(width, train.truth_TC.shape[1])]


def train(
    layers: Callable[[], list[nn.Module]],
    train: Labelled,
    valid: Labelled | None,
    course: Course,
    *,
    exclusive: bool,
    seed: int,
    device: str | None = None,
) -> Fitted:
    """Train what `layers` builds and keep the weights of the epoch with the lowest validation loss.

    The validation loss is the cross-entropy of activations averaged over the vectors of a track; without validation
    tracks the training loss stands in for it. Activations are those of sigmoid, or of softmax where classes exclude
    each other. What `layers` draws, batches and dropout depend on the seed alone.

    It learns on `device`, by default the GPU if there is one.

    Raises:
        InputError: a class that no training track has, or that all have.
        UsageError: the loss is no longer a number.
    """
    check_classes(train)
    with torch.random.fork_rng():
        torch.manual_seed(seeding.stream(seed, "probe"))
        network = nn.Sequential(_Standardise(train.x_ND), *layers()).to(ranks.device_name(device))
        with _few_threads(network, course.batch):
            return _Teacher(network, train, course, exclusive, seed).teach(valid)


class _Teacher:
    """A network and how it is trained."""

    def __init__(self, network: nn.Sequential, train: Labelled, course: Course, exclusive: bool, seed: int) -> None:
        self._network, self._train, self._course = network, train, course
        self._exclusive, self._seed = exclusive, seed
        self._device = next(network.parameters()).device
        rates = course.lr, course.weight_decay
        self._optimiser = torch.optim.Adam(network.parameters(), lr=rates[0], weight_decay=rates[1])

    def teach(self, valid: Labelled | None) -> Fitted:
        course, best, level, kept, epoch = self._course, Plateau(), Plateau(), dict[str, Tensor](), 0
        best_epoch = 0
        while epoch < course.epochs and not (course.patience and best.waited >= course.patience):
            loss = self._epoch(epoch)
            watched = loss if valid is None else self._validate(valid)
            epoch += 1
            if best.add(watched):
                kept, best_epoch = copy.deepcopy(self._network.state_dict()), epoch
            level.add(watched)
            if course.halve_after and level.waited >= course.halve_after:
                self._halve()
                level.waited = 0
        self._network.load_state_dict(kept)
        facts = {"epochs": epoch, "best_epoch": best_epoch, "lowest_loss": best.best}
        return Fitted(self.scores, facts)

    def scores(self, x_ND: Floats) -> Scores:
        """Return the activations of vectors, (N, C)."""
        self._network.eval()
        parts = []
        with torch.inference_mode():
            for rows in _chunks(len(x_ND)):
                logit_NC = self._network(torch.from_numpy(x_ND[rows]).to(self._device)).double()
                parts.append((logit_NC.softmax(1) if self._exclusive else logit_NC.sigmoid()).cpu().numpy())
        return np.concatenate(parts)

    def _epoch(self, epoch: int) -> float:
        """Learn from an epoch's vectors; return their mean loss."""
        self._network.train()
        rng = seeding.rng(self._seed, "probe", epoch)
        rows_N, total = self._rows(rng), torch.zeros((), device=self._device)
        for rows_B in np.array_split(rows_N, -(-len(rows_N) // self._course.batch)):
            x_BD = torch.from_numpy(self._train.x_ND[rows_B]).to(self._device)
            truth_BC = torch.from_numpy(self._truth(rows_B)).to(self._device)
            loss = self._loss(self._network(x_BD), truth_BC)
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            total += loss.detach() * len(rows_B)
        mean = float(total) / len(rows_N)
        if not np.isfinite(mean):
            raise UsageError(
                f"the probe's loss is no longer a number in epoch {epoch}: are there vectors of huge length?"
            )
        return mean

    def _rows(self, rng: np.random.Generator) -> Ints:
        """Return the vectors of an epoch in random order."""
        if not self._course.one_a_track:
            return rng.permutation(len(self._train.x_ND))
        counts_T = self._train.counts
        return rng.permutation(np.cumsum(counts_T) - counts_T + rng.integers(0, counts_T))

    def _truth(self, rows_B: Ints) -> Floats:
        tracks_B = rows_B if self._train.of_N is None else self._train.of_N[rows_B]
        return self._train.truth_TC[tracks_B].astype(np.float32)

    def _loss(self, logit_BC: Tensor, truth_BC: Tensor) -> Tensor:
        if self._exclusive:
            return nn.functional.cross_entropy(logit_BC, truth_BC)
        return nn.functional.binary_cross_entropy_with_logits(logit_BC, truth_BC)

    def _validate(self, valid: Labelled) -> float:
        """Return the cross-entropy of the tracks' mean activations."""
        sum_TC = np.zeros(valid.truth_TC.shape)
        of_N = np.arange(len(sum_TC)) if valid.of_N is None else valid.of_N
        for rows in _chunks(len(valid.x_ND)):
            np.add.at(sum_TC, of_N[rows], self.scores(valid.x_ND[rows]))
        mean_TC = sum_TC / valid.counts[:, None]
        of_right_TC = np.where(valid.truth_TC, mean_TC, 1 - mean_TC)
        loss_TC = -np.log(np.maximum(of_right_TC, SMALLEST))
        return float(loss_TC[valid.truth_TC == 1].mean() if self._exclusive else loss_TC.mean())

    def _halve(self) -> None:
        for group in self._optimiser.param_groups:
            group["lr"] /= 2


@contextmanager
def _few_threads(network: nn.Module, batch: int) -> Iterator[None]:
    """Compute small steps in one thread: waiting for others costs more than they help, most on a busy machine."""
    threads = torch.get_num_threads()
    products = sum(weight.numel() for weight in network.parameters()) * batch
    torch.set_num_threads(1 if products < WORTH_THREADS else threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _chunks(rows: int) -> Iterator[slice]:
    return (slice(first, first + ROWS) for first in range(0, rows, ROWS))
