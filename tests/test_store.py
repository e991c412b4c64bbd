import os
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairmine import catalogue, engine, store
from pairmine.catalogue import Ingested, Tally
from pairmine.errors import DamagedError, MissingError, UsageError
from tests.worlds import write_source

READ_BY_OLD_CLIENTS = {
    "INT32": {"DELTA_BINARY_PACKED"},
    "INT64": {"DELTA_BINARY_PACKED"},
    "FLOAT": {"BYTE_STREAM_SPLIT"},
    "DOUBLE": {"BYTE_STREAM_SPLIT"},
    "BYTE_ARRAY": {"PLAIN"},
    "BOOLEAN": {"PLAIN", "RLE"},
}


def test_encodings_are_those_old_duckdb_clients_read(toy_workspace) -> None:
    for path in toy_workspace.rglob("*.parquet"):
        groups = pq.read_metadata(path)
        columns = [groups.row_group(0).column(i) for i in range(groups.num_columns)] if groups.num_row_groups else []
        for column in columns:
            assert set(column.encodings) - {"RLE"} <= READ_BY_OLD_CLIENTS[column.physical_type], path


def test_the_same_table_gives_the_same_bytes_however_chunked(tmp_path) -> None:
    table = pa.table({"a": pa.array(range(1000), pa.int32()), "b": pa.array([str(i) for i in range(1000)])})
    chunked = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    assert store.write_parquet(tmp_path, "x", table) == store.write_parquet(tmp_path, "x", chunked)


def test_a_failed_write_leaves_the_old_file(tmp_path) -> None:
    path = tmp_path / "file"
    store.write_bytes(path, b"old")
    with pytest.raises(TypeError):
        store.write_bytes(path, "no bytes")
    assert path.read_bytes() == b"old"


def test_a_manifest_reads_back_and_any_change_is_found(tmp_path) -> None:
    written = store.write_manifest(tmp_path, {"kind": "mpd"}, [])
    assert store.read_manifest(tmp_path) == written
    text = (tmp_path / store.MANIFEST).read_text()
    (tmp_path / store.MANIFEST).write_text(text.replace('"mpd"', '"mpe"'))
    with pytest.raises(DamagedError, match="digest"):
        store.read_manifest(tmp_path)


def test_without_manifest_there_is_nothing(tmp_path) -> None:
    with pytest.raises(MissingError):
        store.read_manifest(tmp_path)


def test_a_claimed_folder_is_refused_to_others_and_free_afterwards(tmp_path) -> None:
    with store.claim(tmp_path / "x.partial"), pytest.raises(UsageError, match="another run"):
        store.claim(tmp_path / "x.partial").__enter__()
    with store.claim(tmp_path / "x.partial"):
        pass


def test_a_failed_ingest_leaves_the_old_source_and_no_scraps(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    before = (tmp_path / "catalogue" / "toy" / "manifest.json").read_bytes()
    with pytest.raises(ZeroDivisionError), catalogue.writer(tmp_path, "toy", "playlists") as writer:
        (writer.scratch / "much").write_bytes(b"data")
        raise ZeroDivisionError
    assert (tmp_path / "catalogue" / "toy" / "manifest.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "catalogue").iterdir()] == ["toy"]


def test_a_table_that_cannot_be_added_leaves_no_scraps(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    with pytest.raises(pa.ArrowInvalid):
        catalogue.add(tmp_path, "toy", "splits", pa.table({"track_id": ["none"], "split": ["train"]}), {})
    assert [path.name for path in (tmp_path / "catalogue").iterdir()] == ["toy"]


def test_a_failure_after_publishing_removes_what_it_replaced_only(tmp_path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(ZeroDivisionError), store.building(tmp_path / "x.partial") as partial:
        (partial / "new").touch()
        store.publish(partial, tmp_path / "x")
        raise ZeroDivisionError
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["new"]


def test_readers_meet_the_old_or_the_new_folder(tmp_path) -> None:
    """While a folder of two files is replaced again and again, one opened folder never shows a mixture."""
    final, stop, mixtures = tmp_path / "set", threading.Event(), []

    def make(version: int) -> None:
        partial = tmp_path / "set.partial"
        partial.mkdir()
        for name in ("a", "b"):
            (partial / name).write_text(str(version))
        store.publish(partial, final)

    def read() -> None:
        while not stop.is_set():
            folder = os.open(final, os.O_RDONLY)
            try:
                seen = {_read_at(folder, name) for name in ("a", "b")} - {None}
            finally:
                os.close(folder)
            if len(seen) > 1:
                mixtures.append(seen)

    make(0)
    reader = threading.Thread(target=read)
    reader.start()
    for version in range(1, 200):
        make(version)
    stop.set()
    reader.join()
    assert mixtures == []
    assert (final / "a").read_text() == "199"


def _read_at(folder: int, name: str) -> str | None:
    """Read a file of an opened folder; None once the folder was removed after its replacement."""
    try:
        handle = os.open(name, os.O_RDONLY, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(handle) as file:
        return file.read()


def test_the_views_follow_a_workspace_that_moved(tmp_path) -> None:
    write_source(tmp_path / "a", "toy", [[0, 1, 2]])
    (tmp_path / "a").rename(tmp_path / "b")
    with engine.reader(tmp_path / "b") as connection:
        assert connection.execute("select count(*) from toy.tracks").fetchall() == [(3,)]


def test_what_was_ingested_is_told_by_tables_of_the_contract() -> None:
    tables = {"dump_releases": 2_000, "dump_series": 1, "tracks": 3_000, "labels": 0}
    done = Ingested("d", Path("d"), tables, [Tally("releases", 2_000)], {}, 0)
    assert str(done).split("\n")[0] == "d: 3,000 tracks, 2,001 rows in 2 tables dump_…"
    assert done.as_dict()["tables"] == tables


def test_tallies_add_up() -> None:
    tally = Tally("playlists", 5, {"repeated": 2}, 1)
    assert tally.read == 8
    assert str(tally) == "playlists: 8 read = 5 taken + 2 repeated + 1 rejected"


def test_a_source_name_that_is_no_folder_name_is_refused(tmp_path: Path) -> None:
    for name in ("../x", "", "main", "a b", "x.partial"):
        with pytest.raises(UsageError):
            catalogue.check_name(name, tmp_path)
