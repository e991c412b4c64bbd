"""Continuation against plain loops over playlists, from every form of playlists."""

import gzip
import json
from collections import Counter

import numpy as np
import pytest

from pairmine.errors import InputError, MissingError, UsageError
from pairmine.sources import aotm as aotm_source
from pairmine.sources import melon as melon_source
from pairmine.splits import split
from pairmine.testing.evaluations import Planted
from tests.trainer.evaluations import examples
from tests.worlds import write_source
from trainer.annotations import playlists
from trainer.evaluations import continuation


def cosines(system, keys, stats="mean") -> np.ndarray:
    vectors = system.tracks(keys, stats).astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def lists_of(evaluation) -> list[list[int]]:
    """Return the playlists of an evaluation by the rows of its keys."""
    found, row_of = evaluation.playlists, {key: row for row, key in enumerate(evaluation.keys)}
    bounds = zip(found.offset_P1[:-1], found.offset_P1[1:], strict=True)
    lists = [[found.keys[track] for track in found.track_M[a:b]] for a, b in bounds]
    return [[row_of[key] for key in each if key in row_of] for each in lists]


def test_by_neighbours_is_as_plain_loops_have_it(tmp_path) -> None:
    rng = np.random.default_rng(1)
    lists = [rng.choice(300, rng.integers(1, 12), replace=False).tolist() for _ in range(80)]
    write_source(tmp_path, "toy", [*lists, [299]])
    split(tmp_path, "toy", "track", "0.4,0,0.6")
    evaluation = continuation.prepare(tmp_path / "catalogue" / "toy")
    assert set(evaluation.playlists.split_N[evaluation.kept_N]) == {"test"} and len(evaluation.keys) > 101
    system = Planted({key: rng.standard_normal(8) for key in evaluation.keys})
    cosine_NN = cosines(system, evaluation.keys)
    gains, precisions = [], []
    for own in filter(None, lists_of(evaluation)):
        times, total = Counter[int](), Counter[int]()
        for a in own:
            near = sorted((b for b in range(len(cosine_NN)) if b != a), key=lambda b, a=a: -cosine_NN[a, b])[:100]
            times.update(near)
            for b in near:
                total[b] += cosine_NN[a, b]
        listed = sorted(times, key=lambda b: (-times[b], -total[b]))[:100]
        hit = [b in own for b in listed]
        best = sum(1 / np.log2(place + 2) for place in range(min(100, len(own))))
        gains.append(sum(h / np.log2(place + 2) for place, h in enumerate(hit)) / best)
        precision = [sum(hit[: n + 1]) / (n + 1) for n, h in enumerate(hit) if h]
        precisions.append(sum(precision) / min(100, len(own)))
    found = {score.metric: score.value for score in evaluation.scores(system)}
    assert found == pytest.approx({"nDCG@100": np.mean(gains), "MAP@100": np.mean(precisions)}, abs=1e-9)
    assert evaluation.facts["playlists"] == len(gains)


def test_among_random_is_as_plain_loops_have_it(tmp_path) -> None:
    rng = np.random.default_rng(2)
    lists = [rng.choice(250, rng.integers(1, 15), replace=False).tolist() for _ in range(60)]
    write_source(tmp_path, "toy", [*lists, [249]])
    folder = tmp_path / "catalogue" / "toy"
    evaluation = continuation.prepare(folder, protocol="strategies-2022", least=5, most=10)
    row_of = {key: row for row, key in enumerate(evaluation.keys)}
    fitting = [[row_of[f"t{track:06d}"] for track in each] for each in lists if 5 <= len(each) <= 10]
    assert evaluation.facts["playlists"] == len(fitting) == len(evaluation.draw.query_PQ)
    system = Planted({key: rng.standard_normal(8) for key in evaluation.keys})
    cosine_NN = cosines(system, evaluation.keys, "mean-std")
    hits, ranks, met = [], [], {number: set() for number in range(len(fitting))}
    draw = evaluation.draw
    other_IN = draw.others(0, len(draw.item_I), 100)
    np.testing.assert_array_equal(draw.others(7, 11, 100), other_IN[7:11])
    for item, playlist, others in zip(draw.item_I, draw.playlist_I, other_IN, strict=True):
        own, asked = set(fitting[playlist]), draw.query_PQ[playlist]
        assert len(set(others)) == 100 and not own & set(others.tolist())
        assert item in own and set(asked) <= own and item not in asked
        met[playlist].add(item)
        above = sum(cosine_NN[asked, other].sum() > cosine_NN[asked, item].sum() for other in others)
        hits.append(above < 10)
        ranks.append(above / 100)
    assert all(len(items) == len(own) - 3 for items, own in zip(met.values(), fitting, strict=True))
    found = evaluation.scores(system)
    assert [score.value for score in found] == pytest.approx([np.mean(hits), np.mean(ranks)], abs=1e-9)
    assert [score.higher_is_better for score in found] == [True, False]
    chance = evaluation.chance()
    for score, expected in zip(chance, (10 / 101, 0.5), strict=True):
        low, high = score.interval
        assert low - (high - low) < expected < high + (high - low)


def test_all_items_of_a_taste_are_found_among_random_ones(tmp_path) -> None:
    example = examples.continuation(tmp_path, np.random.default_rng(0))
    evaluation = continuation.prepare(example.data, protocol="strategies-2022")
    hit, rank = evaluation.scores(example.system)
    assert hit.value > 0.45 and rank.value < 0.1  # about ten of the others are of the same taste


def test_tracks_named_are_the_test_tracks(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2], [3, 4], [4, 5]])
    (tmp_path / "keys.txt").write_text("t000000.mp3\nt000001\r\nt000004\nelsewhere\n")
    evaluation = continuation.prepare(tmp_path / "catalogue" / "toy", tracks=tmp_path / "keys.txt")
    assert evaluation.keys == ("t000000", "t000001", "t000004")
    assert evaluation.facts["playlists"] == 3 and evaluation.facts["playlists_of_one"] == 2
    (tmp_path / "keys.txt").write_text("elsewhere\n")
    with pytest.raises(InputError, match="names no track"):
        continuation.prepare(tmp_path / "catalogue" / "toy", tracks=tmp_path / "keys.txt")


def write_melon(folder) -> None:
    folder.mkdir()
    lists = {"train": [[5, 3, 3], [12]], "val": [[3, 100]], "test": [[]]}
    for name, songs in lists.items():
        text = json.dumps([{"id": 10 * len(name) + n, "plylst_title": "", "songs": s} for n, s in enumerate(songs)])
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode()))


def write_aotm(folder):
    song = [["Nobody", "Tune"], "SO1"]
    records = [
        {"mix_id": 1, "category": "Jazz", "playlist": [song, [["Nobody", "Other"], "SO0"], [["A", "B"], None], song]},
        {"mix_id": 2, "category": "Mixed Genre", "playlist": [[[None, None], "SO2"]]},
        {"mix_id": 3, "category": None, "playlist": []},
    ]
    (folder / "aotm2011_playlists.json").write_text(json.dumps(records))
    return folder / "aotm2011_playlists.json"


def test_published_forms_are_read_as_the_catalogue_reads_them(tmp_path) -> None:
    write_melon(tmp_path / "melon")
    melon = playlists.read(tmp_path / "melon", allow_other_counts=True)
    assert melon.keys == ("100", "12", "3", "5") and melon.counts == {"playlists_read": 4}
    assert [melon.keys[track] for track in melon.track_M] == ["5", "3", "12", "3", "100"]
    aotm = playlists.read(write_aotm(tmp_path), allow_other_counts=True)
    assert aotm.keys == ("SO0", "SO1", "SO2") and aotm.category_P.tolist() == ["Jazz", "Mixed Genre", ""]
    assert aotm.names["SO1"] == ("Tune", "Nobody") and aotm.counts["entries_without_match"] == 1
    melon_source.ingest(tmp_path, "melon", tmp_path / "melon")
    aotm_source.ingest(tmp_path, "aotm", tmp_path / "aotm2011_playlists.json")
    for direct in (melon, aotm):
        source = playlists.read(tmp_path / "catalogue" / direct.name.split("-")[0].lower())
        known = [set(np.array(source.keys)[part]) - {"name:A / B"} for part in parts(source)]
        assert sorted(map(sorted, known)) == sorted(sorted(np.array(direct.keys)[part]) for part in parts(direct))


def parts(found) -> list[np.ndarray]:
    return np.split(found.track_M, found.offset_P1[1:-1])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[1]", "playlist 0: no object"),
        ("{}", "no list of playlists"),
        ("[", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('[{"playlist": 3}]', "no list `playlist`"),
        ('[{"playlist": [], "category": 3}]', "no list `playlist`"),
        ('[{"playlist": [["x"]]}]', "playlist 0: an entry is not"),
        ("[]", "0 playlists, but 101,343 were published"),
    ],
)
def test_another_form_is_told(tmp_path, text, wrong) -> None:
    (tmp_path / "aotm2011_playlists.json").write_text(text)
    with pytest.raises(InputError, match=wrong) as error:
        continuation.prepare(tmp_path)
    assert "\n" not in str(error.value)


def test_what_is_missing_or_too_little_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match=r"no aotm2011_playlists\.json"):
        continuation.prepare(tmp_path)
    write_melon(tmp_path / "melon")
    with pytest.raises(InputError, match="4 playlists, but 148,826 were published"):
        continuation.prepare(tmp_path / "melon")
    (tmp_path / "melon" / "val.json.gz").unlink()
    with pytest.raises(InputError, match=r"no val\.json"):
        continuation.prepare(tmp_path / "melon")
    with pytest.raises(InputError, match="outside of each playlist are needed"):
        continuation.prepare(write_aotm(tmp_path), protocol="strategies-2022", allow_other_counts=True)
    with pytest.raises(UsageError, match="--least 9 --most 5"):
        continuation.prepare(tmp_path, protocol="strategies-2022", least=9, most=5)
    with pytest.raises(UsageError, match="did you mean 'strategies-2022'"):
        continuation.prepare(tmp_path, protocol="strategies-2023")
    write_source(tmp_path, "bare", [[0, 1]], only={"tracks"})
    with pytest.raises(MissingError, match="no table playlist_tracks"):
        continuation.prepare(tmp_path / "catalogue" / "bare")
