"""Files of embeddings: everything that holds them is read alike, everything else is refused in one line."""

import json
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.errors import InputError, MissingError
from trainer.keys import KeyMap
from trainer.systems import embeddings
from trainer.systems.from_file import FromFile

VECTORS = [[0.5, -1.0], [2.0, 3.0], [4.0, 5.5]]
KEYS = ["b", "a", "ö"]


def written(file: Path, **columns) -> Path:
    pq.write_table(pa.table(columns), file)
    return file


@pytest.mark.parametrize("columns", [{}, {"start_ms": [0, 0, 1000]}], ids=["tracks", "patches"])
def test_a_plain_frame_of_polars_is_read(tmp_path, columns) -> None:
    for kind in (pl.List(pl.Float64), pl.Array(pl.Float32, 2)):
        frame = pl.DataFrame({"key": KEYS, "vector": pl.Series(VECTORS, dtype=kind), **columns})
        frame.write_parquet(tmp_path / "theirs.parquet")
        found = embeddings.read(tmp_path / "theirs.parquet")
        order = [1, 0, 2] if columns else [0, 1, 2]
        assert found.keys == [KEYS[row] for row in order] and found.told == {}
        np.testing.assert_array_equal(found.vector_ND, np.array(VECTORS, np.float32)[order])
        assert (found.start_ms_N is None) == (not columns)


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float64()),
        pa.large_list(pa.float32()),
        pa.list_(pa.float32(), 2),
        pa.list_(pa.float16(), 2),
        pa.list_view(pa.float32()),
        pa.large_list_view(pa.float64()),
    ],
    ids=str,
)
@pytest.mark.parametrize("starts", [None, [5, 7, -1]])
def test_lists_of_any_sort_are_vectors(tmp_path, kind, starts) -> None:
    columns = {"key": ["a", "a", "b"], "start_ms": starts} if starts else {"key": KEYS}
    found = embeddings.read(written(tmp_path / "f", vector=pa.array(VECTORS, kind), **columns))
    np.testing.assert_array_equal(found.vector_ND, np.array(VECTORS, np.float32))


def test_whole_numbers_are_vectors(tmp_path) -> None:
    for kind in (pa.int8(), pa.uint16(), pa.int64()):
        file = written(tmp_path / "f", key=["a"], vector=pa.array([[1, 2, 3]], pa.list_(kind)))
        assert embeddings.read(file).vector_ND.tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize(
    "kind",
    [pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int8(), pa.string())],
    ids=str,
)
def test_keys_are_text_of_any_sort(tmp_path, kind) -> None:
    texts = pa.array(KEYS).dictionary_encode() if pa.types.is_dictionary(kind) else pa.array(KEYS)
    found = embeddings.read(written(tmp_path / "f", key=texts.cast(kind), vector=VECTORS, start_ms=[1, 1, 1]))
    assert found.keys == ["a", "b", "ö"]


def test_keys_may_be_whole_numbers(tmp_path) -> None:
    assert embeddings.read(written(tmp_path / "f", key=[10, 2, 3], vector=VECTORS)).keys == ["10", "2", "3"]


@given(rows=st.lists(st.tuples(st.sampled_from("abcé"), st.integers(-5, 10**9)), min_size=1, unique=True))
def test_patches_of_a_track_stand_together_by_start(tmp_path_factory, rows) -> None:
    vectors = np.random.default_rng(len(rows)).standard_normal((len(rows), 3)).astype(np.float32)
    keys, starts = zip(*rows, strict=True)
    file = written(tmp_path_factory.mktemp("patches") / "f", start_ms=starts, vector=list(vectors), key=keys)
    found = embeddings.read(file)
    order = sorted(range(len(rows)), key=lambda row: (keys[row].encode(), starts[row]))
    assert list(zip(found.keys, found.start_ms_N.tolist(), strict=True)) == [rows[row] for row in order]
    np.testing.assert_array_equal(found.vector_ND, vectors[order])


NAN, INF = float("nan"), float("inf")
HOSTILE = {
    "text in vectors": ({"key": ["a"], "vector": [["x", "y"]]}, "column vector: holds list<.*string"),
    "nested lists": ({"key": ["a"], "vector": [[[1.0], [2.0]]]}, "column vector: holds list<.*list"),
    "truths in vectors": ({"key": ["a"], "vector": [[True, False]]}, "column vector: holds list<.*bool"),
    "numbers, not lists": ({"key": ["a"], "vector": [1.0]}, "column vector: holds double"),
    "vectors without a type": ({"key": ["a"], "vector": pa.nulls(1)}, "column vector: holds null"),
    "a vector that is null": ({"key": ["a", "b", "c"], "vector": [[1.0], None, [2.0]]}, "that of b has 0 numbers"),
    "vectors of two lengths": ({"key": ["a", "b"], "vector": [[1.0], [2.0, 3.0]]}, "others have"),
    "empty vectors": ({"key": ["a"], "vector": pa.array([[]], pa.list_(pa.float32()))}, "holds no vectors"),
    "no row": (
        {"key": pa.array([], pa.string()), "vector": pa.array([], pa.list_(pa.float32()))},
        "column vector: holds no vectors",
    ),
    "a null among numbers": ({"key": ["a"], "vector": [[1.0, None]]}, "that of a holds what is no number"),
    "no number": ({"key": ["a", "b"], "vector": [[1.0], [NAN]]}, "that of b holds what is no number"),
    "infinite": ({"key": ["a", "b"], "vector": [[INF], [-INF]]}, "that of a and of 1 more holds what is no number"),
    "beyond float32": ({"key": ["a"], "vector": [[1e300]]}, "beyond 32-bit floats"),
    "starts of text": ({"key": ["a"], "start_ms": ["0"], "vector": [[1.0]]}, "column start_ms: holds string"),
    "starts in parts": ({"key": ["a"], "start_ms": [0.5], "vector": [[1.0]]}, "column start_ms: holds double"),
    "a start that is null": (
        {"key": ["a", "a"], "start_ms": [0, None], "vector": [[1.0], [2.0]]},
        "column start_ms: 1 rows have none",
    ),
    "a start beyond 64 bits": (
        {"key": ["a"], "start_ms": pa.array([2**64 - 1], pa.uint64()), "vector": [[1.0]]},
        "column start_ms: a start is beyond 64 bits",
    ),
    "keys in lists": ({"key": [["a"]], "vector": [[1.0]]}, "column key: holds list"),
    "keys in parts": ({"key": [0.5], "vector": [[1.0]]}, "column key: holds double"),
    "a key that is null": ({"key": ["a", None], "vector": [[1.0], [2.0]]}, "column key: 1 rows have none"),
    "bytes that are no text": ({"key": [b"\xff\xfe"], "vector": [[1.0]]}, "column key: not all are UTF-8"),
    "text that is no text": (
        {"key": pa.array([b"\xff"]).view(pa.string()), "vector": [[1.0]]},
        "column key: not all are UTF-8",
    ),
    "no key": ({"name": ["a"], "vector": [[1.0]]}, "no column key"),
    "no vector": ({"key": ["a"]}, "no column vector"),
    "two rows of a track": ({"key": ["a", "a"], "vector": [[1.0], [2.0]]}, "2 rows for a: keep one"),
    "two rows of a patch": (
        {"key": ["a", "a"], "start_ms": [3, 3], "vector": [[1.0], [2.0]]},
        "2 rows for a: keep one",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_holds_no_embeddings_is_refused_in_one_line(tmp_path, what) -> None:
    columns, message = HOSTILE[what]
    file = written(tmp_path / "odd.parquet", **columns)
    with warnings.catch_warnings(), pytest.raises(InputError, match=message) as refused:
        warnings.simplefilter("error")
        embeddings.read(file)
    assert str(file) in str(refused.value) and "\n" not in str(refused.value)


def test_two_columns_of_one_name_are_refused(tmp_path) -> None:
    pq.write_table(pa.table([["a"], ["b"], [[1.0]]], names=["key", "key", "vector"]), tmp_path / "f")
    with pytest.raises(InputError, match="has 2 columns key: keep one"):
        embeddings.read(tmp_path / "f")


def test_two_keys_that_are_one_without_extension_are_bad_data(tmp_path) -> None:
    file = written(tmp_path / "f", key=["x/a.au", "x/a.wav"], vector=[[1.0], [2.0]])
    with pytest.raises(InputError, match=r"several tracks that go by x/a .*x/a.wav is one: keep one of them"):
        FromFile("theirs", embeddings.read(file), KeyMap({}))


@pytest.mark.parametrize("told", [b"no JSON", b"\xff", b"[1]", b"7", b"[" * 100_000])
def test_what_others_tell_under_our_name_is_not_heard(tmp_path, told) -> None:
    pq.write_table(
        pa.table({"key": ["a"], "vector": [[1.0]]}).replace_schema_metadata({"pairmine": told}), tmp_path / "f"
    )
    assert embeddings.read(tmp_path / "f").told == {}


def test_what_we_tell_is_heard(tmp_path) -> None:
    table = pa.table({"key": ["a"], "vector": [[1.0]]})
    pq.write_table(table.replace_schema_metadata({"pairmine": json.dumps({"stats": "mean"})}), tmp_path / "f")
    assert embeddings.read(tmp_path / "f").told == {"stats": "mean"}


def test_other_files_are_refused(tmp_path) -> None:
    (tmp_path / "text").write_text("key,vector\n")
    with pytest.raises(InputError, match="no Parquet file"):
        embeddings.read(tmp_path / "text")
    whole = written(tmp_path / "whole", key=KEYS, vector=VECTORS).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="no Parquet file"):
        embeddings.read(tmp_path / "cut")
    with pytest.raises(MissingError, match="run `pairmine embed` first"):
        embeddings.read(tmp_path / "none")
