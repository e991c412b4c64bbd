"""Which tracks are learned from, which choose and which are tested."""

from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from pairmine import seeding
from pairmine.errors import InputError, shown
from trainer.annotations import Annotations
from trainer.systems._system import Ints

Fold = tuple[Ints, Ints, Ints]  # rows to learn from, to choose by (may be none), to test


def published(annotations: Annotations, share: float, seed: int) -> list[Fold]:
    """Return the published split, with a random share of its training tracks.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    train = annotations.rows("train")
    drawn = seeding.rng(seed, "train-share").permutation(train)[: round(share * len(train))]
    return [(_learnable(annotations, np.sort(drawn)), annotations.rows("valid"), annotations.rows("test"))]


def grouped(annotations: Annotations, folds: int, seed: int) -> list[Fold]:
    """Return folds that tear no group apart, classes spread evenly; the one after the tested fold chooses.

    Raises:
        InputError: there are fewer groups than folds, or fewer tracks of every class; or a class that the training
            tracks of a fold lack, or all have.
    """
    rows, group_N = np.arange(len(annotations.keys)), groups(annotations)
    count = int(group_N.max()) + 1
    if count < folds:
        raise InputError(f"{annotations.name}: {count} groups of tracks cannot make {folds} folds: lower --folds")
    largest = int(annotations.truth_NC.sum(axis=0, dtype=np.int64).max())
    if largest < folds:
        raise InputError(f"{annotations.name}: no class has a track for each of {folds} folds: take more tracks")
    divide = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = [test for _, test in divide.split(rows, annotations.truth_NC.argmax(1), group_N)]
    found = []
    for test, valid in zip(parts, [*parts[1:], parts[0]], strict=True):
        train = np.setdiff1d(rows, np.concatenate([valid, test]))
        found.append((_learnable(annotations, train), valid, test))
    return found


def groups(annotations: Annotations) -> Ints:
    """Return a number for each group, 0, 1 …; tracks without group are one by themselves."""
    alone_N = np.char.add("\0", np.arange(len(annotations.keys)).astype(np.str_))
    name_N = np.where(annotations.group_N == "", alone_N, np.char.add("\1", annotations.group_N))
    number_N: Ints = np.unique(name_N, return_inverse=True)[1]
    return number_N


def without_unlearnable(annotations: Annotations, train: Ints, exclusive: bool) -> tuple[Annotations, list[str]]:
    """Return annotations without the classes that no training track has, and the names of these classes.

    Where classes exclude each other, tracks of theirs go too.
    """
    learnable = np.flatnonzero(annotations.truth_NC[train].sum(axis=0, dtype=np.int64))
    kept = tuple(annotations.classes[column] for column in learnable)
    left_out = [name for name in annotations.classes if name not in kept]
    fewer = replace(annotations, classes=kept, truth_NC=annotations.truth_NC[:, learnable])
    if exclusive and left_out:
        fewer = fewer.take(np.flatnonzero(fewer.truth_NC.any(axis=1)))
    return fewer, left_out


def _learnable(annotations: Annotations, train: Ints) -> Ints:
    """Return the training tracks if every class divides them in two."""
    positives_C = annotations.truth_NC[train].sum(axis=0, dtype=np.int64)
    odd = np.flatnonzero((positives_C == 0) | (positives_C == len(train)))
    if odd.size:
        name, what = annotations.classes[int(odd[0])], "none" if positives_C[odd[0]] == 0 else "all"
        raise InputError(
            f"{annotations.name}: {what} of the {len(train):,} training tracks has class {shown(name)!r} "
            f"({odd.size} such classes), so it cannot be learned: take more tracks, or leave the class out"
        )
    return train
