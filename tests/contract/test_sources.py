"""One contract over every source: found by folder scan, read from its folder in data_samples."""

import json
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import cli
from pairmine import checking, registry, store
from pairmine.schema import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
KINDS = registry.names("sources")
WORDS = {"synth": ["--playlists", "300"]}  # of sources that read nothing
FILES = {"aotm": "aotm2011_playlists.json"}  # of sources that read one file
WRONG = {"synth": (["--playlists", "0"], 2)}


def words_of(kind: str, samples: Path = ROOT / "data_samples") -> list[str]:
    """Return what follows `ingest KIND` to read its sample."""
    return WORDS.get(kind, [str(samples / kind / FILES.get(kind, ""))])


def ingest(kind: str, workspace: Path, words: list[str]) -> Path:
    """Run the command; return the folder of the source."""
    cli.app(["ingest", kind, *words, "--allow-rejects", "-w", str(workspace)], standalone_mode=False)
    return workspace / "catalogue" / kind


def content(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): store.sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module", params=KINDS)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ingest(request.param, tmp_path_factory.mktemp(request.param), words_of(request.param))


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_says_what_it_is(kind: str) -> None:
    module = registry.load("sources", kind)
    assert module.__doc__ and kind == module.KIND
    assert module.ingest.__doc__.startswith(f"`pairmine ingest {kind}")


def test_check_finds_it_sound(source: Path) -> None:
    report = checking.check(source.parent.parent)
    report.raise_problems()
    assert [checked.folder for checked in report.folders] == [source]
    assert len(report.folders[0].checks) > 5 and not report.folders[0].notes


def test_tables_are_those_of_the_contract(source: Path) -> None:
    manifest = json.loads((source / "manifest.json").read_text())
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*.parquet")}
    assert manifest["kind"] == manifest["source"] == source.name
    assert manifest["unicode_version"] == unicodedata.unidata_version
    assert {entry["path"] for entry in manifest["files"]} == files.keys()
    for entry in manifest["files"]:
        table = CATALOGUE[Path(entry["path"]).parts[0]]
        assert pq.read_schema(files[entry["path"]]).equals(table.arrow), entry["path"]
        assert pq.read_metadata(files[entry["path"]]).num_rows == entry["rows"]
    tables = {path.name for path in source.iterdir() if path.is_dir()}
    assert {"tracks", "rejects"} <= tables
    assert pq.read_table(source / "tracks").num_rows > 0


def test_the_sums_reconcile(source: Path) -> None:
    records = json.loads((source / "manifest.json").read_text())["records"]
    assert records and any(each["taken"] for each in records)
    assert all(count >= 0 for each in records for count in (each["taken"], each["rejected"], *each["skipped"].values()))
    rejects = pq.read_table(source / "rejects")
    assert (rejects.num_rows > 0) == any(each["rejected"] for each in records)


def test_the_same_input_elsewhere_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    words = words_of(source.name)
    if source.name not in WORDS:
        moved = tmp_path / "elsewhere" / "samples"
        shutil.copytree(ROOT / "data_samples" / source.name, moved / source.name)
        words = words_of(source.name, moved)
    assert content(ingest(source.name, tmp_path, [*words, "--threads", "1"])) == content(source)


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_input_is_one_line_and_an_exit_code(kind: str, tmp_path: Path) -> None:
    words, code = WRONG.get(kind, (["/nowhere/at/all"], 3))
    command = [sys.executable, "-m", "pairmine", "ingest", kind, *words, "-w", str(tmp_path / "workspace")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("pairmine: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "workspace" / "catalogue" / kind).exists()
