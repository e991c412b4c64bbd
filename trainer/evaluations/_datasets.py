"""Annotations by the names that `--dataset` and `--task` take."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pairmine.errors import MissingError, UsageError, shown
from pairmine.registry import check_name
from trainer.annotations import (
    Annotations,
    audioset,
    fma_small,
    gtzan,
    magnatagatune,
    msd,
    mtg_jamendo,
    tag_table,
)

Reader = Callable[[Path, str, bool], Annotations]


def read(
    data: Path, dataset: str, task: str, known: Mapping[str, tuple[str, ...]], allow_other_counts: bool
) -> Annotations:
    """Read the annotations of a data set.

    Args:
        data: folder of the published files, or the table.
        dataset: one of `known`.
        task: one of its tasks; "" for the first.
        known: data sets of an evaluation, and their tasks.
        allow_other_counts: take a part of the data set.

    Raises:
        UsageError: an unknown data set or task.
        MissingError: there is nothing at `data`.
        InputError: the files are not in the published form.
    """
    check_name("data set", dataset, known)
    tasks = known[dataset]
    if task and not tasks:
        raise UsageError(f"--task {shown(task)}: {dataset} has no tasks: leave it out")
    if task:
        check_name(f"task of {dataset}", task, tasks)
    if not data.exists():
        raise MissingError(f"there is no {shown(data)}: name what holds the annotations of {dataset} by --data")
    return READERS[dataset](data, task or next(iter(tasks), ""), allow_other_counts)


READERS: Mapping[str, Reader] = {
    "mtg-jamendo": lambda data, task, allow: mtg_jamendo.read(data, mtg_jamendo.Task(task), allow_other_counts=allow),
    "magnatagatune": lambda data, task, allow: magnatagatune.read(
        data, tagged=task == "tagged", allow_other_counts=allow
    ),
    "msd": lambda data, task, allow: msd.read(data, allow_other_counts=allow),
    "audioset": lambda data, task, allow: audioset.read(data, audioset.Genres(task), allow_other_counts=allow),
    "fma-small": lambda data, task, allow: fma_small.read(data, allow_other_counts=allow),
    "gtzan": lambda data, task, allow: gtzan.read(data, gtzan.Split(task), allow_other_counts=allow),
    "table": lambda data, task, allow: tag_table.read(data),
}
