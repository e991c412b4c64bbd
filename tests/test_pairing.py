import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pairmine import catalogue, engine, pairing, store
from pairmine.errors import DamagedError, InputError, MissingError, UsageError
from pairmine.linking import link
from pairmine.strategies._finish import Finishing
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.kernels import oracles
from tests.worlds import table, write_source


def build(workspace: Path, strategy: str, **options) -> pairing.Built:
    return pairing.build_pairs(workspace, "toy", strategy, **({"parameters": Parameters()} | options))


def test_an_option_the_strategy_does_not_heed_is_refused(toy_workspace) -> None:
    with pytest.raises(UsageError, match="--top-k means nothing to strategy co"):
        build(toy_workspace, "co", parameters=Parameters(top_k=5))


def test_a_misspelt_strategy_is_suggested(toy_workspace) -> None:
    with pytest.raises(UsageError, match="did you mean 'artist-co'"):
        build(toy_workspace, "artistco")


def test_a_source_without_a_table_is_named(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    folder = tmp_path / "catalogue" / "toy"
    for part in (folder / "track_artists").iterdir():
        part.unlink()
    (folder / "track_artists").rmdir()
    manifest = store.read_manifest(folder)
    files = [store.FileEntry(**entry) for entry in manifest["files"] if not entry["path"].startswith("track_artists")]
    store.write_manifest(folder, {k: v for k, v in manifest.items() if k not in ("files", "digest")}, files)
    with pytest.raises(MissingError, match="no table track_artists"):
        build(tmp_path, "artist-co")


def test_nothing_to_pair_writes_nothing(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0], [1]])
    with pytest.raises(InputError, match="gives no pairs by co: no two of its tracks fit"):
        build(tmp_path, "co")
    catalogue.add(tmp_path, "toy", "track_labels", table("track_labels", []), {})
    with pytest.raises(InputError, match="gives no pairs by label: its table track_labels is empty"):
        build(tmp_path, "label")
    assert list((tmp_path / "pairs").iterdir()) == []


def test_negatives_of_ranks_that_nobody_has_are_the_reason(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2, 3]])
    with pytest.raises(InputError, match="2 pairs whose anchor has no partner of ranks 100-200"):
        build(tmp_path, "co", epochs=1, finishing=Finishing("100-200"))


def test_what_is_left_out_is_told_and_one_is_one(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1], [2, 3, 4, 5]])
    few = build(tmp_path, "co", epochs=1, finishing=Finishing("1-2"))
    assert "2 pairs in 1 epoch, " in str(few) and " KB, written" in str(few)
    assert str(few).endswith("\nleft out: 1 pair whose anchor has no partner of ranks 1-2")
    one = build(tmp_path, "co", epochs=1, out=tmp_path / "one", finishing=Finishing(batch=2, exclusive="label"))
    assert "1 pair in 1 epoch, " in str(one)
    assert str(one).endswith("left out: 2 pairs with label in common with every batch that had a place")
    assert "left out" not in str(build(tmp_path, "tco", epochs=1))


def test_a_source_ingested_anew_tells_what_is_no_longer_right(tmp_path, capsys) -> None:
    for name in ("toy", "other"):
        write_source(tmp_path, name, [[0, 1], [2, 3]])
    build(tmp_path, "co", epochs=1)
    links = ("other", "toy")
    stated = [store.read_manifest(tmp_path / "catalogue" / name)["fingerprint"] for name in links]
    (tmp_path / "links" / "other-toy").mkdir(parents=True)
    manifest = {"left": "other", "right": "toy", "source_fingerprints": stated}
    store.write_manifest(tmp_path / "links" / "other-toy", manifest, [])
    write_source(tmp_path, "toy", [[0, 1], [2, 3]])
    assert "ingested anew" not in capsys.readouterr().err
    write_source(tmp_path, "toy", [[0, 1, 2], [3, 4]])
    assert "ids differ: toy-co, other-toy: " in capsys.readouterr().err
    write_source(tmp_path, "third", [[0, 1]])
    assert "ids differ" not in capsys.readouterr().err


def test_views_in_the_making_do_not_stay(tmp_path, monkeypatch) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    killed, running = (tmp_path / f"{engine.CATALOGUE_DATABASE}.{number}.tmp" for number in (1, 2))
    killed.touch()
    running.touch()
    os.utime(killed, (0, 0))

    def interrupted(*arguments) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_create_schemas", interrupted)
    with pytest.raises(KeyboardInterrupt):
        engine.refresh(tmp_path)
    assert list(tmp_path.glob("*.tmp*")) == [running]


def test_tracks_are_linked_to_no_source_that_is_not_there(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    with pytest.raises(MissingError, match="no source 'nope'"):
        build(tmp_path, "co", restrictions=Restrictions(on="nope"))


def test_a_newer_schema_is_refused(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    folder = tmp_path / "catalogue" / "toy"
    manifest = {**store.read_manifest(folder), "schema_version": 99}
    manifest.pop("digest")
    manifest["digest"] = store.digest(manifest)
    store.write_bytes(folder / "manifest.json", store.json.dumps(manifest).encode())
    with pytest.raises(DamagedError, match="schema version 99"):
        build(tmp_path, "co")


def test_force_replaces_a_set_whole(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2, 3]] * 3)
    build(tmp_path, "co", epochs=3)
    folder = build(tmp_path, "co", epochs=1, force=True).folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "epoch=0000",
        "manifest.json",
        "tracks.parquet",
        "vias.parquet",
    ]
    assert not list(folder.parent.glob("*.partial"))


def test_force_replaces_nothing_but_a_set(toy_workspace, tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="is no pair set"):
        build(toy_workspace, "co", out=tmp_path, force=True)
    assert (tmp_path / "thesis.txt").exists()


def test_scraps_of_an_interrupted_write_do_not_stop_the_next_run(toy_workspace, tmp_path) -> None:
    out = tmp_path / "set"
    whole = build(toy_workspace, "co", epochs=2, out=tmp_path / "whole")
    partial = out.with_name("set.partial")
    partial.mkdir()
    wanted = {k: v for k, v in whole.manifest.items() if k not in ("schema_version", "pairs", "files", "digest")}
    store.write_bytes(partial / "request.json", (json.dumps(wanted, indent=1, sort_keys=True) + "\n").encode())
    (partial / "tracks.parquet.tmp").write_bytes(b"PAR1")
    (partial / "epoch=0000.tmp").mkdir()
    shutil.copytree(whole.folder / "epoch=0001", partial / "epoch=0001")  # without its record: not to be trusted
    built = build(toy_workspace, "co", epochs=2, out=out)
    assert built.manifest == whole.manifest
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in whole.folder.iterdir())


def test_a_source_ingested_anew_meanwhile_gives_no_set(tmp_path, monkeypatch) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2, 3]])
    write_epochs = pairing._write_epochs

    def swap(*arguments) -> None:
        write_epochs(*arguments)
        write_source(tmp_path, "toy", [[0, 1, 2, 3, 4, 5]])

    monkeypatch.setattr(pairing, "_write_epochs", swap)
    with pytest.raises(MissingError, match="ingested anew meanwhile"):
        build(tmp_path, "co", epochs=1)
    assert not (tmp_path / "pairs" / "toy-co").exists()


def test_a_workspace_whose_name_looks_like_a_pattern_or_partition_is_no_trouble(tmp_path) -> None:
    workspace = tmp_path / "key=3" / "track_id=5" / "a[1]*"
    write_source(workspace, "toy", [[0, 1, 2, 3]])
    folder = build(workspace, "co", epochs=1).folder
    assert pq.read_table(folder / "tracks.parquet").column("key").to_pylist() == [f"t{t:06d}" for t in range(4)]
    with engine.reader(workspace) as connection:
        assert connection.execute('select count(*) from "toy-co".pairs').fetchall() == [(2,)]


def test_one_damaged_set_does_not_spoil_the_workspace(tmp_path, capsys) -> None:
    write_source(tmp_path, "toy", [[0, 1, 2, 3]])
    (build(tmp_path, "self").folder / "manifest.json").write_text("{")
    assert build(tmp_path, "co", epochs=1).new
    assert "toy-self" in capsys.readouterr().err


def test_a_name_is_of_one_source_pair_set_or_folder_of_links(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1], [2, 3]])
    with pytest.raises(UsageError, match="'Toy' is taken by catalogue/toy: choose another --name"):
        write_source(tmp_path, "Toy", [[0, 1]])
    build(tmp_path, "co", epochs=1)
    with pytest.raises(UsageError, match="'toy-co' is taken by pairs/toy-co: choose another --name"):
        write_source(tmp_path, "toy-co", [[0, 1]])
    write_source(tmp_path, "toy-tco", [[0, 1]])
    with pytest.raises(UsageError, match="'toy-tco' is taken by catalogue/toy-tco: choose another --out"):
        build(tmp_path, "tco", epochs=1)
    build(tmp_path, "tco", epochs=1, out=tmp_path / "toy-tco")
    write_source(tmp_path, "co", [[0, 1]])
    with pytest.raises(UsageError, match="'toy-co' is taken by pairs/toy-co: ingest one source under another --name"):
        link(tmp_path, "toy", "co")


@pytest.mark.parametrize(("name", "reason"), [("main", "reserved"), ("a/b", "use letters, digits, - and _")])
def test_a_name_that_cannot_be_tells_why(tmp_path, name, reason) -> None:
    with pytest.raises(UsageError, match=reason):
        write_source(tmp_path, name, [[0, 1]])


@pytest.mark.parametrize(
    ("source", "mend"),
    [
        ("tyo", "did you mean 'toy'?"),
        ("mpd", "run `pairmine ingest mpd PATH` first"),
        ("other", "run `pairmine ingest KIND PATH --name other` first"),
    ],
)
def test_an_unknown_source_tells_how_to_come_by_it(tmp_path, source, mend) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    with pytest.raises(MissingError) as error:
        pairing.build_pairs(tmp_path, source, "co", parameters=Parameters())
    assert str(error.value).endswith(mend)


@pytest.mark.parametrize("epochs", [0, 10_000])
def test_epochs_have_four_digits(tmp_path, epochs) -> None:
    write_source(tmp_path, "toy", [[0, 1]])
    with pytest.raises(UsageError, match="from 1 to 9999"):
        build(tmp_path, "co", epochs=epochs)


def test_max_playlist_length_counts_distinct_kept_tracks(tmp_path) -> None:
    write_source(tmp_path, "toy", [[0, 1, 0, 1], [2, 3, 4]])
    pairs = build(tmp_path, "co", epochs=1, parameters=Parameters(max_playlist_length=2))
    rows = pq.read_table(pairs.folder / "epoch=0000" / "part-00000.parquet")
    assert {rows.column("anchor")[0].as_py(), rows.column("positive")[0].as_py()} == {0, 1}
    assert rows.num_rows == 1


def test_tco_scores_are_the_counts_of_the_catalogue(toy_workspace, tmp_path) -> None:
    folder = build(toy_workspace, "tco", epochs=1, out=tmp_path / "set").folder
    rows = pq.read_table(folder / "epoch=0000" / "part-00000.parquet")
    inputs = Inputs(toy_workspace, "toy")
    places = inputs.table("select playlist_id, track_id from playlist_tracks order by all").to_pylist()
    lists: dict[int, list[int]] = {}
    for place in places:
        lists.setdefault(place["playlist_id"], []).append(place["track_id"])
    counts = {}
    for track, partners in enumerate(oracles.top_k(list(lists.values()), inputs.tracks, 10**6, 0, "count", "rarer", 1)):
        counts[track] = dict(partners)
    for row in rows.to_pylist():
        assert row["score"] == counts[row["anchor"]][row["positive"]]
