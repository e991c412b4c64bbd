import json
from dataclasses import replace
from pathlib import Path

import pytest

from pairmine.errors import DamagedError, MissingError, UsageError
from tests.trainer.reporting.results_made import Asked, hits, result, scored
from trainer.reporting import compare, results
from trainer.reporting.results import Result


def _write(workspace: Path, **made: Result) -> list[str]:
    for name, each in made.items():
        results.write(workspace / results.FOLDER / f"{name}.json", each)
    return list(made)


def test_what_was_asked_alike_stands_in_one_table_with_differences(tmp_path: Path) -> None:
    found = compare.compare(tmp_path, _write(tmp_path, a=result("one"), b=result("two", seed=1)))
    assert [[each.name for each in merged.result.systems] for merged in found.merged] == [
        ["one", "two", "MFCC", "chance"]  # equal baselines once
    ]
    assert "one − two" in str(found)
    wanted = Result.of("genre", Asked(), [scored("one", hits(0.7)), scored("two", hits(0.7, seed=1))], leakage={})
    assert wanted.differences[0] in found.merged[0].result.differences


def test_other_data_is_another_table_and_said(tmp_path: Path) -> None:
    other = result("two", asked=Asked(tested=("a",)))
    found = compare.compare(tmp_path, _write(tmp_path, a=result("one"), b=other, c=result("three")))
    assert [[each.name for each in merged.result.systems][:-2] for merged in found.merged] == [
        ["one", "three"],
        ["two"],
    ]
    assert found.merged[1].unlike == ["tracks"]
    assert str(found).count("not comparable with the table before: other tracks") == 1
    assert "one − two" not in str(found)


def test_protocols_keep_to_themselves(tmp_path: Path) -> None:
    asked = Asked(protocol="strategies-2022, FMA-small, official split")
    found = compare.compare(tmp_path, _write(tmp_path, a=result("one"), b=result("one", asked=asked)))
    assert [merged.unlike for merged in found.merged] == [[], []]
    assert len(found.merged) == 2


def test_unequal_systems_of_one_name_are_told_apart(tmp_path: Path) -> None:
    names = _write(tmp_path, a=result(), b=result(seed=1), c=result())
    found = compare.compare(tmp_path, names).merged[0].result
    assert [each.name for each in found.systems] == ["mine", "mine (b)", "MFCC", "chance"]


def test_a_file_given_twice_counts_once(tmp_path: Path) -> None:
    [name] = _write(tmp_path, a=result())
    twice = compare.compare(tmp_path, [name, str(tmp_path / results.FOLDER / "a.json")])
    assert [len(merged.result.systems) for merged in twice.merged] == [3]


def test_published_rows_are_marked_as_published(tmp_path: Path) -> None:
    text = str(compare.compare(tmp_path, _write(tmp_path, a=result())))
    assert "Artist associations †" in text
    assert "0.591" in text
    assert "† published in discogs-2022, table 3: the authors' data and training, not measured here" in text
    unknown = result(asked=Asked(protocol="mine, my music"))
    assert "†" not in str(compare.compare(tmp_path, _write(tmp_path, b=unknown)))


def test_leakage_and_missing_tracks_of_all_are_told(tmp_path: Path) -> None:
    one = replace(result("one"), leakage={"lines": ["leakage: 3 of 4"]}, missing={"one": 5})
    text = str(compare.compare(tmp_path, _write(tmp_path, a=one, b=result("two"))))
    assert "leakage: 3 of 4" in text
    assert "leakage: none" in text
    assert "missing: 5 tracks without embedding in one" in text


@pytest.mark.parametrize(
    ("style", "begins"),
    [("markdown", "**genre"), ("latex", "\\begin{table}"), ("html", "<!doctype html>"), ("text", "genre")],
)
def test_every_format_is_written_whole(tmp_path: Path, style: str, begins: str) -> None:
    names, out = _write(tmp_path, a=result()), tmp_path / "deep" / "table"
    printed = str(compare.compare(tmp_path, names, style=style))
    assert printed.startswith(begins)
    assert str(compare.compare(tmp_path, names, style=style, out=out)) == f"{out}: 1 tables"
    assert out.read_text() == f"{printed}\n"
    assert [path.name for path in out.parent.iterdir()] == ["table"]


def test_json_has_no_replicates_and_the_published_figures(tmp_path: Path) -> None:
    [table] = compare.compare(tmp_path, _write(tmp_path, a=result())).as_dict()["tables"]
    assert "replicates" not in json.dumps(table)
    assert table["published"][0]["figures"]["accuracy"]["Artist associations"] == "0.591"


def test_unknown_formats_and_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="format"):
        compare.compare(tmp_path, [], style="pdf")
    with pytest.raises(MissingError, match="no result gone"):
        compare.compare(tmp_path, ["gone"])
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(DamagedError):
        compare.compare(tmp_path, [str(tmp_path / "bad.json")])
