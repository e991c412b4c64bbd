"""The papers' protocols of classification by frozen vectors, and options that evaluations share."""

from dataclasses import replace
from typing import Annotated

import typer

from trainer.evaluations._classification import Classifier
from trainer.evaluations._hearing import Hearing
from trainer.probes import mlp_discogs_2022

MEAN, MEAN_STD, PATCHES = Hearing("mean"), Hearing("mean-std"), Hearing("")
RANDOM_PATCHES = Hearing("", overlap=0.5, drawn=mlp_discogs_2022.COURSE.epochs)

LOGISTIC_REGRESSION = Classifier("logistic-regression", MEAN_STD)
LINEAR_CLASSIFIERS = (
    Classifier("linear-svm", MEAN_STD, "SVM"),
    Classifier("logistic-regression", MEAN_STD, "LR"),
)
LINEAR_CLASSIFIERS_OF_CLIPS = tuple(replace(each, hearing=MEAN) for each in LINEAR_CLASSIFIERS)
DISCOGS_2022 = (Classifier("mlp-discogs-2022", RANDOM_PATCHES),)
COLISTEN_LINEAR = Classifier("logistic-regression", MEAN, "LR")
COLISTEN_MLP = Classifier("mlp-512", MEAN, "MLP")
CROSSMODAL_TAGGING = (Classifier("mlp-crossmodal-2021", MEAN, runs=10),)
CROSSMODAL_GENRE = (Classifier("mlp-256", PATCHES, runs=10, vote=True),)
CHOI_2017 = (
    Classifier("svm", MEAN, "SVM"),
    Classifier("logistic-regression", MEAN, "LR", options=(("strength", 0.1),)),
)

FOLDS = 10  # where there is no published split

Runs = Annotated[int | None, typer.Option(min=1, help="Trainings whose figures are averaged; default as in the paper.")]
Seed = Annotated[int, typer.Option(help="Names the random draws.")]
TrainShare = Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of the training tracks to learn from.")]


def with_runs(classifiers: tuple[Classifier, ...], runs: int | None) -> tuple[Classifier, ...]:
    """Return the classifiers with another number of runs, where one is given."""
    return classifiers if runs is None else tuple(replace(each, runs=runs) for each in classifiers)
