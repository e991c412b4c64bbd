"""A file of embeddings as a system: it gives what it holds, and refuses what it knows to be something else."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine import store
from pairmine.errors import UsageError
from trainer.keys import KeyMap
from trainer.systems import embeddings
from trainer.systems.from_file import FromFile


def system(file: Path, told: dict | None = None, key_map: KeyMap | None = None, **columns) -> FromFile:
    table = pa.table(columns)
    metadata = {"pairmine": json.dumps(told)} if told is not None else {}
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return FromFile("ours", embeddings.read(file), key_map or KeyMap({}))


@given(counts=st.lists(st.integers(1, 4), min_size=1, max_size=5), asked=st.data())
def test_patches_and_their_statistics_are_those_of_a_loop(tmp_path_factory, counts, asked) -> None:
    keys = [key for key, count in zip("abcde", counts, strict=False) for _ in range(count)]
    starts = [100 * start for count in counts for start in range(count)]
    vector_ND = np.random.default_rng(counts).standard_normal((len(keys), 3)).astype(np.float32)
    file = tmp_path_factory.mktemp("loop") / "f"
    ours = system(file, key=[f"{key}.mp3" for key in keys], start_ms=starts, vector=list(vector_ND))
    wanted = asked.draw(st.lists(st.sampled_from(sorted(set(keys))), min_size=1))
    rows_of = {key: [row for row, other in enumerate(keys) if other == key] for key in set(keys)}
    found = ours.patches(wanted)
    rows = [row for key in wanted for row in rows_of[key]]
    assert found.of_P.tolist() == [place for place, key in enumerate(wanted) for _ in rows_of[key]]
    assert found.start_ms_P.tolist() == [starts[row] for row in rows]
    np.testing.assert_array_equal(found.vector_PD, vector_ND[rows])
    for stats in ("mean", "mean-std"):
        parts = [[vector_ND[rows_of[key]].mean(0), vector_ND[rows_of[key]].std(0)] for key in wanted]
        expected = [np.concatenate(part[: stats.count("-") + 1]) for part in parts]
        np.testing.assert_allclose(ours.tracks(wanted, stats), expected, rtol=1e-5, atol=1e-6)


def test_tracks_come_in_the_order_asked_by_the_key_map(tmp_path) -> None:
    ours = system(tmp_path / "f", key_map=KeyMap({"A": "a"}), key=["a.mp3", "b.mp3"], vector=[[1.0], [2.0]])
    assert ours.tracks(["b", "A", "b"]).tolist() == [[2.0], [1.0], [2.0]]
    assert ours.has("A") and ours.has("a") and not ours.has("c")
    with pytest.raises(UsageError, match="has no vector of c and 0 more tracks"):
        ours.tracks(["c"])


def test_other_statistics_than_asked_for_are_refused(tmp_path) -> None:
    ours = system(tmp_path / "f", {"stats": "mean", "overlap": 0.0}, key=["a"], vector=[[1.0]])
    assert ours.tracks(["a"], "mean").tolist() == [[1.0]] and ours.remarks() == []
    with pytest.raises(UsageError, match="holds mean of each track, mean-std is needed: `pairmine embed RUN --stats"):
        ours.tracks(["a"], "mean-std")
    with pytest.raises(UsageError, match=r"holds whole tracks, patches are needed: .*--per-patch --overlap 0.5`"):
        ours.patches(["a"], 0.5)


def test_another_overlap_than_asked_for_is_refused(tmp_path) -> None:
    columns = {"key": ["a", "a"], "start_ms": [0, 500], "vector": [[1.0], [3.0]]}
    ours = system(tmp_path / "f", {"stats": None, "overlap": 0.5}, **columns)
    assert ours.patches(["a"], 0.5).start_ms_P.tolist() == [0, 500] and ours.remarks() == []
    with pytest.raises(UsageError, match=r"overlap by 0\.5, 0 is needed: `pairmine embed RUN --per-patch --overlap 0`"):
        ours.patches(["a"])
    assert ours.tracks(["a"]).tolist() == [[2.0]]
    assert ours.remarks() == ["its patches overlap by 0.5, they are not side by side"]


def test_what_a_file_does_not_say_is_remarked_once(tmp_path) -> None:
    whole = system(tmp_path / "whole", key=["a"], vector=[[1.0]])
    assert whole.remarks() == []
    whole.tracks(["a"])
    whole.tracks(["a"])
    assert whole.remarks() == ["the file does not say whether its vectors are means"]
    patches = system(tmp_path / "patches", key=["a"], start_ms=[0], vector=[[1.0]])
    patches.tracks(["a"], "mean-std")
    assert patches.remarks() == []
    patches.patches(["a"], 0.5)
    assert patches.remarks() == ["the file does not say by how much its patches overlap"]


def test_its_origin_is_the_file_and_what_it_was_made_of(tmp_path) -> None:
    told = {"checkpoint": "c" * 64, "features": "f" * 64, "recipe": "tiny", "stats": "mean"}
    ours = system(tmp_path / "f", told, key=["a"], vector=[[1.0]])
    digest = store.sha256(tmp_path / "f")
    assert ours.origin() == {"checkpoint": "c" * 64, "features": "f" * 64, "embeddings": digest}
