from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairmine.errors import InputError
from trainer.keys import EXTENSIONS, annotation_key, read_key_map


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("14/214.mp3", "14/214"),
        ("./14/214.npy", "14/214"),
        (".//./14/214", "14/214"),
        ("14\\214.WAV", "14/214"),
        ("a.mp3.npy", "a"),
        ("14/214.low.mp3", "14/214"),
        ("14/214.low", "14/214.low"),
        (".mp3.npy", ".mp3"),
        ("a.mp3\n", "a.mp3\n"),
        ("f/x-01-a.b-0-29.mp3", "f/x-01-a.b-0-29"),
        ("blues/blues.00029.au", "blues/blues.00029"),
        ("blues.00029", "blues.00029"),
        ("/abs/a.flac", "/abs/a"),
        ("a/.mp3", "a/.mp3"),
        ("a.mp3/b", "a.mp3/b"),
        ("a.txt", "a.txt"),
        ("spotify:track:6rqhFgbbKwnb9MLmUQDhG6", "spotify:track:6rqhFgbbKwnb9MLmUQDhG6"),
        ("Cafe\u0301.ogg", "Caf\u00e9"),
        ("", ""),
    ],
)
def test_a_path_becomes_a_key(path: str, key: str) -> None:
    assert annotation_key(path) == key


@given(st.text(alphabet="ab./\\ \u0301", max_size=12), st.sampled_from(EXTENSIONS))
def test_a_key_is_its_own_key_whatever_the_extension(path: str, extension: str) -> None:
    key = annotation_key(path)
    assert annotation_key(key) == key
    if path.strip("./\\") and path[-1] not in "/\\":
        assert annotation_key(path + extension.upper()) == key


def test_a_key_map_leads_annotations_to_embeddings(tmp_path: Path) -> None:
    file = tmp_path / "map.tsv"
    file.write_bytes(b"\xef\xbb\xbf14/214.mp3\tspotify:track:1\r\n\r\na/b.wav\t./x/y.npy\r\n")
    to_embedding = read_key_map(file)
    assert to_embedding("14/214") == "spotify:track:1"
    assert to_embedding("a/b") == "x/y"
    assert to_embedding("c") == "c"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\tb\nc\n", "line 2: 1 columns"),
        (b"a\tb\tc\n", "line 1: 3 columns"),
        (b"a\t\n", "line 1: an empty column"),
        (b"a.mp3\tb\n\na.wav\tc\n", "line 3: a is there twice"),
        (b"a\t\xff\n", "not UTF-8 at byte 2"),
        (b"\n", "no line"),
    ],
)
def test_a_bad_key_map_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "map.tsv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        read_key_map(file)
    assert "map.tsv" in str(refused.value) and "\n" not in str(refused.value)


def test_links_are_a_key_map_from_left_to_right(tmp_path: Path) -> None:
    links = {"left_key": ["t1", "a/b.wav"], "right_key": ["x/y.mp3", "z"], "score": [1.0, 0.5]}
    pq.write_table(pa.table(links), tmp_path / "links.parquet")
    to_embedding = read_key_map(tmp_path / "links.parquet")
    assert [to_embedding(key) for key in ("t1", "a/b", "x/y")] == ["x/y", "z", "x/y"]
    pq.write_table(pa.table({"key": ["t1"]}), tmp_path / "other.parquet")
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1")
    for name in ("other", "damaged", "none"):
        with pytest.raises(InputError, match=rf"{name}.parquet: no links of `pairmine link`.*check --key-map"):
            read_key_map(tmp_path / f"{name}.parquet")


def test_a_key_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="check --key-map"):
        read_key_map(tmp_path / "none.tsv")
