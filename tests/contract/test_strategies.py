"""One contract over every strategy: found by folder scan, so a new file is taken up by itself."""

import json
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pairmine import checking, engine, pairing, registry, schema, store
from pairmine.errors import MissingError, UsageError
from pairmine.schema import PAIR_TRACKS, VIAS
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.worlds import small_parameters, write_source

STRATEGIES = registry.names("strategies")
EPOCHS = 3


IN_ORDER = {"threads": 1}  # several workers learn vectors in an order of their own


def build(workspace: Path, strategy: str, out: Path, seed: int = 5, **options) -> pairing.Built:
    rule = registry.load("strategies", strategy)
    usual = {"parameters": small_parameters(strategy, seed=seed), "epochs": EPOCHS}
    usual |= IN_ORDER if rule.KIND == "vectors" else {}
    return pairing.build_pairs(workspace, "toy", strategy, out=out, **usual | options)


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): store.sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module", params=STRATEGIES)
def built(request, toy_workspace, tmp_path_factory) -> pairing.Built:
    return build(toy_workspace, request.param, tmp_path_factory.mktemp("sets") / request.param)


def test_a_strategy_says_what_it_is(built) -> None:
    rule = registry.load("strategies", built.manifest["strategy"])
    assert rule.__doc__ and rule.PAPER and built.manifest["kind"] == rule.KIND
    assert all(engine.statement(f"checks/{check}") for check in rule.CHECKS)


def test_the_files_are_those_of_the_contract(built) -> None:
    manifest = json.loads((built.folder / "manifest.json").read_text())
    assert {entry["path"] for entry in manifest["files"]} | {"manifest.json"} == set(content(built.folder))
    for epoch in range(EPOCHS):
        assert pq.read_schema(built.folder / f"epoch={epoch:04d}" / "part-00000.parquet").equals(
            schema.EPOCHS[manifest["kind"]].arrow
        )
    assert pq.read_schema(built.folder / "tracks.parquet").equals(PAIR_TRACKS.arrow)
    if manifest["via_kind"]:
        assert pq.read_schema(built.folder / "vias.parquet").equals(VIAS.arrow)


def test_every_reader_reads_the_same_pairs(built) -> None:
    pattern = f"{built.folder}/epoch=*/*.parquet"
    rows = sum(entry["pairs"] for entry in built.manifest["pairs"])
    assert rows > 0
    by_polars = pl.scan_parquet(pattern).select(pl.len(), pl.sum("anchor"), pl.col("score").cast(pl.Float64).sum())
    [by_duckdb] = duckdb.sql(f"select count(*), sum(anchor), sum(score::double) from '{pattern}'").fetchall()
    assert by_duckdb == pytest.approx(by_polars.collect().row(0))
    assert (
        ds.dataset(built.folder, format="parquet", partitioning="hive", exclude_invalid_files=True).count_rows() >= rows
    )


def test_its_own_rules_hold(built, toy_workspace) -> None:
    [checked] = checking.check(toy_workspace, built.folder).folders
    assert checked.problems == []
    assert set(registry.load("strategies", built.manifest["strategy"]).CHECKS) <= set(checked.checks)


def test_epochs_and_seeds_differ_and_rows_are_shuffled(built, toy_workspace, tmp_path) -> None:
    first, second = (pq.read_table(built.folder / f"epoch=000{e}" / "part-00000.parquet") for e in (0, 1))
    assert not first.equals(second)
    assert first.column("anchor").to_pylist() != sorted(first.column("anchor").to_pylist())
    other = build(toy_workspace, built.manifest["strategy"], tmp_path / "set", seed=6)
    assert not first.equals(pq.read_table(other.folder / "epoch=0000" / "part-00000.parquet"))


@pytest.mark.parametrize("options", [{"threads": 1}, {"threads": 3}, {"engine_name": "duckdb"}], ids=str)
def test_bytes_depend_on_neither_threads_nor_engine(built, toy_workspace, tmp_path, options) -> None:
    if built.manifest["kind"] == "vectors" and "threads" in options:
        pytest.skip("vectors learned by several workers differ in their last bits; one worker is tested elsewhere")
    again = build(toy_workspace, built.manifest["strategy"], tmp_path / "set", **options)
    assert content(again.folder) == content(built.folder)


def test_an_epoch_is_drawn_from_its_own_number_alone(built, toy_workspace, tmp_path) -> None:
    fewer = build(toy_workspace, built.manifest["strategy"], tmp_path / "set", epochs=1)
    part = "epoch=0000/part-00000.parquet"
    assert content(fewer.folder)[part] == content(built.folder)[part]


def test_built_again_there_is_nothing_to_do_and_another_set_is_refused(built, toy_workspace) -> None:
    name = built.manifest["strategy"]
    before = content(built.folder)
    assert not build(toy_workspace, name, built.folder).new
    with pytest.raises(UsageError, match="--force"):
        build(toy_workspace, name, built.folder, epochs=EPOCHS + 1)
    assert content(built.folder) == before


def test_excluded_tracks_and_artists_do_not_appear(built, toy_workspace, tmp_path) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text("t000001\na000003\nnobody\n")
    folder = build(
        toy_workspace, built.manifest["strategy"], tmp_path / "set", restrictions=Restrictions(exclude=keys)
    ).folder
    left_out = {f"t{t:06d}" for t in (1, 9, 10, 11)}
    assert not left_out & set(pq.read_table(folder / "tracks.parquet").column("key").to_pylist())
    assert pq.read_table(folder / "excluded.parquet").column("track_id").to_pylist() == [1, 9, 10, 11]
    assert checking.check(toy_workspace, folder).folders[0].problems == []


TABLES = ("playlist_tracks", "track_artists", "track_releases", "track_labels", "track_tags", "edges")
ALONE = ("self", "track", "labels")  # tracks are all they need


@pytest.fixture(scope="module")
def lacking(tmp_path_factory) -> Path:
    """A workspace of sources, each of which lacks the table it is named after; `all` has tracks only."""
    workspace = tmp_path_factory.mktemp("lacking")
    playlists = [[first, first + 1, first + 2] for first in range(8)]
    for name in TABLES:
        write_source(workspace, name, playlists, only=set(schema.CATALOGUE) - {name})
    write_source(workspace, "all", playlists, only={"tracks"})
    return workspace


@pytest.mark.parametrize("engine_name", ["native", "duckdb"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_source_that_lacks_a_table_is_told_in_one_line(lacking, strategy, engine_name) -> None:
    rule, refused = registry.load("strategies", strategy), set()
    parameters = Parameters(**small_parameters(strategy).heeded(rule, strategy))
    for name in (*TABLES, "all") if engine_name == "native" else ("all",):
        try:
            rule.prepare(Inputs(lacking, name, engine_name, threads=1), parameters)
        except MissingError as error:
            assert "\n" not in str(error)
            assert "has no table" in str(error)
            refused.add(name)
    assert ("all" in refused) == (strategy not in ALONE)
