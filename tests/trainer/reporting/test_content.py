import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.trainer.evaluations import examples
from trainer import registry
from trainer.annotations import label_table
from trainer.evaluations import retrieval
from trainer.reporting import content
from trainer.reporting.results import Result


def _prepared(name: str, folder: Path, seed: int):
    folder.mkdir()
    example = getattr(examples, name)(folder, np.random.default_rng(seed))
    return registry.evaluation(name)(example.data, **example.options)


@pytest.mark.parametrize("name", registry.names("evaluations"))
def test_what_an_evaluation_read_is_the_same_wherever_it_lay(name: str, tmp_path: Path) -> None:
    here, there = (_prepared(name, tmp_path / place, 0) for place in "ab")
    assert content.digest(here) == content.digest(there)


@pytest.mark.parametrize("name", ["continuation", "genre", "retrieval", "similarity", "tagging"])
def test_other_data_is_told(name: str, tmp_path: Path) -> None:
    here, other = (_prepared(name, tmp_path / place, seed) for seed, place in enumerate("ab"))
    assert content.digest(here) != content.digest(other)


def _table(file: Path, between: str, *rows: str) -> Path:
    file.write_text("\n".join(row.replace(" ", between) for row in ("key genre artist", *rows, "")))
    return file


def test_tables_of_one_content_have_one_fingerprint(tmp_path: Path) -> None:
    rows = "a rock Ann", "b rock Ben", "c pop Ann", "d pop Cy"
    comma, tab = _table(tmp_path / "ret.csv", ",", *rows), _table(tmp_path / "other.tsv", "\t", *rows[::-1])
    with (tmp_path / "ret.csv.gz").open("wb") as raw, gzip.open(raw, "wb") as packed:
        packed.write(comma.read_bytes())
    (tmp_path / "more").mkdir()
    copied = Path(shutil.copy(comma, tmp_path / "more" / "named.csv"))
    found = [_fingerprint(file) for file in (comma, tab, tmp_path / "ret.csv.gz", copied)]
    assert len(set(found)) == 1
    changed = _table(tmp_path / "changed.csv", ",", *rows[:3], "d rock Cy")
    assert _fingerprint(changed) != found[0]


def _fingerprint(file: Path) -> str:
    return Result.of("retrieval", retrieval.prepare(file, label_column=["genre"]), [], leakage={}).fingerprint


def test_columns_are_told_apart_by_their_labels(tmp_path: Path) -> None:
    file = _table(tmp_path / "t.csv", ",", "a rock Ann", "b rock Ben", "c pop Ann", "d pop Ben")
    assert label_table.read(file, label_columns=["genre"]).keys == ("a", "b", "c", "d")
    one, two = (retrieval.prepare(file, label_column=[column]) for column in ("genre", "artist"))
    assert content.digest(one) != content.digest(two)
