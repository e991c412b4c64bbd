"""Every strategy on real playlists against brute force; the data is not ours and may be absent."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import scipy.sparse
import zstandard

from pairmine import checking, pairing, registry, seeding
from pairmine.sources import mpd
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from tests.kernels import oracles
from tests.worlds import small_parameters

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "mpd"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real playlists are not beside the repository")

NOT_THERE = {"genre", "label", "label-co", "labels", "triplet"}  # the MPD has no labels, tags or edges


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """The 700 full playlists and 4,769 reduced ones, ingested."""
    folder, workspace = tmp_path_factory.mktemp("json"), tmp_path_factory.mktemp("real")
    packed = (REAL / "reduced_slices" / "reduced_slices.tar.zst").read_bytes()
    unpacked = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)).read()
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        tar.extractall(folder, filter="data")
    mpd.ingest(workspace, "mpd", [folder, *(REAL / "full_schema_lists").glob("*.zst")])
    return workspace


def playlists(inputs: Inputs) -> list[list[int]]:
    rows = inputs.table("select playlist_id, track_id from playlist_tracks order by playlist_id, position").to_pydict()
    lists: list[list[int]] = [[] for _ in range(max(rows["playlist_id"]) + 1)]
    for playlist, track in zip(rows["playlist_id"], rows["track_id"], strict=True):
        lists[playlist].append(track)
    return lists


@pytest.mark.parametrize("strategy", sorted({*registry.names("strategies")} - NOT_THERE))
def test_the_rules_of_every_strategy_hold(workspace, strategy) -> None:
    built = pairing.build_pairs(workspace, "mpd", strategy, parameters=small_parameters(strategy), epochs=2)
    [checked] = checking.check(workspace, built.folder).folders
    assert (checked.problems, checked.notes) == ([], [])
    least = 5_000 if strategy == "release" else 40_000  # few of these playlists name the albums
    assert min(epoch["pairs"] for epoch in built.manifest["pairs"]) > least


def test_co_is_that_of_the_plain_algorithm(workspace) -> None:
    built = pairing.build_pairs(workspace, "mpd", "co", parameters=Parameters(), epochs=2)
    visit, shuffle = (seeding.stream(0, "co", 1, name) for name in ("visit", "shuffle"))
    expected = oracles.co_epoch(playlists(Inputs(workspace, "mpd")), visit, shuffle, pool=True)
    rows = pq.ParquetFile(built.folder / "epoch=0001" / "part-00000.parquet").read().to_pydict()
    assert sorted(zip(rows["anchor"], rows["positive"], rows["via"], strict=True)) == sorted(expected)


def test_tco_scores_are_playlists_shared_and_no_partner_left_out_shares_more(workspace) -> None:
    """A thousand of the pairs, against a product of matrices."""
    built = pairing.build_pairs(workspace, "mpd", "tco", parameters=Parameters(), epochs=2)
    there = Inputs(workspace, "mpd").table("select distinct playlist_id, track_id from playlist_tracks").to_pydict()
    places = np.ones(len(there["track_id"]), np.int32), (there["playlist_id"], there["track_id"])
    of_playlist = scipy.sparse.csr_array(places)
    rows = pq.ParquetFile(built.folder / "epoch=0000" / "part-00000.parquet").read().take(np.arange(0, 40_000, 40))
    anchors, positives, scores = (rows.column(name).to_numpy() for name in ("anchor", "positive", "score"))
    shared = of_playlist.T.tocsr()[anchors] @ of_playlist  # a row an anchor
    shared[np.arange(anchors.size), anchors] = 0
    assert (shared[np.arange(anchors.size), positives] == scores).all()
    for row, score in enumerate(scores):
        assert (shared.data[shared.indptr[row] : shared.indptr[row + 1]] > score).sum() < 10


def test_the_published_formats_are_read(workspace) -> None:
    """Counts from the data's README, counted again from the JSON."""
    slices = [zstandard.decompress(path.read_bytes()) for path in (REAL / "full_schema_lists").glob("*.zst")]
    entries = [track["track_uri"] for data in slices for playlist in json.loads(data) for track in playlist["tracks"]]
    assert len(entries) == 43_146
    keys = set(Inputs(workspace, "mpd").table("select key from tracks").column("key").to_pylist())
    assert set(entries) <= keys
