"""The order in which the files of dumps are read: it is in their names and content, not in how or where they lie."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from pairmine.sources._discogs_files import find_dumps

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".GZ": lambda data: gzip.compress(data, 1),
}
HEAD = b"<releases>" + b" " * 100_000


def placed(folder: Path, name: str, content: bytes, suffix: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / (name + suffix)
    path.write_bytes(PACKED[suffix](content))
    return path


def order(folders: list[Path], contents: dict[Path, str]) -> list[str]:
    return [contents[path] for path in find_dumps(folders)]


@pytest.mark.parametrize("suffix", PACKED)
def test_packing_changes_no_place(tmp_path: Path, suffix: str) -> None:
    names = ["discogs_20200101_releases.xml", "discogs_20200201_releases.xml", "releases.xml", "releases.xml1.xml"]
    plain = {placed(tmp_path / "a" / name, name, b"<releases/>", ""): name for name in names}
    mixed = {
        placed(tmp_path / "b" / name, name, b"<releases/>", suffix if place % 2 else ""): name
        for place, name in enumerate(names)
    }
    assert order([tmp_path / "a"], plain) == order([tmp_path / "b"], mixed) == sorted(names, reverse=True)


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("contents", [("first", "second"), ("x" * 90_000, "y"), ("1", "2", "3")])
def test_files_of_one_name_are_told_apart_by_what_they_hold(
    tmp_path: Path, suffix: str, contents: tuple[str, ...]
) -> None:
    found = []
    for head in (b"", HEAD):
        for backwards in (False, True):
            folder = tmp_path / f"{len(head)}-{backwards}"
            told = {
                placed(
                    folder / str(-place if backwards else place), "releases.xml", head + text.encode(), packing
                ): text
                for place, text in enumerate(contents)
                for packing in ((suffix if place == 1 else "") if backwards else "",)
            }
            found.append(order([folder], told))
    assert found[0] == found[1] and found[2] == found[3]
    assert all(sorted(each) == sorted(contents) for each in found)
