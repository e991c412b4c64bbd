"""Stacks: every combination of two or more systems, their vectors side by side (discogs-2022, section 4.5)."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pairmine.errors import UsageError
from pairmine.registry import check_name
from trainer.evaluations import _protocols as protocols
from trainer.evaluations import genre, tagging
from trainer.evaluations._classification import Classification
from trainer.evaluations._options import AllowOtherCounts

DATASETS = ("magnatagatune", "mtg-jamendo", "msd", "audioset", "fma-small", "gtzan", "table")


def prepare(
    data: Path,
    *,
    dataset: Annotated[str, typer.Option(help=f"One of: {', '.join(DATASETS)}.")] = "magnatagatune",
    task: Annotated[str, typer.Option(help="As for tagging and genre.")] = "",
    protocol: Annotated[str, typer.Option(help="Of tagging or genre, but not playlists-2023.")] = "discogs-2022",
    runs: protocols.Runs = None,
    seed: protocols.Seed = 0,
    allow_other_counts: AllowOtherCounts = False,
) -> Classification:
    """`pairmine evaluate stack --data magnatagatune/ --embeddings artist.parquet --embeddings label.parquet`

    Score every combination of two or more systems as `evaluate tagging` (fma-small and gtzan: `evaluate genre`) scores
    single ones: their vectors are concatenated. Patches must be of one length and overlap.
    """
    check_name("data set", dataset, DATASETS)
    if protocol == "playlists-2023":
        raise UsageError("--protocol playlists-2023 trains one encoder, a stack has several: take another protocol")
    prepared = genre.prepare if dataset in ("fma-small", "gtzan") else tagging.prepare
    found = prepared(
        data,
        dataset=dataset,
        task=task,
        protocol=protocol,
        runs=runs,
        seed=seed,
        allow_other_counts=allow_other_counts,
    )
    return replace(found, protocol=f"stack by {found.protocol}", stacked=True)
