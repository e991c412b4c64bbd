"""Support vector machine with a Gaussian kernel, as used on GTZAN by Choi et al., 2017 (arXiv:1703.09179)."""

from functools import partial

import numpy as np
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from trainer.probes._columns import distances
from trainer.probes._probe import Fitted, Floats, Labelled, Scores, check_classes
from trainer.probes._scaling import Standardised

STRENGTH = 2.0


def svm(train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None) -> Fitted:
    """Fit LIBSVM with C = 2 and scikit-learn's kernel width; validation tracks are not needed.

    Where classes exclude each other, the class of the highest activation is that of `SVC.predict`.

    Time grows with the square of the training tracks: for thousands, not hundreds of thousands.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    check_classes(train)
    scaled = Standardised.of(train, valid)
    machine = SVC(C=STRENGTH, random_state=seed)
    if exclusive:
        scorer = partial(_voted, machine.fit(scaled.train.x_ND, scaled.train.labels))
    else:
        scorer = partial(distances, OneVsRestClassifier(machine).fit(scaled.train.x_ND, scaled.train.truth))
    return scaled.fitted(scorer, C=STRENGTH)


def _voted(machine: SVC, x_ND: Floats) -> Scores:
    """Return distances, (N, C), that of the class predicted being the highest.

    Both follow the votes of the machines of two classes each. Of classes with equal votes `predict` takes the first,
    distances the farthest: these two are exchanged.
    """
    score_NC = distances(machine, x_ND)
    row_N, told_N, farthest_N = np.arange(len(score_NC)), machine.predict(x_ND), score_NC.argmax(1)
    told, farthest = score_NC[row_N, told_N], score_NC[row_N, farthest_N]
    score_NC[row_N, told_N], score_NC[row_N, farthest_N] = farthest, told
    return score_NC
