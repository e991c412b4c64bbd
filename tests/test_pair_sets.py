"""Pair sets by folder or name, and the command that builds one again."""

import shlex
from pathlib import Path

import pytest

import cli
from pairmine import pair_sets, pairing, splits, store
from pairmine.errors import MissingError
from pairmine.strategies._finish import Finishing
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from tests.conftest import random_playlists
from tests.worlds import write_source


def test_a_folder_comes_first_then_the_set_of_that_name(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "pairs" / "a b").mkdir(parents=True)
    store.write_manifest(tmp_path / "pairs" / "a b", {}, [])
    monkeypatch.chdir(tmp_path)
    assert pair_sets.find(tmp_path, "a b") == tmp_path / "pairs" / "a b"
    (tmp_path / "a b").mkdir()
    assert pair_sets.find(tmp_path, "a b") == tmp_path / "pairs" / "a b", "a folder that is no set is not meant"
    store.write_manifest(tmp_path / "a b", {}, [])
    assert pair_sets.find(tmp_path, "a b") == Path("a b")
    with pytest.raises(MissingError, match=r"no pair set a c, .*\(a b\): did you mean 'a b'"):
        pair_sets.find(tmp_path, "a c")


def test_the_command_builds_the_same_set(tmp_path: Path) -> None:
    write_source(tmp_path, "toy", random_playlists(40, 60, seed=3))
    splits.split(tmp_path, "toy", "track", "0.8,0.1,0.1", 0, "genre")
    built = pairing.build_pairs(
        tmp_path,
        "toy",
        "tco",
        parameters=Parameters(seed=5, top_k=3, score="lift"),
        epochs=2,
        restrictions=Restrictions(split="train"),
        finishing=Finishing("1-9", 4, "artist,release"),
        out=tmp_path / "a set",
    )
    words = shlex.split(pair_sets.command(built.manifest, built.folder, tmp_path))
    store.remove(built.folder)
    cli.app(words[1:], standalone_mode=False)
    assert store.read_manifest(built.folder)["digest"] == built.manifest["digest"]


def test_the_command_replaces_no_other_set_and_keys_are_to_be_named(tmp_path: Path, monkeypatch) -> None:
    manifest = {"source": "toy", "strategy": "co", "epochs": 1, "parameters": {"seed": 0}, "keys": "5e"}
    places = tmp_path / "w" / "pairs" / "toy-co", tmp_path / "elsewhere" / "pairs" / "toy-co"

    def told(folder: Path, workspace: Path | None) -> str:
        start, _, where = pair_sets.command(manifest, folder, workspace).partition(" --keys FILE")
        assert start == "pairmine build-pairs --source toy --strategy co --epochs 1"
        return where

    monkeypatch.delenv("PAIRMINE_WORKSPACE", raising=False)
    of_w = f" --workspace {tmp_path / 'w'}"
    assert told(places[0], tmp_path / "w") == f"{of_w} --force"
    assert told(places[1], tmp_path / "w") == f"{of_w} --out {places[1]} --force"
    assert told(places[0], None) == f" --out {places[0]} --force"
    monkeypatch.setenv("PAIRMINE_WORKSPACE", str(tmp_path / "w"))
    assert told(places[0], tmp_path / "w") == " --force"
    monkeypatch.delenv("PAIRMINE_WORKSPACE")
    monkeypatch.chdir(tmp_path)
    assert told(Path("workspace/pairs/toy-co"), tmp_path / "workspace") == " --force"
