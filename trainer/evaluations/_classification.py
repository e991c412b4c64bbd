"""Classification by probes on frozen vectors: what tagging, genre, instrument and stack have in common."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.errors import InputError
from trainer.annotations import Annotations
from trainer.evaluations import _figures, _splits
from trainer.evaluations._evaluation import Evaluation
from trainer.evaluations._hearing import Hearing, Once
from trainer.evaluations._splits import Fold
from trainer.evaluations._stacked import combinations
from trainer.metrics import classification, pooling
from trainer.metrics.score import Score
from trainer.probes import Fitted, Labelled, probe
from trainer.systems._system import Ints, System

Floats = npt.NDArray[np.float64]
Vectors32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """A column of a paper's table.

    Attributes:
        probe: of `trainer.probes`.
        hearing: what it hears of a track.
        column: as figures are called where a protocol has several columns, e.g. "SVM".
        runs: trainings whose figures are averaged.
        vote: a track is of the class most of its patches are of; otherwise their activations are averaged.
        options: of the probe.
    """

    probe: str
    hearing: Hearing
    column: str = ""
    runs: int = 1
    vote: bool = False
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Classification(Evaluation):
    """Probes trained on the vectors of training tracks, scored on test tracks.

    Attributes:
        annotations: tracks and their classes.
        classifiers: of the protocol.
        exclusive: whether a track has one class: accuracy; otherwise macro ROC-AUC and AP.
        seed: names all random draws.
        train_share: of the training tracks that probes learn from.
        folds: parts of which each is tested once, by classifiers that learned from the others; 0: the published split.
        stacked: whether combinations of systems are scored.
    """

    annotations: Annotations
    classifiers: tuple[Classifier, ...]
    exclusive: bool
    seed: int = 0
    train_share: float = 1.0
    folds: int = 0
    stacked: bool = False

    def scores(self, system: System) -> list[Score]:
        """Train and score every classifier of the protocol."""
        found: list[Score] = []
        heard = self._heard_once(system)
        for classifier in self.classifiers:
            activation_RNC, facts = self._activations(heard, classifier)
            found += self._figures(classifier.column, activation_RNC, facts)
        return found

    def chance(self) -> list[Score]:
        """Score what hears nothing: every track alike (tags), or guesses by the classes' shares in training."""
        share_NC = np.zeros((len(self.tested), len(self.annotations.classes)))
        for train, _, test in self._folds:
            share_NC[self._places(test)] = self.annotations.truth_NC[train].mean(0)
        columns = [classifier.column for classifier in self.classifiers]
        if self.exclusive:
            right_N = share_NC[np.arange(len(share_NC)), self._truth.argmax(1)]
            return [_figures.accuracy(column, right_N[None], self._groups) for column in columns]
        alike_1NC = np.zeros((1, *share_NC.shape))
        return [score for column in columns for score in self._figures(column, alike_1NC, {})]

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the tracks that are not known.

        Raises:
            InputError: no track is left to learn from, or to test, or fewer than two classes.
        """
        rows = np.flatnonzero([key in known for key in self.annotations.keys])
        return self.on(self.annotations.take(rows), parts=True)

    def on(self, annotations: Annotations, *, parts: bool = False) -> Self:
        """Return it on these annotations; where the published split is taken, without tracks that are in none.

        With `parts`, annotations may be a part of a data set: classes that no training track has are left out.

        Raises:
            InputError: no track is left to learn from, or to test, or fewer than two classes; or, where each track
                has one class, one has none or several.
        """
        if not self.folds:
            annotations = annotations.take(np.flatnonzero(annotations.split_N != ""))
        train = np.arange(len(annotations.keys)) if self.folds else annotations.rows("train")
        left_out: list[str] = []
        if parts:
            annotations, left_out = _splits.without_unlearnable(annotations, train, self.exclusive)
        found = replace(self, annotations=annotations)
        tested = found._keys(found._tested_rows)
        if not len(train) or not len(tested) or len(annotations.classes) < 2:
            raise InputError(
                f"{annotations.name}: {len(train):,} training and {len(tested):,} test tracks and "
                f"{len(annotations.classes)} classes are left: tracks of both and two classes are needed"
            )
        facts: dict[str, Any] = {"counts": annotations.counts, "classes_left_out": left_out, "seed": self.seed}
        facts |= {"train_share": self.train_share, "folds": self.folds}
        if annotations.other_counts:
            facts["other_counts"] = annotations.other_counts
        if self.exclusive:
            facts["share_of_largest_class"] = float(np.bincount(annotations.labels[found._tested_rows]).max()) / len(
                tested
            )
        return replace(
            found,
            keys=annotations.keys,
            tested=tuple(tested),
            names=dict(annotations.names),
            files=annotations.files,
            facts=facts | {"classifiers": [_told(each) for each in self.classifiers]},
        )

    def combine(self, systems: list[System]) -> list[System]:
        """Return the systems, or with `stacked` the baselines and all combinations of the others.

        Raises:
            UsageError: `stacked`, and fewer than two systems that are no baselines.
        """
        return combinations(systems) if self.stacked else systems

    def _heard_once(self, system: System) -> System:
        return Once(system, self.keys)

    def _activations(self, system: System, classifier: Classifier) -> tuple[Floats, dict[str, Any]]:
        """Return what every run of a classifier says of the tested tracks, (R, N, C)."""
        activation_RNC = np.zeros((classifier.runs, len(self.tested), len(self.annotations.classes)))
        facts: list[dict[str, Any]] = []
        for train, valid, test in self._folds:
            fitted = self._fit(system, classifier, train, valid)
            facts += [each.facts for each in fitted]
            activation_RNC[:, self._places(test)] = self._heard(system, classifier, fitted, test)
        return activation_RNC, {"fitted": facts}

    def _fit(self, system: System, classifier: Classifier, train: Ints, valid: Ints) -> list[Fitted]:
        hearing = classifier.hearing
        learned = self._labelled(train, *hearing.whole(system, self._keys(train), self.seed))
        judged = self._labelled(valid, *hearing.whole(system, self._keys(valid))) if len(valid) else None
        fit, options = probe(classifier.probe), dict(classifier.options)
        seeds = (seeding.stream(self.seed, classifier.probe, run) % 2**31 for run in range(classifier.runs))
        return [
            fit(learned, judged, exclusive=self.exclusive, seed=seed, device=self.device, **options) for seed in seeds
        ]

    def _heard(self, system: System, classifier: Classifier, fitted: Sequence[Fitted], test: Ints) -> Floats:
        pool = pooling.votes if classifier.vote else pooling.mean_activations
        blocks = classifier.hearing.blocks(system, self._keys(test))
        parts = [[pool(each.scores(x_PD), of_P) for each in fitted] for x_PD, of_P in blocks]
        return np.stack([np.concatenate(run) for run in zip(*parts, strict=True)])

    def _figures(self, column: str, activation_RNC: Floats, facts: dict[str, Any]) -> list[Score]:
        if not self.exclusive:
            return _figures.ranked(column, self._truth, activation_RNC, self.annotations.classes, facts)
        label_N, classes = self._truth.argmax(1), self.annotations.classes
        guess_RN = activation_RNC.argmax(2)
        right_RN = np.stack([classification.correct(label_N, guess_N) for guess_N in guess_RN])
        taken_for_RCC = [classification.confusion(label_N, guess_N, len(classes)) for guess_N in guess_RN]
        taken_for = np.sum(taken_for_RCC, axis=0).tolist()
        detail = facts | {"confusion": {"classes": list(classes), "taken_for": taken_for}}
        return [_figures.accuracy(column, right_RN, self._groups, detail)]

    @cached_property
    def _folds(self) -> list[Fold]:
        if self.folds:
            return _splits.grouped(self.annotations, self.folds, self.seed)
        return _splits.published(self.annotations, self.train_share, self.seed)

    @cached_property
    def _tested_rows(self) -> Ints:
        return np.arange(len(self.annotations.keys)) if self.folds else self.annotations.rows("test")

    @property
    def _truth(self) -> npt.NDArray[np.uint8]:
        return self.annotations.truth_NC[self._tested_rows]

    @property
    def _groups(self) -> Ints | None:
        """What is resampled as one: groups where folds are made of them."""
        return _splits.groups(self.annotations) if self.folds else None

    def _places(self, rows: Ints) -> Ints:
        return np.searchsorted(self._tested_rows, rows)

    def _keys(self, rows: Ints) -> list[str]:
        return [self.annotations.keys[row] for row in rows]

    def _labelled(self, rows: Ints, x_ND: Vectors32, of_N: Ints) -> Labelled:
        """Return the vectors with what is true of their tracks."""
        one_each = len(of_N) == len(rows)
        return Labelled(x_ND, self.annotations.truth_NC[rows], None if one_each else of_N)


def _told(classifier: Classifier) -> dict[str, Any]:
    """Return what a classifier is, for the result."""
    return asdict(replace(classifier, options=())) | {"options": dict(classifier.options)}
