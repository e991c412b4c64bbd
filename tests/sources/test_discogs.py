"""`ingest discogs`, the reading part: every value as ElementTree has it, the same bytes in every circumstance."""

import gzip
import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from discogs_oracle import Tables, read
from discogs_worlds import TREES, World
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine import store
from pairmine.kernels import xml_records, xml_scan
from pairmine.kernels.byte_runs import PADDING
from pairmine.schema import CATALOGUE, DUMP
from pairmine.sources import _discogs_chunks, _discogs_frames, discogs
from pairmine.sources._blocks import opened
from pairmine.sources._discogs_chunks import Chunk, Parsed, parse
from pairmine.sources._discogs_frames import DumpFile

REAL = Path(__file__).parents[3] / "shared" / "data" / "discogs"
FILES = sorted(path for path in REAL.rglob("*.xml.*") if "bucket" not in path.name)
needs_real_data = pytest.mark.skipif(not FILES, reason="the real Discogs excerpts are not beside the repository")


def unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    return (
        gzip.decompress(data) if path.suffix == ".gz" else zstandard.ZstdDecompressor().decompressobj().decompress(data)
    )


def parsed(data: bytes, kind: str) -> Parsed:
    padded = np.concatenate([np.frombuffer(data, np.uint8), np.zeros(PADDING, np.uint8)])
    return parse(Chunk(kind, "x.xml", 0, padded, len(data)))


def parsed_strictly(data: bytes, kind: str, patch: pytest.MonkeyPatch) -> Parsed:
    """Let the strict reader read every record."""

    def scan(buffer: Any, pos: int, end: int, kind: Any, maps: Any, work: Any) -> tuple[int, int]:
        while pos < end and chr(buffer[pos]) in " \t\r\n":
            pos += 1
        if pos >= end:
            return end, xml_scan.DONE
        work.ids[work.counts[xml_scan.RECORDS]] = -1
        return pos, xml_scan.ODD if xml_records.is_record(buffer, pos, end, kind) else xml_scan.GAP

    with patch.context() as patched:
        patched.setattr(_discogs_chunks.scan, "scan_records", scan)
        return parsed(data, kind)


def rows(tables: dict[str, pa.Table]) -> Tables:
    return {name: table.to_pylist() for name, table in tables.items() if table.num_rows}


def expected(data: bytes) -> Tables:
    return {
        name: [{column.name: row.get(column.name) for column in CATALOGUE[name].columns} for row in found]
        for name, found in read(data).items()
        if found
    }


def kind_of(data: bytes) -> str:
    start = data.index(b"<", 1) if data.startswith(b"<?") else 0
    name = data[start:].split(b">")[0].split()[0].strip(b"<\n").decode()
    return name.removesuffix("s")


@needs_real_data
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(REAL).as_posix())
def test_a_real_file_is_read_as_elementtree_reads_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = unpacked(path)
    body = data[data.index(b"?>") + 2 :].lstrip() if data.startswith(b"<?xml") else data.lstrip()
    kind = kind_of(body)
    begin = body.index(b">") + 1 if kind_of(body) + "s" == body[1 : 1 + len(kind) + 1].decode() else 0
    quick = parsed(body[begin:], kind)
    assert quick.rejects == []
    assert rows(quick.tables) == expected(data)
    if len(data) < 1 << 20:
        assert rows(parsed_strictly(body[begin:], kind, monkeypatch).tables) == expected(data)


@pytest.mark.parametrize("kind", TREES)
@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), oddity=st.sampled_from([0.0, 0.02, 0.2]))
def test_both_readers_agree_with_elementtree_on_odd_records(kind: str, seed: int, oddity: float) -> None:
    data = World(random.Random(seed), oddity).document(kind, 3).encode()
    quick, strict = parsed(data, kind), parsed_strictly(data, kind, pytest.MonkeyPatch())
    assert quick.rejects == strict.rejects == []
    assert rows(quick.tables) == rows(strict.tables) == expected(data)
    assert quick.ids.tolist() == strict.ids.tolist() == [1, 2, 3]
    assert +quick.oddities == +strict.oddities


def test_plain_records_need_no_strict_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(_discogs_chunks, "read_record", refuse)
    for kind in TREES:
        assert parsed(World(random.Random(5), 0).document(kind, 20).encode(), kind).ids.size == 20


def chunked(path: Path, block_bytes: int) -> tuple[list[Chunk], Tables]:
    rejects: list[Any] = []
    with opened(path, block_bytes) as blocks:
        chunks = list(DumpFile(path.name, blocks, rejects.append).chunks())
    assert rejects == []
    tables: Tables = {}
    for chunk in chunks:
        for name, found in rows(parse(chunk).tables).items():
            tables.setdefault(name, []).extend(found)
    return chunks, tables


@pytest.mark.parametrize("kind", TREES)
def test_where_chunks_are_cut_does_not_matter(kind: str, tmp_path: Path) -> None:
    data = World(random.Random(3), 0.1).document(kind, 60).encode()
    path = tmp_path / f"{kind}s.xml"
    path.write_bytes(data)
    for block_bytes in (256, 1000, 4096):
        chunks, tables = chunked(path, block_bytes)
        assert tables == expected(data)
        assert len(chunks) > 3
        for chunk in chunks:
            assert data[chunk.position : chunk.position + chunk.end] == chunk.data[: chunk.end].tobytes()


# -- the command


def write_dump(folder: Path, seed: int = 1, records: int = 40) -> Path:
    """Write the four files of a dump, each in another packing."""
    folder.mkdir(parents=True)
    packings = {".xml": bytes, ".xml.gz": gzip.compress, ".xml.zst": zstandard.ZstdCompressor().compress}
    for kind, (suffix, pack) in zip(TREES, [*packings.items(), (".xml.gz", gzip.compress)], strict=True):
        data = World(random.Random(f"{kind}{seed}"), 0.05).document(kind, records).encode()
        (folder / f"discogs_20200101_{kind}s{suffix}").write_bytes(pack(data))
    return folder


def ingested(workspace: Path, *paths: Path, threads: int = 2) -> tuple[Any, dict[str, str]]:
    report = discogs.ingest(workspace, "discogs", list(paths), threads)
    folder = report.folder
    return report, {path.relative_to(folder).as_posix(): store.sha256(path) for path in folder.rglob("*.parquet")}


def tally(report: Any, unit: str) -> tuple[int, dict[str, int], int]:
    found = next(each for each in report.tallies if each.unit == unit)
    return found.taken, found.skipped, found.rejected


def table(workspace: Path, name: str) -> list[dict[str, Any]]:
    return pa.parquet.read_table(workspace / "catalogue" / "discogs" / name).to_pylist()


def test_the_bytes_depend_on_content_and_names_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discogs, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(discogs, "WAITING_BYTES", 1 << 12)
    dump = write_dump(tmp_path / "dump", records=80)
    report, first = ingested(tmp_path / "one", dump, threads=1)
    assert report.rejects == 0
    assert any("part-00002" in name for name in first)
    elsewhere = tmp_path / "a" / "b"
    elsewhere.mkdir(parents=True)
    moved = [path.rename(elsewhere / path.name) for path in sorted(dump.iterdir(), reverse=True)]
    assert ingested(tmp_path / "two", *moved, threads=2)[1] == first
    assert ingested(tmp_path / "three", elsewhere, threads=3)[1] == first


def test_the_files_of_a_dump_come_out_as_elementtree_has_them(tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "dump")
    discogs.ingest(tmp_path, "discogs", [dump])
    for path in dump.iterdir():
        data = path.read_bytes() if path.suffix == ".xml" else unpacked(path)
        for name, found in expected(data).items():
            assert table(tmp_path, name) == found
    assert all((tmp_path / "catalogue" / "discogs" / each.name).is_dir() for each in DUMP)


def test_a_record_met_before_is_skipped_and_the_newest_dump_wins(tmp_path: Path) -> None:
    for month, title in (("01", "old"), ("02", "new")):
        records = "".join(f'<release id="{id_}"><title>{title}</title></release>' for id_ in (1, 2, int(month) + 10, 2))
        (tmp_path / f"discogs_2020{month}01_releases.xml").write_text(f"<releases>{records}</releases>")
    report, _ = ingested(tmp_path / "w", tmp_path)
    assert tally(report, "releases") == (4, {"met before": 4}, 0)
    titles = {row["release"]: row["title"] for row in table(tmp_path / "w", "dump_releases")}
    assert titles == {1: "new", 2: "new", 12: "new", 11: "old"}


@pytest.mark.parametrize("kind", TREES)
def test_any_of_the_four_files_will_do_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}s.xml"
    path.write_text(World(random.Random(1), 0).document(kind, 5))
    report, _ = ingested(tmp_path / "w", path)
    assert tally(report, f"{kind}s") == (5, {"met before": 0}, 0)


def test_a_bare_record_with_mark_and_declaration_is_a_dump(tmp_path: Path) -> None:
    path = tmp_path / "any name"
    path.write_bytes(
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?>\n<!-- --><release id="7"><title>&#246;</title></release>\n'
    )
    ingested(tmp_path / "w", path)
    assert table(tmp_path / "w", "dump_releases")[0]["title"] == "ö"


def test_what_is_not_known_is_counted_and_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = "".join(
        f'<release id="{id_}" mood="1"><title>a</title><title>b</title><novel><title>n</title></novel></release>'
        for id_ in range(1, 4)
    )
    (tmp_path / "releases.xml").write_text(f"<releases>{records}</releases>")
    (tmp_path / "notes.txt").write_text("")
    ingested(tmp_path / "w", tmp_path)
    told = Counter(capsys.readouterr().err.splitlines())
    assert told == Counter(
        [
            "not read, as not called like a dump: notes.txt",
            "left out, as not known: release/@mood (3)",
            "left out, as not known: release/novel (3)",
            "left out, as not known: a second value of dump_releases.title (3)",
        ]
    )


def test_the_longest_record_is_limited(tmp_path: Path) -> None:
    assert _discogs_frames.MAX_RECORD_BYTES == 64 << 20
    path = tmp_path / "releases.xml"
    long = "x" * 5000
    path.write_text(
        f'<releases><release id="1"/><release id="2"><notes>{long}</notes></release><release id="3"/></releases>'
    )
    rejects: list[Any] = []
    with opened(path, 512) as blocks:
        chunks = list(DumpFile(path.name, blocks, rejects.append, max_record=2000).chunks())
    assert [id_ for chunk in chunks for id_ in parse(chunk).ids.tolist()] == [1, 3]
    assert [(each.unit, each.position) for each in rejects] == [("releases", 27)]
