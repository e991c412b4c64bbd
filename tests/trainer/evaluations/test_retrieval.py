from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from scipy.fft import dct

from pairmine.errors import InputError, UsageError
from tests.trainer.evaluations import examples
from tests.trainer.evaluations.examples import Planted
from trainer.evaluations import retrieval

REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "audio" / "tracks.tsv"
# queries, labels queried, candidates and chance of precision at 1, as the data's README prints them
PUBLISHED = {
    ("train", "soundtrack"): (171, 15, 175, 0.119),
    ("train", "artist"): (105, 10, 129, 0.105),
    ("test", "soundtrack"): (111, 11, 114, 0.119),
    ("test", "artist"): (63, 8, 77, 0.114),
    (None, "soundtrack"): (282, 26, 289, 0.062),
    (None, "artist"): (168, 18, 206, 0.057),
}


def table(folder: Path, *rows: str) -> Path:
    file = folder / "labels.csv"
    file.write_text("\n".join(rows))
    return file


def slow(vectors: dict[str, list[float]], labels: dict[str, str], least: int, k: int) -> list[float]:
    """Return precision at 1, MAP and recall at k by squared distance, by plain loops; no ties."""
    figures = []
    for query, label in labels.items():
        others = [key for key in labels if key != query]
        if list(labels.values()).count(label) < least:
            continue
        others.sort(key=lambda key: sum((a - b) ** 2 for a, b in zip(vectors[key], vectors[query], strict=True)))
        places = [place for place, key in enumerate(others) if labels[key] == label]
        precisions = [(rank + 1) / (place + 1) for rank, place in enumerate(places)]
        figures.append((places[0] == 0, np.mean(precisions), np.mean([place < k for place in places])))
    return [float(np.mean(column)) for column in zip(*figures, strict=True)]


@pytest.mark.parametrize("least", [2, 3])
@pytest.mark.parametrize("standardise", [False, True])
def test_figures_are_those_of_plain_loops(least, standardise, tmp_path) -> None:
    rng = np.random.default_rng(least)
    labels = {f"t{number:02}": str(label) for number, label in enumerate([0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3])}
    system = Planted({key: rng.standard_normal(3) * [1, 20, 0.1] for key in [*labels, "unlabelled"]})
    file = table(tmp_path, "key,label", *(f"{key},{label}" for key, label in labels.items()), "unlabelled,")
    evaluation = retrieval.prepare(file, least=least, k=3, distance="euclidean", standardise=standardise)
    vectors = system.tracks(evaluation.keys).astype(np.float64)
    if standardise:
        vectors = (vectors - vectors.mean(0)) / vectors.std(0)
    expected = slow(dict(zip(evaluation.keys, vectors.tolist(), strict=True)), labels, least, k=3)
    assert [score.value for score in evaluation.scores(system)] == pytest.approx(expected, rel=1e-12)
    assert [score.metric for score in evaluation.scores(system)] == ["P@1", "MAP", "recall@3"]
    assert "unlabelled" not in evaluation.keys


def test_several_columns_are_scored_each_by_its_own_candidates(tmp_path) -> None:
    file = table(tmp_path, "key,mood,era", "a,x,", "b,x,1", "c,,1", "d,y,1", "e,,", "f,,2")
    evaluation = retrieval.prepare(file, label_column=["mood", "era"])
    assert evaluation.keys == evaluation.tested == ("a", "b", "c", "d", "f")
    assert evaluation.protocol == (
        "by mood (2 queries of 3 candidates) and by era (3 queries of 4 candidates), cosine, labels of 2 tracks or more"
    )
    assert evaluation.facts["labels"] == [
        {"column": "mood", "candidates": 3, "queries": 2, "labels_queried": 1},
        {"column": "era", "candidates": 4, "queries": 3, "labels_queried": 1},
    ]
    metrics = [score.metric for score in evaluation.chance()]
    assert metrics == [f"{metric}, {column}" for column in ("mood", "era") for metric in ("P@1", "MAP", "recall@10")]
    assert [score.value for score in evaluation.chance()] == pytest.approx([1 / 2, 3 / 4, 1, 2 / 3, 29 / 36, 1])


def test_random_vectors_are_chance_within_the_interval(tmp_path) -> None:
    example = examples.retrieval(tmp_path, np.random.default_rng(0))
    evaluation = retrieval.prepare(example.data)
    for random, chance in zip(
        evaluation.scores(example.system.unknowing(np.random.default_rng(1))), evaluation.chance(), strict=True
    ):
        assert random.interval[0] < chance.value < random.interval[1]


def test_what_cannot_be_asked_is_said(tmp_path) -> None:
    file = table(tmp_path, "key,label", "a,x", "b,y")
    with pytest.raises(InputError, match="no label in column label is borne by 2 tracks"):
        retrieval.prepare(file)
    with pytest.raises(InputError, match="one label only in column label"):
        retrieval.prepare(table(tmp_path, "key,label", "a,x", "b,x"))
    file = table(tmp_path, "key,label", "a,x", "b,x", "c,y")
    with pytest.raises(InputError, match="one label only in column label"):
        retrieval.prepare(file).only(frozenset("ab"))
    with pytest.raises(UsageError, match="did you mean 'euclidean'"):
        retrieval.prepare(file, distance="euclid")


@pytest.mark.skipif(not REAL.exists(), reason="no real data in ../shared/data")
@pytest.mark.parametrize(("split", "column"), PUBLISHED)
def test_counts_and_chance_of_real_tracks_are_as_published(split, column) -> None:
    evaluation = retrieval.prepare(REAL, label_column=[column], split=split, least=3)
    queries, labels, candidates, precision = PUBLISHED[split, column]
    [counts] = evaluation.facts["labels"]
    assert (counts["queries"], counts["labels_queried"], counts["candidates"]) == (queries, labels, candidates)
    assert round(evaluation.chance()[0].value, 3) == precision


def mel_bands() -> npt.NDArray[np.float64]:
    """Return 64 triangles over 30 to 10,000 Hz on the HTK scale, corners at whole bins of a 1,024-point transform."""
    corners = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + np.array([30, 10_000]) / 700)), 66) / 2595) - 1)
    bins = np.floor(1025 * corners / 22_050)
    bands = np.zeros((513, 64))
    for band, (low, middle, high) in enumerate(zip(bins, bins[1:], bins[2:], strict=False)):
        middle = max(middle, low + 1)
        high = max(high, middle + 1)
        places = np.arange(513)
        rising, falling = (places - low) / (middle - low), (high - places) / (high - middle)
        bands[:, band] = np.clip(np.where(places < middle, rising, falling), 0, None)
    return bands


def mfcc_59(file: Path, bands: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the 59 numbers that the data's README describes."""
    wave, _ = soundfile.read(file)
    frames = wave[: len(wave) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1025)[:-1]
    powers = np.abs(np.fft.rfft(frames)) ** 2 @ bands
    mfcc = dct(np.log(powers + 1e-6), norm="ortho")[:, :20]
    return np.concatenate([mfcc[:, 1:].mean(0), mfcc.std(0), np.diff(mfcc, axis=0).std(0)])


@pytest.mark.skipif(not REAL.exists(), reason="no real data in ../shared/data")
def test_mfcc_of_real_clips_score_as_published() -> None:
    columns = ["soundtrack", "artist"]
    evaluation = retrieval.prepare(
        REAL, label_column=columns, split="test", least=3, distance="euclidean", standardise=True
    )
    bands = mel_bands()
    vectors = {key: mfcc_59(REAL.parent / f"{key}.ogg", bands) for key in evaluation.keys}
    found = {score.metric: round(score.value, 3) for score in evaluation.scores(Planted(vectors, noise=0))}
    published = {"soundtrack": (0.450, 0.344), "artist": (0.635, 0.481)}
    for column, (precision, mean_average_precision) in published.items():
        assert found[f"P@1, {column}"] == pytest.approx(precision, abs=6e-4)
        assert found[f"MAP, {column}"] == pytest.approx(mean_average_precision, abs=6e-4)
