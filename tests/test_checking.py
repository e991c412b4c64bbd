import random
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairmine import checking, making, pairing, registry, store
from pairmine.errors import DamagedError
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.worlds import small_parameters, write_source


@pytest.fixture
def workspace(toy_workspace, tmp_path) -> Path:
    return Path(shutil.copytree(toy_workspace, tmp_path / "workspace"))


def build(workspace: Path, strategy: str) -> Path:
    return pairing.build_pairs(workspace, "toy", strategy, parameters=small_parameters(strategy), epochs=2).folder


def problems(workspace: Path, folder: Path | None = None) -> list[str]:
    return [problem for each in checking.check(workspace, folder).folders for problem in each.problems]


def rewrite(folder: Path, path: str, table: pa.Table) -> None:
    """Replace a file of a set and mend its manifest, as a faulty writer would have left it."""
    manifest = store.read_manifest(folder)
    entry = store.write_parquet(folder, path, table)
    files = [entry if each["path"] == path else store.FileEntry(**each) for each in manifest["files"]]
    rest = {key: value for key, value in manifest.items() if key not in ("files", "digest")}
    store.write_manifest(folder, rest, files)


def epoch_of(folder: Path) -> pa.Table:
    return pq.ParquetFile(folder / "epoch=0000" / "part-00000.parquet").read()


def replaced(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    values = table.column(column).to_pylist()
    values[row] = value
    place = table.schema.get_field_index(column)
    return table.set_column(place, table.schema.field(place), pa.array(values, table.schema.field(place).type))


def test_a_sound_workspace_has_no_problems(workspace) -> None:
    """One set of every kind; each strategy's own rules are in the contract."""
    of_kind = {registry.load("strategies", name).KIND: name for name in registry.names("strategies")}
    for strategy in of_kind.values():
        build(workspace, strategy)
    assert problems(workspace) == []


def test_a_set_or_source_goes_by_its_name(workspace) -> None:
    folder = build(workspace, "co")
    assert checking.check(workspace, Path("toy-co")) == checking.check(workspace, folder)
    assert checking.check(workspace, Path("toy")).folders[0].folder == workspace / "catalogue" / "toy"


def test_every_flipped_bit_is_found_and_its_file_named(workspace) -> None:
    folder = build(workspace, "co")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    generator = random.Random(0)
    for _ in range(200):
        path = generator.choice(files)
        data = bytearray(path.read_bytes())
        place = generator.randrange(len(data) * 8)
        data[place // 8] ^= 1 << place % 8
        sound = path.read_bytes()
        path.write_bytes(data)
        found = problems(workspace, folder)
        path.write_bytes(sound)
        assert any(str(path) in problem for problem in found), (path, place)


@pytest.mark.parametrize(
    ("strategy", "column", "value", "rule"),
    [
        ("co", "positive", lambda rows: rows["anchor"][0], "no_self_pair"),
        ("co", "anchor", lambda rows: rows["anchor"][1], "once_an_epoch"),
        ("co", "via", lambda rows: (rows["via"][0] + 1) % 400, "playlist_holds_both"),
        ("tco", "score", lambda rows: rows["score"][0] + 1, "in_top_k"),
        ("artist-co", "via", lambda rows: rows["via"][0] + 1, "artist_holds_both"),
        ("artist-co", "anchor", lambda rows: rows["anchor"][1], "artist_holds_both"),
        ("self", "positive", lambda rows: rows["anchor"][1], "only_self_pairs"),
        ("self", "anchor", lambda rows: 10**6, "known_tracks"),
    ],
)
def test_a_broken_rule_is_named(workspace, strategy, column, value, rule) -> None:
    folder = build(workspace, strategy)
    path = "epoch=0001/part-00000.parquet"
    table = pq.ParquetFile(folder / path).read()
    rewrite(folder, path, replaced(table, column, 0, value(table.to_pydict())))
    assert any(f": {rule}: " in problem for problem in problems(workspace, folder))


def test_a_file_missing_or_not_listed_is_named(workspace) -> None:
    folder = build(workspace, "co")
    shutil.copy(folder / "tracks.parquet", folder / "more.parquet")
    assert problems(workspace, folder) == [f"{folder}/more.parquet is not in the manifest"]
    (folder / "vias.parquet").unlink()
    assert problems(workspace, folder) == [f"{folder}/vias.parquet is missing"]


def test_sets_of_a_source_ingested_anew_say_so(workspace) -> None:
    folder = build(workspace, "co")
    write_source(workspace, "toy", [[0, 1]])
    [checked] = checking.check(workspace, folder).folders
    assert checked.problems == []
    assert "was ingested anew since" in checked.notes[0]
    assert "not checked: playlist_holds_both" in checked.notes
    assert "once_an_epoch" in checked.checks


def test_a_set_copied_alone_is_checked_as_far_as_it_goes(workspace, tmp_path) -> None:
    folder = Path(shutil.move(build(workspace, "tco"), tmp_path / "alone"))
    [checked] = checking.check(tmp_path / "nowhere", folder).folders
    assert checked.problems == []
    assert "not checked: in_top_k" in checked.notes
    assert "known_tracks" in checked.checks


def test_a_damaged_source_is_named_and_ends_no_other_check(workspace) -> None:
    build(workspace, "tco")
    part = workspace / "catalogue" / "toy" / "playlist_tracks" / "part-00000.parquet"
    part.write_bytes(part.read_bytes()[:100])
    source, pairs = checking.check(workspace).folders
    assert str(part) in source.problems[0]
    assert str(part) in pairs.notes[0]


def test_excluded_tracks_in_a_set_are_found(workspace, tmp_path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("t000001")
    folder = pairing.build_pairs(
        workspace,
        "toy",
        "self",
        parameters=Parameters(),
        epochs=1,
        restrictions=Restrictions(exclude=keys),
        out=tmp_path / "set",
    ).folder
    rewrite(folder, "epoch=0000/part-00000.parquet", replaced(epoch_of(folder), "anchor", 0, 1))
    assert any(": no_excluded: 1 violations" in problem for problem in problems(workspace, folder))


def test_a_set_with_other_names_than_its_source_is_found(workspace) -> None:
    folder = build(workspace, "co")
    rewrite(folder, "tracks.parquet", replaced(pq.read_table(folder / "tracks.parquet"), "key", 3, "other"))
    assert any(": tracks_as_in_source: 1 violations" in problem for problem in problems(workspace, folder))


def test_playlists_longer_than_allowed_are_found(workspace) -> None:
    folder = build(workspace, "co")
    manifest = store.read_manifest(folder)
    manifest["parameters"]["max_playlist_length"] = 5
    files = [store.FileEntry(**entry) for entry in manifest.pop("files")]
    store.write_manifest(folder, {key: value for key, value in manifest.items() if key != "digest"}, files)
    assert any(": playlist_short_enough: " in problem for problem in problems(workspace, folder))


def test_broken_references_of_a_source_are_found(workspace) -> None:
    folder = workspace / "catalogue" / "toy"
    path = "track_artists/part-00000.parquet"
    rewrite(folder, path, replaced(pq.ParquetFile(folder / path).read(), "artist_id", 0, 10**6))
    assert any("track_artists: artist_id in artists" in problem for problem in problems(workspace, folder))


def test_ids_out_of_key_order_are_found(workspace) -> None:
    folder = workspace / "catalogue" / "toy"
    path = "tracks/part-00000.parquet"
    rewrite(folder, path, replaced(pq.ParquetFile(folder / path).read(), "key", 0, "zzz"))
    assert any("ids dense in the order of keys" in problem for problem in problems(workspace, folder))


def test_a_damaged_request_of_an_unfinished_set_starts_anew(workspace) -> None:
    folder = workspace / "pairs" / "toy-co"
    partial = folder.with_name("toy-co.partial")
    partial.mkdir(parents=True)
    (partial / making.REQUEST).write_bytes(b"{}")
    (partial / "epoch=0000").mkdir()
    build(workspace, "co")
    assert problems(workspace, folder) == []


def test_a_damaged_manifest_is_an_error_of_its_own(workspace) -> None:
    (workspace / "catalogue" / "toy" / "manifest.json").write_bytes(np.random.default_rng(0).bytes(100))
    with pytest.raises(DamagedError):
        build(workspace, "co")
