"""The public reader against what was written, file by file; what damaged, missing or foreign folders get."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.shards import Reader
from tests.shards.conftest import TRACKS
from tests.trainer import pair_worlds as worlds

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["pairs", "triplets", "vectors", "labels"])
def test_an_epoch_is_what_its_files_hold(sets, kind) -> None:
    pairs = Reader(sets[kind])
    assert (pairs.kind, pairs.strategy, pairs.epochs, pairs.batch) == (kind, "co", 2, None)
    for number in range(2):
        epoch, rows = pairs.epoch(number), pq.read_table(sets[kind] / f"epoch={number:04d}").to_pydict()
        for name in ("anchor", "positive", "via", "score"):
            assert getattr(epoch, name).tolist() == rows[name]
        assert epoch.place.tolist() == list(range(TRACKS))
        assert (None if epoch.negative is None else epoch.negative.tolist()) == rows.get("negative")


@pytest.mark.parametrize("kind", ["pairs", "triplets"])
def test_an_epoch_can_be_written_to_as_torch_wants_it(sets, kind) -> None:
    pairs = Reader(sets[kind])
    columns = [pairs.track_ids, *(column for column in pairs.epoch(0) if column is not None)]
    assert all(column.flags.writeable for column in columns)


def test_keys_are_those_of_the_ids(sets, tmp_path) -> None:
    pairs = Reader(sets["pairs"])
    assert pairs.keys_of([5, 0, 5]).to_pylist() == [worlds.key(5), worlds.key(0), worlds.key(5)]
    for unknown in (10**6, -1, TRACKS):
        with pytest.raises(UsageError, match=f"has no track of id {unknown}: "):
            pairs.keys_of([3, unknown])
    assert pairs.table("tracks").column_names == ["track_id", "key", "title", "artist"]


def test_rows_with_tracks_that_are_not_wanted_are_left_out(sets) -> None:
    wanted = [worlds.key(track) for track in range(TRACKS) if track % 3]
    for kind in ("pairs", "triplets"):
        whole, some = Reader(sets[kind]).epoch(1), Reader(sets[kind], only=wanted).epoch(1)
        columns = [column for column in (whole.anchor, whole.positive, whole.negative) if column is not None]
        kept = [place for place, row in enumerate(zip(*columns, strict=True)) if all(track % 3 for track in row)]
        assert some.place.tolist() == kept and 0 < len(kept) < TRACKS
        assert some.anchor.tolist() == whole.anchor[kept].tolist()
    assert Reader(sets["pairs"], only=wanted).identity != Reader(sets["pairs"]).identity
    assert Reader(sets["pairs"], only=wanted[::-1]).identity == Reader(sets["pairs"], only=wanted).identity


def test_targets_are_those_of_the_tracks(sets) -> None:
    vectors, rows = Reader(sets["vectors"]).vectors, pq.read_table(sets["vectors"] / "targets.parquet").to_pylist()
    found, there = vectors.of([7, -1, 3, 9999])
    np.testing.assert_array_equal(found, [rows[7]["vector"], [0] * 5, rows[3]["vector"], [0] * 5])
    assert there.tolist() == [True, False, True, False]
    labels = Reader(sets["labels"]).labels
    ids, weights = labels.of([1, 2, -1, 9999])
    assert ids.tolist() == [[1, -1], [2, worlds.GROUPS], [-1, -1], [-1, -1]]
    assert weights.tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 0.0], [0.0, 0.0]]
    assert labels.vocabulary[6] == "label 6" and labels.words.shape == (7, 8)
    assert Reader(sets["pairs"]).vectors is None and Reader(sets["pairs"]).labels is None


def test_a_copy_sent_to_a_worker_reads_the_same(sets) -> None:
    pairs = Reader(sets["pairs"], only=[worlds.key(track) for track in range(30)])
    copy = pickle.loads(pickle.dumps(pairs))
    assert copy.identity == pairs.identity and copy.epoch(0).anchor.tolist() == pairs.epoch(0).anchor.tolist()


def test_what_is_no_set_or_damaged_is_told(sets, tmp_path) -> None:
    with pytest.raises(MissingError, match="holds no manifest"):
        Reader(tmp_path)
    with pytest.raises(UsageError, match="epochs 0 to 1, not 2: ask for epoch % epochs"):
        Reader(sets["pairs"]).epoch(2)
    with pytest.raises(MissingError, match="0 of its 48 tracks are among the 1 wanted: give keys such as 't000000'"):
        Reader(sets["pairs"], only=["somebody else's"])
    damaged = worlds.write_pairs(tmp_path / "damaged", "vectors")
    pairs = Reader(damaged)
    (damaged / "targets.parquet").unlink()
    with pytest.raises(DamagedError, match=r"targets\.parquet is missing: run `pairmine build-pairs .* --force`"):
        pairs.vectors  # noqa: B018
    part = damaged / "epoch=0001" / "part-00000.parquet"
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(DamagedError, match=r"part-00000\.parquet differs from its checksum"):
        pairs.epoch(1)
    with pytest.raises(DamagedError, match=r"vias\.parquet is missing in its manifest"):
        pairs.table("vias")


def test_it_needs_neither_torch_nor_a_database(sets) -> None:
    heavy = "torch", "duckdb", "polars", "numba", "gensim"
    code = (
        "import sys; from pairmine.shards import Batches, Reader\n"
        f"print(sum(len(b.anchor) for b in Batches(Reader({str(sets['pairs'])!r}), 8)))\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split("\n")[:2] == ["48", "[]"]
