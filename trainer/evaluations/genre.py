"""Genre: one class a track, accuracy, by the protocols of strategies-2022, discogs-2022 and crossmodal-2021."""

from pathlib import Path
from typing import Annotated

import typer

from pairmine.registry import check_name
from trainer.evaluations import _datasets
from trainer.evaluations import _protocols as protocols
from trainer.evaluations._classification import Classification, Classifier
from trainer.evaluations._options import AllowOtherCounts

DATASETS: dict[str, tuple[str, ...]] = {"fma-small": (), "gtzan": ("filtered", "stratified"), "table": ()}
PROTOCOLS: dict[str, tuple[Classifier, ...]] = {
    "strategies-2022": protocols.LINEAR_CLASSIFIERS,
    "discogs-2022": protocols.DISCOGS_2022,
    "crossmodal-2021": protocols.CROSSMODAL_GENRE,
    "choi-2017": protocols.CHOI_2017,
}


def prepare(
    data: Path,
    *,
    dataset: Annotated[str, typer.Option(help=f"One of: {', '.join(DATASETS)}.")] = "fma-small",
    task: Annotated[str, typer.Option(help="gtzan: the split, filtered or stratified. Default the first.")] = "",
    protocol: Annotated[str, typer.Option(help=f"One of: {', '.join(PROTOCOLS)}.")] = "strategies-2022",
    runs: protocols.Runs = None,
    seed: protocols.Seed = 0,
    allow_other_counts: AllowOtherCounts = False,
) -> Classification:
    """`pairmine evaluate genre --data fma-small/ --embeddings embeddings.parquet`

    Train classifiers of genres on the training tracks' vectors and score the test tracks: accuracy, chance being
    guesses by the genres' shares. Protocols: strategies-2022, linear SVM and logistic regression on mean and standard
    deviation of a track's patches; discogs-2022, an MLP (512) on random patches, the activations of half-overlapping
    patches averaged; crossmodal-2021, an MLP (256) on all patches, a majority vote, 10 runs (its data: `--dataset
    gtzan`); choi-2017, SVM with a Gaussian kernel (C 2) and logistic regression (C 0.1) on mean vectors.

    `--dataset table` reads anybody's classes: columns key, tags (one a track) and split in CSV, TSV or Parquet; without
    a split, ten folds grouped by the column group.
    """
    check_name("protocol", protocol, PROTOCOLS)
    annotations = _datasets.read(data, dataset, task, DATASETS, allow_other_counts)
    found = Classification(
        protocol=f"{protocol}, {annotations.name}",
        keys=(),
        tested=(),
        annotations=annotations,
        classifiers=protocols.with_runs(PROTOCOLS[protocol], runs),
        exclusive=True,
        seed=seed,
        folds=0 if (annotations.split_N != "").any() else protocols.FOLDS,
    )
    return found.on(annotations, parts=allow_other_counts)
