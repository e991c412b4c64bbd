"""The command line as a user meets it: help, exit codes, one line of message."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pairmine import __main__, failures, registry
from pairmine.errors import DamagedError, InputError, MissingError, ResourceError, UsageError

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data_samples" / "mpd"


def pairmine(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pairmine", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def commands() -> list[list[str]]:
    listed = pairmine("--help").stdout.split("Commands:")[1].split("\n\n")[0].splitlines()
    names = [line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "]
    return [[name] for name in names if name != "ingest"] + [["ingest", kind] for kind in registry.names("sources")]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_a_line_for_every_option(words) -> None:
    help_text = pairmine(*words, "--help").stdout
    assert f"pairmine {' '.join(words)}" in help_text.split("Options:")[0].split("\n", 1)[1]
    assert "Raises:" not in help_text and "..." not in help_text.partition("Commands:")[2]
    lines = [*help_text.split("Options:")[1].splitlines(), ""]
    alone = [i for i, line in enumerate(lines) if line.startswith("  -") and len(line.split()) < 3]
    assert [lines[i] for i in alone if not lines[i + 1].startswith(" " * 10)] == []


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("cli")
    assert pairmine("ingest", "mpd", SAMPLES, "--allow-rejects", "-w", workspace).returncode == 0
    return workspace


def test_rejects_exit_3_and_the_catalogue_is_committed(tmp_path) -> None:
    done = pairmine("ingest", "mpd", SAMPLES, "-w", tmp_path)
    assert done.returncode == 3
    assert "rejects" in done.stderr
    assert (tmp_path / "catalogue" / "mpd" / "manifest.json").exists()


def test_json_reports_are_one_object_on_stdout(workspace, tmp_path) -> None:
    report = json.loads(pairmine("ingest", "mpd", SAMPLES, "--allow-rejects", "--json", "-w", tmp_path).stdout)
    for record in report["records"].values():
        assert record["read"] == sum(count for name, count in record.items() if name != "read")
    words = ("build-pairs", "--source", "mpd", "--strategy", "self", "--epochs", 1, "--json", "-w", workspace)
    assert json.loads(pairmine(*words).stdout)["pairs"][0]["pairs"] == report["tables"]["tracks"]
    assert json.loads(pairmine("check", "--json", "-w", workspace).stdout)["problems"] == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["ingst"], 2, "Did you mean"),
        (["build-pairs", "--source", "mpd", "--strategy", "tcoo"], 2, "did you mean 'tco'"),
        (
            ["build-pairs", "--source", "mpd", "--strategy", "tco", "--score", "cosin"],
            2,
            "did you mean 'cosine'",
        ),
        (["build-pairs", "--source", "mpd", "--strategy", "co", "--epochs", "0"], 2, "--epochs 0"),
        (["build-pairs", "--source", "mpd", "--strategy", "co", "--exclude", "/nowhere"], 3, "/nowhere"),
        (["build-pairs", "--source", "discogs", "--strategy", "co"], 4, "pairmine ingest discogs"),
        (["check", "/nowhere"], 4, "/nowhere"),
        (["ingest", "mpd", "/nowhere"], 3, "/nowhere"),
        (["ingest", "mpd", SAMPLES, "--name", "a/b"], 2, "a/b"),
        (["ingest", "discogs"], 2, "For example: `pairmine ingest discogs ~/"),
        (["link", "mpd"], 2, "For example: `pairmine link mpd discogs`"),
        (["-w", "there", "stats", "mpd"], 2, "come after its name; PAIRMINE_WORKSPACE="),
        (["sql", "--name", "top-labels"], 4, "needs labels, track_labels, which 'mpd' has not"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_mistakes_get_one_line_and_their_exit_code(workspace, words, code, message) -> None:
    done = pairmine(*words, "-w", workspace)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_empty_folder_is_an_error_with_its_name(tmp_path) -> None:
    done = pairmine("ingest", "mpd", tmp_path, "-w", tmp_path / "workspace")
    assert done.returncode == 3
    assert str(tmp_path) in done.stderr


def test_input_without_any_playlist_leaves_the_old_source(workspace, tmp_path) -> None:
    (tmp_path / "no.json").write_text("this is no JSON")
    before = (workspace / "catalogue" / "mpd" / "manifest.json").read_bytes()
    done = pairmine("ingest", "mpd", tmp_path, "-w", workspace)
    assert done.returncode == 3
    assert (workspace / "catalogue" / "mpd" / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), ResourceError),
        (OSError(28, "No space left on device"), ResourceError),
        (PermissionError(13, "Permission denied", "x"), UsageError),
        (OSError(30, "Read-only file system", "x"), UsageError),
        (duckdb.IOException('Failed to create directory "w/tmp": Permission denied'), UsageError),
        (duckdb.IOException("No magic bytes found at end of file 'part-00000.parquet'"), DamagedError),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), MissingError),
        (ModuleNotFoundError("No module named 'scipy'", name="scipy.sparse"), MissingError),
        (ModuleNotFoundError("No module named 'pairmine.gone'", name="pairmine.gone"), ModuleNotFoundError),
        (ModuleNotFoundError("No module named 'torchaudio'", name="torchaudio"), MissingError),
        (RuntimeError("worker: Operation not permitted"), RuntimeError),
        (OSError(5, "Input/output error"), InputError),
        (ZeroDivisionError(), ZeroDivisionError),
    ],
)
def test_errors_of_the_system_are_translated(error, kind) -> None:
    assert type(failures.translate(error)) is kind


def test_an_error_of_the_system_is_told_without_its_number() -> None:
    error = failures.translate(FileNotFoundError(2, "No such file or directory", "/proc/nope"))
    assert str(error) == "No such file or directory: '/proc/nope': check the path"


@pytest.mark.parametrize(("words", "code"), [(["check"], 4), (["ingest", "mpd"], 3)])
def test_what_opens_a_file_tells_that_it_cannot_be_read(words, code, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("sys.argv", ["pairmine", *words, str(tmp_path)])
    with pytest.raises(SystemExit) as end:
        __main__.main()
    assert (end.value.code, "Invalid value" in capsys.readouterr().err) == (code, False)


def test_commands_are_listed_with_whole_sentences() -> None:
    for words in ([], ["ingest"]):
        listed = pairmine(*words, "--help").stdout.split("Commands:")[1]
        assert "..." not in listed and "e.g." not in listed


def test_tables_are_utf_8_whatever_the_locale(workspace) -> None:
    query = ["sql", "--csv", "select 'Dvo\u0159\u00e1k' as artist", "-w", str(workspace)]
    words, environment = [sys.executable, "-m", "pairmine", *query], os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(words, cwd=ROOT, capture_output=True, env=environment, check=True)
    assert done.stdout.decode() == "artist\nDvo\u0159\u00e1k\n"


def test_debug_shows_the_traceback() -> None:
    done = pairmine("check", "/nowhere", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
