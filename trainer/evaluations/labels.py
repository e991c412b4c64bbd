"""Text labels of held-out recordings (colisten-2020, section 4.1), how many clusters tell them apart, and Table 3."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import typer

from pairmine import seeding
from pairmine.errors import InputError, shown
from trainer.annotations import label_sets
from trainer.annotations.label_sets import LabelSet
from trainer.evaluations import Evaluation, System, _finite
from trainer.metrics import ranking
from trainer.metrics.score import Score
from trainer.systems.from_encoder import FromEncoder
from trainer.systems.label_softmax import LabelSoftmax

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

TRAIN, TEST = "train", "test"
TRACKS = 256  # whose patches are held at once
NEIGHBOURS = 10


def prepare(
    data: Path,
    *,
    sample: Annotated[int, typer.Option(min=1, help="Held-out recordings that are scored.")] = 10_000,
    least: Annotated[int, typer.Option(min=1, help="Recordings of the sample that a label must have.")] = 10,
    probe_tracks: Annotated[
        int, typer.Option(min=1, help="Training recordings of the softmax of systems that have none.")
    ] = 10_000,
    nearest: Annotated[
        list[str] | None, typer.Option(help="Label whose nearest labels are told, in all its senses; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Names the random samples.")] = 0,
) -> Evaluation:
    """`pairmine evaluate labels --data workspace/pairs/labels --checkpoint hybrid-resnet18 --nearest bebop`

    Take a folder with two label sets, `train` and `test`:

    pairmine build-pairs --source listens --strategy labels --split train --out workspace/pairs/labels/train

    pairmine build-pairs --source listens --strategy labels --split test --out workspace/pairs/labels/test

    A model trained on `train` is scored by its own softmax, averaged over the windows of a recording. For any other
    system a softmax is trained on the mean vectors of `train`. Figure: ROC-AUC, the unweighted mean over labels.

    Or a folder of such folders, of sets with different `--clusters`: the figure of each, to choose the number by.
    """
    folders = [data] if (data / TRAIN).is_dir() else sorted(path.parent for path in data.glob(f"*/{TRAIN}"))
    if not folders:
        raise InputError(f"{shown(data)}: no folders {TRAIN} and {TEST} in it: build label sets there")
    pairs = [(label_sets.read(folder / TRAIN), label_sets.read(folder / TEST)) for folder in folders]
    settings = Settings(sample, least, probe_tracks, tuple(nearest or ()), seed)
    by_cluster = any(train.manifest["parameters"].get("clusters") for train, _ in pairs)
    protocol = "colisten-2020, labels" + (" told apart by cluster" if by_cluster else "")
    return Labels(protocol, (), (), settings=settings, pairs=tuple(pairs), vocabularies=()).on(None)


@dataclass(frozen=True)
class Settings:
    """The options of `prepare`."""

    sample: int
    least: int
    probe_tracks: int
    nearest: tuple[str, ...]
    seed: int


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The labels of one pair of sets that are scored.

    Attributes:
        name: "" where there is one pair only.
        train: the set a softmax is, or was, trained on.
        labels: (C,) known to it, of enough recordings of the sample.
        probe_rows: of `train`.
        test_keys: (N,) the sample.
        truth_NC: which labels it has.
    """

    name: str
    train: LabelSet
    labels: list[str]
    probe_rows: Ints
    test_keys: tuple[str, ...]
    truth_NC: npt.NDArray[np.bool_]

    @property
    def probe_keys(self) -> list[str]:
        """Recordings the softmax of systems that have none is trained on."""
        return [self.train.keys[row] for row in self.probe_rows]

    def softmax(self, system: System) -> LabelSoftmax:
        """Return the softmax a model was trained with, or a new one on a system's frozen vectors."""
        if isinstance(system, FromEncoder) and not system.baseline:
            digest, labels = self.train.manifest["digest"], self.train.vocabulary
            if own := LabelSoftmax.of_checkpoint(system.checkpoint, digest, labels):
                return own
        vector_ND = _finite.tracks(system, self.probe_keys)
        return LabelSoftmax.fit(vector_ND, self.train.truth(self.probe_rows, self.labels), self.labels)

    def posterior(self, system: System, softmax: LabelSoftmax) -> Floats:
        """Return the posterior of every label for the recordings, the mean over windows where it is the model's own."""
        if not softmax.own:
            return softmax.posterior(_finite.tracks(system, self.test_keys), self.labels)
        parts = []
        for first in range(0, len(self.test_keys), TRACKS):
            keys = self.test_keys[first : first + TRACKS]
            windows = _finite.patches(system, keys)
            posterior_PC = softmax.posterior(windows.vector_PD, self.labels)
            begins = np.flatnonzero(np.diff(windows.of_P, prepend=-1))
            counts = np.bincount(windows.of_P, minlength=len(keys))[:, None]
            parts.append(np.add.reduceat(posterior_PC, begins) / counts)
        return np.concatenate(parts).astype(np.float32)

    def figure(self, score_NC: Floats, detail: dict[str, Any]) -> Score:
        """Return the unweighted mean of the labels' areas under the ROC curve."""
        area, _ = ranking.macro(self.truth_NC, score_NC, self.labels)
        metric = f"ROC-AUC, {self.name}" if self.name else "ROC-AUC"
        return replace(area, metric=metric, unit="recordings", detail=area.detail | detail)


@dataclass(frozen=True, kw_only=True)
class Labels(Evaluation):
    """Prediction of text labels.

    Attributes:
        settings: the options.
        pairs: label sets to train on, and to test.
        vocabularies: what is scored.
    """

    settings: Settings
    pairs: tuple[tuple[LabelSet, LabelSet], ...]
    vocabularies: tuple[Vocabulary, ...]

    def scores(self, system: System) -> list[Score]:
        """Return the figure of a system for every vocabulary; `detail` has the nearest labels asked for."""
        found = []
        for vocabulary in self.vocabularies:
            softmax = vocabulary.softmax(system)
            near = {seed: softmax.nearest(seed, NEIGHBOURS) for seed in self.settings.nearest}
            detail = {"softmax": "its own" if softmax.own else "trained on frozen vectors"}
            score_NC = vocabulary.posterior(system, softmax)
            found.append(vocabulary.figure(score_NC, detail | ({"nearest": near} if near else {})))
        return found

    def chance(self) -> list[Score]:
        """Return the figures of random scores."""
        rng = seeding.rng(self.settings.seed, "chance")
        return [each.figure(rng.random(each.truth_NC.shape, np.float32), {}) for each in self.vocabularies]

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the recordings that are not known.

        Raises:
            InputError: no label is left that enough recordings have.
        """
        return self.on(known)

    def on(self, known: frozenset[str] | None) -> Self:
        """Return it with samples of the known recordings; of all for None.

        Raises:
            InputError: no label is left that enough recordings have.
        """
        several = len(self.pairs) > 1
        found = tuple(self._vocabulary(train, test, several, known) for train, test in self.pairs)
        tested = {key for each in found for key in each.test_keys}
        keys = tested.union(*(each.probe_keys for each in found))
        names = {key: name for each in self.pairs for one in each for key, name in one.names.items() if key in keys}
        facts = {
            each.name or "labels": {
                "labels": len(each.labels),
                "recordings": len(each.test_keys),
                "probe_recordings": len(each.probe_rows),
            }
            for each in found
        }
        return replace(
            self,
            keys=_in_order(keys),
            tested=_in_order(tested),
            facts=facts,
            files=tuple(file for each in self.pairs for one in each for file in one.files),
            names=names,
            vocabularies=found,
        )

    def _vocabulary(self, train: LabelSet, test: LabelSet, several: bool, known: frozenset[str] | None) -> Vocabulary:
        own, trained = self.settings, set(train.keys)
        probe_rows = _drawn(train, own.probe_tracks, own.seed, known, set())
        rows = _drawn(test, own.sample, own.seed, known, trained)
        counts_V = test.counts(rows)
        enough = np.flatnonzero((counts_V >= own.least) & (counts_V < len(rows)))
        learnt = {train.vocabulary[label] for label in np.flatnonzero(train.counts(probe_rows))}
        labels = [test.vocabulary[label] for label in enough if test.vocabulary[label] in learnt]
        if len(labels) < 2:
            raise InputError(
                f"{shown(test.folder)}: {len(labels)} labels that {own.least} of {len(rows):,} recordings have, and "
                f"some of {shown(train.folder)} too: two are needed: lower --least, or build larger sets"
            )
        name = train.folder.parent.name if several else ""
        keys = tuple(test.keys[row] for row in rows)
        return Vocabulary(name, train, labels, probe_rows, keys, test.truth(rows, labels))


def _drawn(found: LabelSet, wanted: int, seed: int, known: frozenset[str] | None, unwanted: set[str]) -> Ints:
    """Return a random sample of the known recordings of a set that are not unwanted, ascending."""
    allowed = [n for n, key in enumerate(found.keys) if key not in unwanted and (known is None or key in known)]
    order = seeding.order(seeding.stream(seed, "labels"), len(allowed))[:wanted]
    return np.sort(np.array(allowed, np.int64)[order])


def _in_order(keys: Sequence[str] | set[str]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=str.encode))
