import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.errors import DamagedError, MissingError, UsageError
from tests.trainer.reporting.results_made import Asked, hits, result, scored
from trainer.metrics.score import Score, mean, resample
from trainer.reporting import compare, results
from trainer.reporting.results import Result
from trainer.reporting.scored import Scored, differences, paired_interval, plain


def test_a_result_reads_as_it_was_written(tmp_path: Path) -> None:
    made = result()
    results.write(tmp_path / "deep" / "r.json", made)
    read = results.read(tmp_path / "deep" / "r.json")
    assert read.as_dict() == made.as_dict()
    assert read.remarks() == made.remarks()
    results.write(tmp_path / "again.json", read)
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "deep" / "r.json").read_bytes()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["r.json"]


@given(
    value=st.floats(),
    replicates=st.lists(st.floats(-1e300, 1e300) | st.just(math.nan), max_size=5),
    detail=st.dictionaries(st.text(), st.none() | st.floats(allow_nan=False) | st.text() | st.lists(st.integers())),
)
def test_any_figure_comes_through_json(value, replicates, detail) -> None:
    score = Score("m", value, np.array(replicates), detail=detail)
    written = Scored("s", False, [score]).rounded().as_dict()
    read = Scored.of_dict(json.loads(json.dumps(written, allow_nan=False)))
    assert read.as_dict() == written
    np.testing.assert_allclose(read.scores[0].replicates, replicates, rtol=1e-5)
    assert read.scores[0].value == value or (math.isnan(read.scores[0].value) and not math.isfinite(value))


def test_paired_differences_are_those_of_the_same_resamplings() -> None:
    one, two = hits(0.7, seed=1).astype(float), hits(0.5, seed=2).astype(float)
    found = differences([scored("one", one), scored("two", two, baseline=True)])
    counts_RU = resample(200)
    wanted = np.quantile(counts_RU @ (one - two) / 200, [0.025, 0.975])
    assert [(each.system, each.other, each.metric) for each in found] == [("one", "two", "accuracy")]
    assert found[0].value == pytest.approx(one.mean() - two.mean(), abs=1e-12)
    assert found[0].interval == pytest.approx(tuple(wanted), abs=1e-12)


def test_pairs_make_differences_surer_than_each_figure_alone() -> None:
    one = hits(0.5, seed=1)
    two = one.copy()
    two[:5] = True
    [found] = differences([scored("two", two), scored("one", one)])
    score = scored("two", two).scores[0]
    assert found.interval[1] - found.interval[0] < 0.5 * (score.interval[1] - score.interval[0])
    assert found.interval[0] >= 0


def test_every_given_system_is_held_against_all_others_and_baselines_not_among_themselves() -> None:
    systems = [scored("b1", hits(0.5), baseline=True), scored("one", hits(0.6)), scored("two", hits(0.7)),
               scored("b2", hits(0.4), baseline=True)]  # fmt: skip
    found = [(each.system, each.other) for each in differences(systems)]
    assert found == [("one", "two"), ("one", "b1"), ("one", "b2"), ("two", "b1"), ("two", "b2")]


def test_differences_need_replicates_of_the_same_units() -> None:
    tracks, songs = (mean("m", hits(0.5).astype(float), unit) for unit in ("tracks", "songs"))
    fewer = Score("m", 0.5, tracks.replicates[:10])
    constant = Score("m", 0.25)
    assert paired_interval(tracks, songs) is None
    assert paired_interval(tracks, fewer) is None
    assert paired_interval(constant, constant) is None
    assert paired_interval(tracks, constant) == pytest.approx(tuple(np.array(tracks.interval) - 0.25))


def test_the_fingerprint_knows_labels_tracks_and_choices_but_not_files(tmp_path: Path) -> None:
    def of(file: str, labels: tuple[str, ...] = ("x", "long label"), **told) -> Result:
        truth_N = np.array(labels)
        table = {"file": tmp_path / file, "truth_N": truth_N, "split": {"test": (1, None, True)}}
        return result(asked=Asked(files=(tmp_path / file,), labels=table, **told))

    first = of("one.tsv.gz")
    wider = np.array(["x", "long label", "a longer label than these"])[:2]
    assert first.files == ["one.tsv.gz"]
    assert of("two/one.csv", wider).fingerprint == of("two/one.csv", names={"a": ("A", "B")}).fingerprint
    assert of("two/one.csv", wider).fingerprint == of("two/one.csv", seed=1).fingerprint == first.fingerprint
    changed = of("two", ("y", "x")), of("two", tested=("a",)), of("two", keys=("a", "b")), of("two", facts={"seed": 1})
    others = [*changed, of("two", protocol="other"), result(evaluation="tagging")]
    assert len({first.fingerprint, *(each.fingerprint for each in others)}) == 7
    different = [[name for name in first.data if each.data[name] != first.data[name]] for each in changed]
    assert different == [["annotations"], ["tracks"], ["tracks"], ["choices"]]
    assert str(tmp_path) not in json.dumps(first.as_dict())


def test_the_table_puts_baselines_below_and_says_what_intervals_are_over() -> None:
    text = str(compare.Comparison(compare.merge([("r", result())])))
    names = [line.split("  ")[0] for line in text.splitlines() if line]
    assert names.index("mine") < names.index("MFCC *") < names.index("chance *")
    assert "[low, high]: 95% bootstrap intervals over tracks" in text
    assert "mine − MFCC" in text
    assert "leakage: none" in text
    assert "\x1b" not in text


def test_two_systems_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two systems are called 'MFCC'"):
        result("MFCC")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"digest": 1}', "{" * 100_000, "\xff", '{"digest": "", "schema_version": 1}']
)
def test_what_is_no_result_is_said_to_be_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedError, match=r"r\.json"):
        results.read(tmp_path / "r.json")


def test_a_changed_byte_anywhere_is_found(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    results.write(file, result())
    whole, random = file.read_bytes(), np.random.default_rng(0)
    for place in random.integers(len(whole), size=60):
        changed = bytearray(whole)
        changed[place] ^= 1
        if changed[place : place + 1].isspace() or whole[place : place + 1].isspace():
            continue  # between the values it means nothing
        file.write_bytes(changed)
        with pytest.raises(DamagedError):
            results.read(file)


def test_a_newer_version_asks_for_an_upgrade(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"schema_version": 99, "digest": ""}')
    with pytest.raises(DamagedError, match="upgrade"):
        results.read(tmp_path / "r.json")


def test_results_are_found_by_path_and_by_name(tmp_path: Path) -> None:
    file = tmp_path / "w" / "results" / "one.json"
    results.write(file, result())
    assert results.find(tmp_path / "w", "one") == results.find(tmp_path / "w", "one.json") == file
    assert results.find(tmp_path, str(file)) == file
    with pytest.raises(MissingError, match="there are one"):
        results.find(tmp_path / "w", "two")
    with pytest.raises(MissingError, match="pairmine evaluate"):
        results.find(tmp_path, "two")
    with pytest.raises(MissingError):
        results.read(tmp_path / "gone.json")


def test_plain_values_are_json() -> None:
    given = {1: np.float32(0.5), "b": {"z", "a"}, "c": (np.int64(3), math.inf), "d": Path("x"), "e": np.ones(2)}
    assert plain(given) == {"1": 0.5, "b": ["a", "z"], "c": [3, None], "d": "x", "e": [1.0, 1.0]}
