import gzip
from pathlib import Path

import pytest

from pairmine.errors import InputError
from trainer.annotations import _files


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("packed", [False, True])
def test_lines_whatever_ends_them(tmp_path: Path, end: str, mark: bytes, packed: bool) -> None:
    content = mark + end.join(["a\tü", "", "b\x0bc\u2028d"]).encode()
    file = tmp_path / ("x.tsv.gz" if packed else "x.tsv")
    file.write_bytes(gzip.compress(content) if packed else content)
    assert list(_files.lines(file)) == [(1, "a\tü"), (3, "b\x0bc\u2028d")]


def test_tables_may_quote(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text('a, "b,""c"\n\n"two\nlines",d\n')
    assert list(_files.table(file)) == [(1, ["a", 'b,"c']), (4, ["two\nlines", "d"])]


def test_a_file_is_found_by_name_anywhere_below(tmp_path: Path) -> None:
    deep = tmp_path / "splits" / "split-0"
    deep.mkdir(parents=True)
    (deep / "x.tsv.gz").touch()
    assert _files.find(tmp_path, "x.tsv") == deep / "x.tsv.gz"
    (deep / "x.tsv").touch()
    assert _files.find(tmp_path, "x.tsv") == deep / "x.tsv"
    other = tmp_path / "splits" / "split-1"
    other.mkdir()
    (other / "x.tsv").touch()
    assert _files.find(tmp_path, "x.tsv", "split-0") == deep / "x.tsv"
    with pytest.raises(InputError, match=r"split-0/x\.tsv and .*split-1/x\.tsv: name the folder of one of them"):
        _files.find(tmp_path, "x.tsv")
    assert _files.find_any(tmp_path, "y.tsv") is None


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no y\.tsv or y\.tsv\.gz in it or below"):
        _files.find(tmp_path, "y.tsv")
    with pytest.raises(InputError, match="no such folder: check --data"):
        _files.find(tmp_path / "none", "y.tsv")
    (tmp_path / "y.tsv").touch()
    with pytest.raises(InputError, match="is a file: name the folder it is in"):
        _files.find(tmp_path / "y.tsv", "y.tsv")


def damaged_checksum() -> bytes:
    packed = bytearray(gzip.compress(b"a\tb\n" * 100, mtime=0))
    packed[-8] ^= 1
    return bytes(packed)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.tsv.gz", gzip.compress(b"a\tb\n" * 1000, mtime=0)[:-12], "damaged or cut short"),
        ("x.tsv.gz", b"plain text", "damaged or cut short"),
        ("x.tsv.gz", damaged_checksum(), "damaged or cut short"),
        ("x.tsv.gz", gzip.compress(b"a", mtime=0)[:10] + b"\xff" * 20, "damaged or cut short"),
        ("x.tsv", b"a\n\xff\n", r"x\.tsv, line 2: not UTF-8"),
        ("x.tsv.gz", gzip.compress(b"a\n" * 70_000 + b"\xc3", mtime=0), r"x\.tsv\.gz, line 70001: not UTF-8"),
        ("x.tsv", b"a" * (_files.LONGEST_LINE + 1), "line 1: longer than"),
    ],
)
def test_damage_is_one_line_with_the_file(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError, match=message) as refused:
        list(_files.lines(file))
    assert name in str(refused.value) and "\n" not in str(refused.value)


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        list(_files.lines(tmp_path / "x.tsv"))


def test_no_more_is_unpacked_than_annotations_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "LARGEST_BYTES", 1 << 20)
    file = tmp_path / "x.json.gz"
    file.write_bytes(gzip.compress(bytes(1 << 20)))
    assert len(_files.content(file)) == 1 << 20
    file.write_bytes(gzip.compress(bytes((1 << 20) + 1)))
    with pytest.raises(InputError, match="over 1 MiB unpacked"):
        _files.content(file)


def test_a_cell_beyond_all_measure(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a," + "b" * 200_000)
    with pytest.raises(InputError, match="no table: field larger"):
        list(_files.table(file))
