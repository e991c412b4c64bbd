"""Instrument: the predominant instrument of IRMAS clips, accuracy (strategies-2022, section 4.3)."""

from pathlib import Path
from typing import Annotated

import typer

from pairmine.errors import MissingError, shown
from trainer.annotations import irmas
from trainer.evaluations import _protocols as protocols
from trainer.evaluations._classification import Classification
from trainer.evaluations._options import AllowOtherCounts


def prepare(
    data: Path,
    *,
    folders: Annotated[
        bool,
        typer.Option("--folders/--no-folders", help="Whether embeddings go by cel/[cel][cla]0019__3 or without cel/."),
    ] = True,
    folds: Annotated[int, typer.Option(min=3, help="Parts, each tested once.")] = protocols.FOLDS,
    seed: protocols.Seed = 0,
    allow_other_counts: AllowOtherCounts = False,
) -> Classification:
    """`pairmine evaluate instrument --data irmas/ --embeddings embeddings.parquet`

    Train a linear SVM and logistic regression on the clips' mean vectors and tell the predominant instrument of 6,705
    clips of 3 s: accuracy, chance being guesses by the instruments' shares.

    The paper gives no split. Ours: folds with all excerpts of a song in one; each fold is tested by what learned from
    the others, the next fold choosing C. Intervals are over songs.

    Clips go by their path in the training set, or with `--no-folders` by their name alone, as in the published table.
    """
    if not data.exists():
        raise MissingError(f"there is no {shown(data)}: name the folder of irmas_train_meta.csv by --data")
    annotations = irmas.read(data, folders=folders, allow_other_counts=allow_other_counts)
    found = Classification(
        protocol=f"strategies-2022, {annotations.name}, {folds} folds by song",
        keys=(),
        tested=(),
        annotations=annotations,
        classifiers=protocols.LINEAR_CLASSIFIERS_OF_CLIPS,
        exclusive=True,
        seed=seed,
        folds=folds,
    )
    return found.on(annotations, parts=allow_other_counts)
