"""Support vector machine with a Gaussian kernel, as used on GTZAN by Choi et al., 2017 (arXiv:1703.09179)."""

from functools import partial

from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import SVC

from trainer.probes._columns import distances
from trainer.probes._probe import Fitted, Labelled, check_classes
from trainer.probes._scaling import Standardised

STRENGTH = 2.0


def svm(train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int) -> Fitted:
    """Fit LIBSVM with C = 2 and scikit-learn's kernel width; validation tracks are not needed.

    Time grows with the square of the training tracks: for thousands, not hundreds of thousands.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    check_classes(train)
    scaled = Standardised.of(train, valid)
    machine = SVC(C=STRENGTH, random_state=seed)
    if exclusive:
        machine.fit(scaled.train.x_ND, scaled.train.labels)
    else:
        machine = OneVsRestClassifier(machine).fit(scaled.train.x_ND, scaled.train.truth)
    return scaled.fitted(partial(distances, machine), C=STRENGTH)
