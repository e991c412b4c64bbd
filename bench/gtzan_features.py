"""Do the probes give published features the accuracies they ought to have? GTZAN, MFCC and a tagging convnet.

python -m bench.gtzan_features

Features: K. Choi, G. Fazekas, M. Sandler, K. Cho: Transfer learning for music classification and regression tasks,
ISMIR 2017 (github.com/keunwoochoi/transfer_learning_music), of all 1,000 clips: MFCC (120 numbers) and the five layers
of a convnet trained to tag (160). The paper reports 0.898 and 0.66 for support vector machines in ten folds. EXPECTED
is what plain scikit-learn gives (StandardScaler, then SVC with C = 2 or LogisticRegression with C = 0.1): ten
stratified folds, and the fault-filtered split without and with its validation part to learn from.
"""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from bench import common
from trainer.annotations import _files, gtzan
from trainer.keys import annotation_key
from trainer.probes import Labelled, probe

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "eval" / "gtzan"
LAYERS = 5
FOLDS = 10
SETTINGS = ("ten folds", "fault-filtered", "fault-filtered, train and valid")
EXPECTED = {
    ("convnet", "svm"): (0.894, 0.769, 0.834),
    ("convnet", "logistic regression"): (0.909, 0.817, 0.859),
    ("mfcc", "svm"): (0.716, 0.528, 0.524),
    ("mfcc", "logistic regression"): (0.686, 0.493, 0.521),
}
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Predict = Callable[[Floats, Bits, Floats], Ints]


def array(name: str) -> Floats:
    data = _files.content(_files.find(DATA, f"gtzan_genre_{name}.npy"))
    return np.load(io.BytesIO(data), allow_pickle=False).astype(np.float64)


def features() -> dict[str, Floats]:
    """Return MFCC and convnet features, (1000, D) each, in the order of `keys`."""
    return {"mfcc": array("mfcc"), "convnet": np.concatenate([array(f"layer_{n}") for n in range(LAYERS)], axis=1)}


def keys() -> list[str]:
    """Return the clips of the features: blues/blues.00000 …"""
    table = _files.table(_files.find(DATA, "gtzan_genre.csv"))
    return ["/".join(annotation_key(cells[2]).split("/")[-2:]) for _, cells in table if cells[0]]


def settings() -> Iterator[tuple[str, list[tuple[Ints, Ints]]]]:
    """Yield each setting with what is learned from and what is tested on, as places in `keys`."""
    place = {key: number for number, key in enumerate(keys())}
    genre = [key.partition("/")[0] for key in place]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    yield SETTINGS[0], list(folds.split(genre, genre))
    split = gtzan.read(DATA)
    at = np.array([place[key] for key in split.keys])
    train, valid, test = (at[split.rows(part)] for part in ("train", "valid", "test"))
    yield SETTINGS[1], [(train, test)]
    yield SETTINGS[2], [(np.concatenate([train, valid]), test)]


def by_svm(x: Floats, truth: Bits, tested: Floats) -> Ints:
    """Return the classes the probe `svm` tells."""
    fitted = probe("svm")(Labelled(x, truth), None, exclusive=True, seed=0)
    return fitted.scores(tested).argmax(axis=1)


def by_logistic_regression(x: Floats, truth: Bits, tested: Floats) -> Ints:
    """Return the classes of plain scikit-learn with C = 0.1; the probe of that name chooses its C."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return model.fit(x, truth.argmax(axis=1)).predict(tested)


CLASSIFIERS: dict[str, Predict] = {"svm": by_svm, "logistic regression": by_logistic_regression}


def accuracies() -> dict[tuple[str, str], tuple[float, ...]]:
    """Return the accuracy of each setting by features and classifier; of folds their mean."""
    genres = np.array([gtzan.GENRES.index(key.partition("/")[0]) for key in keys()])
    truth = np.eye(len(gtzan.GENRES), dtype=np.uint8)[genres]
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    # Threads of tiny fits wait for one another: on a busy machine that took 1,000 times as long.
    with threadpool_limits(1):
        for name, x in features().items():
            for classifier, predict in CLASSIFIERS.items():
                found[name, classifier] = tuple(
                    float(np.mean([(predict(x[a], truth[a], x[b]) == genres[b]).mean() for a, b in pairs]))
                    for _, pairs in settings()
                )
    return found


def main() -> None:
    measured = accuracies()
    rows = [
        [name, classifier, setting, f"{here:.3f}", f"{there:.3f}"]
        for (name, classifier), figures in EXPECTED.items()
        for setting, here, there in zip(SETTINGS, measured[name, classifier], figures, strict=True)
    ]
    header = ["features", "classifier", "setting", "accuracy", "expected"]
    common.report("gtzan_features", "GTZAN: probes on published features", header, rows)


if __name__ == "__main__":
    main()
