import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairmine.errors import InputError, UsageError
from trainer.annotations import label_table

ROWS = [("b/2.mp3", "rock"), ("a/1.ogg", "jazz"), ("a/3", "")]


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "file,label\nb/2.mp3,rock\na/1.ogg,jazz\na/3,\n"),
        ("t.csv", '\ufefffile,label\r\n"b/2.mp3",rock\r\na/1.ogg,"jazz"\r\n\r\na/3,\r\n'),
        ("t.tsv", "file\tlabel\nb/2.mp3\trock\na/1.ogg\tjazz\na/3\t\n"),
        ("t.txt.gz", "file\tlabel\rb/2.mp3\trock\ra/1.ogg\tjazz\ra/3\t"),
    ],
)
def test_delimited_tables_are_read(name, text, tmp_path) -> None:
    found = label_table.read(written(tmp_path, name, text))
    assert found.keys == ("a/1", "a/3", "b/2")
    assert found.labels["label"].tolist() == ["jazz", "", "rock"]
    assert (found.key_column, found.guessed) == ("file", ["key column", "label column"])


def test_parquet_of_any_types_is_read(tmp_path) -> None:
    columns = {"vector": [[1.0], [2.0], None], "key": ["b", "a", "c"], "year": [1999, None, 2001]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    found = label_table.read(tmp_path / "t.parquet", label_columns=["year"])
    assert found.keys == ("a", "b", "c") and found.labels["year"].tolist() == ["", "1999", "2001"]
    assert found.guessed == ["key column"]


def test_quotes_mean_nothing_between_tabs(tmp_path) -> None:
    text = 'file\tlabel\ttitle\tartist\na\trock\t"Heroes" (live)\tBowie\nb\trock\t"unclosed\t\n'
    found = label_table.read(written(tmp_path, "t.tsv", text), label_columns=["label", "artist"])
    assert found.names == {"a": ('"Heroes" (live)', "Bowie"), "b": ('"unclosed', "")}
    assert found.labels["artist"].tolist() == ["Bowie", ""]


def test_a_split_is_taken_and_keys_need_be_unique_in_it_only(tmp_path) -> None:
    text = "key,part,label\na,train,x\nb,test,x\na,test,y\n"
    file = written(tmp_path, "t.csv", text)
    found = label_table.read(file, label_columns=["label"], split_column="part", split="test")
    assert found.keys == ("a", "b") and found.labels["label"].tolist() == ["y", "x"]
    with pytest.raises(UsageError, match="there is no split 'tset': did you mean 'test'"):
        label_table.read(file, label_columns=["label"], split_column="part", split="tset")
    with pytest.raises(UsageError, match="there is no split column 'split'"):
        label_table.read(file, label_columns=["label"], split="test")


@pytest.mark.parametrize(
    ("header", "key", "label"),
    [
        ("mood,ID,label", "ID", "label"),
        ("path,file,Genre", "file", "Genre"),
        ("file,mood", "file", "mood"),
        ("song,genre", "song", "genre"),
        ("mood,key", "key", "mood"),
    ],
)
def test_columns_are_guessed_by_usual_names(header, key, label, tmp_path) -> None:
    row = ",".join("abc"[: header.count(",") + 1])
    found = label_table.read(written(tmp_path, "t.csv", f"{header}\n{row}\n"))
    assert found.key_column == key and [*found.labels] == [label]


def test_a_first_row_that_may_be_no_header_is_asked_for(tmp_path) -> None:
    file = written(tmp_path, "t.csv", "song,mood\na,x\n")
    with pytest.raises(UsageError, match=r"t\.csv: its first row, song, mood, has none of the names key, .*: is it a"):
        label_table.read(file)
    assert (
        label_table.read(file, label_columns=["mood"]).keys == label_table.read(file, key_column="song").keys == ("a",)
    )


@pytest.mark.parametrize("header", ["key,mood,tempo", "key,genre,artist"])
def test_what_cannot_be_guessed_is_asked_for(header, tmp_path) -> None:
    with pytest.raises(UsageError, match=r"Name it by --label-column: \w+, \w+$"):
        label_table.read(written(tmp_path, "t.csv", f"{header}\na,b,c\n"))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "no header"),
        ("key\na\n", "no header"),
        ("key,key\na,b\n", "no header"),
        ("key,label\n", "no rows"),
        ("key,label\na,x\nb\n", "line 3: 1 cells under 2 columns"),
        ("key,label\na,x,y\n", "line 2: 3 cells under 2 columns"),
        ("key,label\na.mp3,x\na.wav,y\n", "row 2: a comes twice"),
        ("key,label\n,x\n", "row 1: no key"),
    ],
)
def test_a_broken_table_is_refused_in_one_line(text, wrong, tmp_path) -> None:
    with pytest.raises(InputError, match=wrong) as caught:
        label_table.read(written(tmp_path, "t.csv", text))
    assert "\n" not in str(caught.value) and "t.csv" in str(caught.value)


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00broken", b"key,label\n\xff\xfe,x\n", b"PAR1", None])
def test_a_file_that_cannot_be_read_is_refused_in_one_line(name, content, tmp_path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        label_table.read(tmp_path / name)
    assert "\n" not in str(caught.value) and name in str(caught.value)
