"""Tagging: several tags a track, macro ROC-AUC and average precision, by the protocols of all five papers."""

from pathlib import Path
from typing import Annotated

import typer

from pairmine.errors import UsageError
from pairmine.registry import check_name
from trainer.evaluations import _datasets
from trainer.evaluations import _protocols as protocols
from trainer.evaluations._classification import Classification, Classifier
from trainer.evaluations._fine_tuning import FINE_TUNING, FineTuning
from trainer.evaluations._options import AllowOtherCounts

DATASETS = {
    "mtg-jamendo": ("genre", "instrument", "moodtheme", "top50tags"),
    "magnatagatune": ("all", "tagged"),
    "msd": (),
    "audioset": ("7", "25"),
    "table": (),
}
PROTOCOLS: dict[str, tuple[Classifier, ...]] = {
    "crossmodal-2021": protocols.CROSSMODAL_TAGGING,
    "discogs-2022": protocols.DISCOGS_2022,
    "colisten-2020": (protocols.COLISTEN_LINEAR, protocols.COLISTEN_MLP),
    "strategies-2022": (protocols.LOGISTIC_REGRESSION,),
    "playlists-2023": (FINE_TUNING,),
}


def prepare(
    data: Path,
    *,
    dataset: Annotated[str, typer.Option(help=f"One of: {', '.join(DATASETS)}.")] = "mtg-jamendo",
    task: Annotated[
        str,
        typer.Option(
            help="mtg-jamendo: genre, instrument, moodtheme or top50tags; magnatagatune: all or tagged (clips without "
            "a tag left out); audioset: 7 or 25 genres. Default the first."
        ),
    ] = "",
    protocol: Annotated[str, typer.Option(help=f"One of: {', '.join(PROTOCOLS)}.")] = "crossmodal-2021",
    train_share: protocols.TrainShare = 1.0,
    runs: protocols.Runs = None,
    seed: protocols.Seed = 0,
    allow_other_counts: AllowOtherCounts = False,
) -> Classification:
    """`pairmine evaluate tagging --data mtg-jamendo/ --task genre --embeddings embeddings.parquet`

    Train classifiers of tags on the training tracks' vectors and score the test tracks: macro ROC-AUC and average
    precision, chance being a system to which all tracks are alike. Protocols: crossmodal-2021, an MLP (128-64) on mean
    vectors, 10 runs; discogs-2022, an MLP (512) on random patches, the activations of half-overlapping patches averaged
    (`--embeddings` of `pairmine embed --per-patch`); colisten-2020, logistic regression and an MLP (512) on mean
    vectors (logistic regression on AudioSet), with `--train-share 0.1` as in its tables; strategies-2022, logistic
    regression on mean and standard deviation; playlists-2023, the whole encoder fine-tuned (`--checkpoint`), 3 runs.

    `--dataset table` reads anybody's tags: columns key, tags and split (train, valid, test) in CSV, TSV or Parquet;
    several tags as `calm|piano`, as a list `["calm", "piano"]`, or in further cells where tags is the last column.
    """
    check_name("protocol", protocol, PROTOCOLS)
    if not 0 < train_share <= 1:
        raise UsageError(f"--train-share {train_share:g}: a share is above 0 and at most 1")
    annotations = _datasets.read(data, dataset, task, DATASETS, allow_other_counts)
    classifiers = PROTOCOLS[protocol]
    if protocol == "colisten-2020" and dataset == "audioset":
        classifiers = (protocols.COLISTEN_LINEAR,)
    kind = FineTuning if protocol == "playlists-2023" else Classification
    share = "" if train_share == 1 else f", {train_share:.0%} of the training tracks"
    found = kind(
        protocol=f"{protocol}, {annotations.name}{share}",
        keys=(),
        tested=(),
        annotations=annotations,
        classifiers=protocols.with_runs(classifiers, runs),
        exclusive=False,
        seed=seed,
        train_share=train_share,
    )
    return found.on(annotations, parts=allow_other_counts)
