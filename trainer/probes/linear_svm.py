"""Support vector machine with a linear kernel: strategies-2022, section 4."""

from functools import partial

from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from trainer.probes import _converged, _strength
from trainer.probes._columns import distances
from trainer.probes._probe import Fitted, Labelled, check_classes
from trainer.probes._scaling import Standardised


def linear_svm(
    train: Labelled, valid: Labelled | None, *, exclusive: bool, seed: int, device: str | None = None
) -> Fitted:
    """Fit LIBLINEAR's squared hinge loss, one class against the rest; C by the validation tracks.

    Activations are distances from the classes' planes. `Fitted.facts` says whether the optimum of the chosen C was
    reached within scikit-learn's number of steps.

    Raises:
        InputError: a class that no training track has, or that all have.
    """
    check_classes(train)
    scaled = Standardised.of(train, valid)
    x_ND, truth = scaled.train.x_ND, scaled.train.labels if exclusive else scaled.train.truth
    converged: dict[float, bool] = {}

    def fit(strength: float) -> _strength.Scorer:
        machine = LinearSVC(C=strength, dual="auto", random_state=seed)
        classifier = machine if exclusive else OneVsRestClassifier(machine)
        converged[strength] = _converged.reached(lambda: classifier.fit(x_ND, truth))
        return partial(distances, classifier)

    scorer, strength = _strength.choose(fit, scaled.valid, exclusive)
    return scaled.fitted(scorer, C=strength, converged=converged[strength])
