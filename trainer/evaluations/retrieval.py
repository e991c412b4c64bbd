"""Retrieval by anybody's labels: are the nearest neighbours of a track of its label? [ours]"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
import typer

from pairmine.errors import InputError, shown
from pairmine.registry import check_name
from trainer.annotations import label_table
from trainer.annotations.label_table import LabelTable
from trainer.evaluations import Evaluation, System, _finite
from trainer.metrics import retrieval, score
from trainer.metrics.retrieval import DISTANCES, Retrieved
from trainer.metrics.score import Score

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def prepare(
    data: Path,
    *,
    key_column: Annotated[
        str | None, typer.Option(help="Column of keys or paths [default: the one of a usual name, else the first].")
    ] = None,
    label_column: Annotated[
        list[str] | None, typer.Option(help="Column of labels; may be repeated [default: the one of a usual name].")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Take only tracks of this split.")] = None,
    split_column: Annotated[str, typer.Option(help="Column of splits.")] = "split",
    least: Annotated[int, typer.Option(min=2, help="Query only tracks whose label has so many tracks.")] = 2,
    k: Annotated[int, typer.Option(min=1, help="Recall is that of the first k.")] = 10,
    distance: Annotated[str, typer.Option(help="cosine or euclidean.")] = "cosine",
    standardise: Annotated[
        bool, typer.Option(help="Make mean 0 and deviation 1 of every dimension, over tracks with a label.")
    ] = False,
) -> Evaluation:
    """`pairmine evaluate retrieval --data labels.csv --embeddings embeddings.parquet`

    Take a table of labels (.csv, .tsv, .parquet): each track whose label others bear too is a query, all other tracks
    with a label are candidates, ranked by the distance of the tracks' mean vectors. Figures: precision at 1, mean
    average precision, and the share of a query's label found among the first k, as means over queries.
    """
    check_name("distance", distance, DISTANCES)
    table = label_table.read(
        data, key_column=key_column, label_columns=label_column or (), split_column=split_column, split=split
    )
    found = Retrieval(
        "", (), (), table=table, split=split, least=least, k=k, distance=distance, standardise=standardise
    )
    return found.on(table)


@dataclass(frozen=True)
class _Task:
    """Queries and candidates of one column of labels; candidates are rows of the table."""

    column: str
    candidate_N: Ints
    label_N: Ints
    query_Q: Ints

    def facts(self) -> dict[str, str | int]:
        """Return its counts for the result."""
        queried = len(np.unique(self.label_N[self.query_Q]))
        counts = {"candidates": len(self.candidate_N), "queries": len(self.query_Q), "labels_queried": queried}
        return {"column": self.column} | counts


@dataclass(frozen=True, kw_only=True)
class Retrieval(Evaluation):
    """Leave-one-out retrieval by the labels of a table.

    Attributes:
        table: the labels.
        split: whose tracks they are; None: all tracks'.
        least: tracks a label must have to be queried.
        k: places of recall.
        distance: "cosine" or "euclidean".
        standardise: whether vectors are z-scored, over the tracks of all columns.
    """

    table: LabelTable
    split: str | None
    least: int
    k: int
    distance: str
    standardise: bool

    def scores(self, system: System) -> list[Score]:
        """Return the figures of a system."""
        vector_ND = _finite.tracks(system, self.keys).astype(np.float64)
        vector_ND = _standardised(vector_ND) if self.standardise else vector_ND
        row_of = {key: row for row, key in enumerate(self.keys)}
        found = []
        for task in self._tasks():
            rows = [row_of[self.table.keys[candidate]] for candidate in task.candidate_N]
            retrieved = retrieval.leave_one_out(vector_ND[rows], task.label_N, task.query_Q, (1, self.k), self.distance)
            found += self._figures(task, retrieved)
        return found

    def chance(self) -> list[Score]:
        """Return the expected figures of an order by chance: a closed form."""
        found = []
        for task in self._tasks():
            relevant_Q = np.bincount(task.label_N)[task.label_N[task.query_Q]] - 1
            retrieved = retrieval.chance(len(task.candidate_N) - 1, relevant_Q, (1, self.k))
            found += self._figures(task, retrieved)
        return found

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the tracks that are not known.

        Raises:
            InputError: no label is left that enough of the tracks bear.
        """
        rows = [row for row, key in enumerate(self.table.keys) if key in known]
        keys = tuple(self.table.keys[row] for row in rows)
        labels = {column: label_N[rows] for column, label_N in self.table.labels.items()}
        return self.on(replace(self.table, keys=keys, labels=labels))

    def on(self, table: LabelTable) -> Self:
        """Return it on a table of labels, all else equal.

        Raises:
            InputError: there is a column no label of which enough tracks bear, or all tracks the same.
        """
        found = replace(self, table=table)
        tasks = list(found._tasks())
        for task in tasks:
            if not task.query_Q.size:
                raise InputError(
                    f"{shown(table.file)}: no label in column {shown(task.column)} is borne by {self.least} tracks: "
                    "nothing to retrieve: lower --least, or name another --label-column"
                )
            if not task.label_N.any():
                raise InputError(
                    f"{shown(table.file)}: one label only in column {shown(task.column)}: any order is right: name "
                    "another --label-column, or take more tracks"
                )
        keys = tuple(key for key, *own in zip(table.keys, *table.labels.values(), strict=True) if any(own))
        names = {key: table.names[key] for key in keys if key in table.names}
        facts = {"key_column": table.key_column, "guessed": table.guessed, "labels": [task.facts() for task in tasks]}
        return replace(
            found, protocol=found._asked(tasks), keys=keys, tested=keys, facts=facts, files=(table.file,), names=names
        )

    def _asked(self, tasks: list[_Task]) -> str:
        """Return what is asked, as tables print it."""
        by = [
            f"by {each.column} ({len(each.query_Q):,} queries of {len(each.candidate_N):,} candidates)"
            for each in tasks
        ]
        how = [self.distance, *(["standardised"] if self.standardise else []), f"labels of {self.least} tracks or more"]
        return ", ".join([*([self.split] if self.split else []), " and ".join(by), *how])

    def _tasks(self) -> Iterator[_Task]:
        for column, text_T in self.table.labels.items():
            candidate_N = np.flatnonzero(text_T != "")
            _, label_N, counts = np.unique(text_T[candidate_N], return_inverse=True, return_counts=True)
            yield _Task(column, candidate_N, label_N, np.flatnonzero(counts[label_N] >= self.least))

    def _figures(self, task: _Task, retrieved: Retrieved) -> list[Score]:
        figures = {
            "P@1": retrieved.hits_QK[:, 0],
            "MAP": retrieved.average_precision_Q,
            f"recall@{self.k}": retrieved.hits_QK[:, 1] / retrieved.relevant_Q,
        }
        of = f", {task.column}" if len(self.table.labels) > 1 else ""
        return [score.mean(metric + of, value_Q, "queries") for metric, value_Q in figures.items()]


def _standardised(vector_ND: Floats) -> Floats:
    """Return vectors with mean 0 and standard deviation 1 in each dimension; one that does not vary is 0."""
    std_D = vector_ND.std(0)
    scaled: Floats = (vector_ND - vector_ND.mean(0)) / np.where(std_D > 0, std_D, 1)
    return scaled
