"""Grids: every paper's commands, what they need, and that they run, go on, stop and are skipped as they should."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pairmine.errors import MissingError, UsageError
from tests.trainer.pair_worlds import key, write_features
from tests.trainer.reproduction.command_line import options_of
from trainer import recipe as recipes
from trainer.reproduction import grid as grids
from trainer.reproduction.made import State, option
from trainer.reproduction.reproduce import StepError, reproduce

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden_grids"
PAPERS = "colisten-2020", "crossmodal-2021", "discogs-2022", "playlists-2023", "strategies-2022"
# systems of a paper of which its tables show only some networks
NOT_IN_TABLES = {"cf-regression-mobilenet", "cf-regression-small-cnn"} | {
    f"hybrid-clusters-{network}" for network in ("mobilenet", "small-cnn")
}
TINY = """
title = "a test"
tables = ["none"]

[data.lists]
title = "a table of playlists"
find = ["*.csv"]
licence = "none"
get = "nowhere"
bytes = 1234567

[[steps]]
name = "ingest/lists"
command = "ingest playlists {data}/lists"
makes = "catalogue/playlists"

[[steps]]
name = "pairs/{strategy}"
command = "build-pairs --source playlists --strategy {strategy} --epochs 2"
makes = "pairs/playlists-{strategy}"
each = { strategy = ["self"] }

[[steps]]
name = "train/tiny"
command = "train --pairs {work}/pairs/playlists-self --recipe tiny --set batch=4 --set steps=2"
makes = "runs/tiny"
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, str]:
    """A folder with the grid, its data made, and all of it run once."""
    folder = tmp_path_factory.mktemp("grid")
    (folder / "tiny.toml").write_text(TINY)
    (folder / "data" / "lists").mkdir(parents=True)
    rows = [f"list {track % 4},{key(track)}\n" for track in range(16)]
    (folder / "data" / "lists" / "lists.csv").write_text("".join(["playlist,track\n", *rows]))
    write_features(folder / "work", "musicnn", tracks=16)
    reproduce(folder / "work", str(folder / "tiny.toml"), data=folder / "data")
    return folder, str(folder / "tiny.toml")


def plan(paper: str, **options):
    return reproduce(Path("work"), paper, data=Path("data"), dry_run=True, **options)


def commands(paper: str) -> list[str]:
    return [each.command for each in plan(paper).steps]


def test_every_paper_has_a_grid() -> None:
    assert tuple(grids.names()) == PAPERS


@pytest.mark.parametrize("paper", PAPERS)
def test_the_commands_are_the_golden_ones(paper) -> None:
    """To write them anew: python -m tests.trainer.reproduction.test_reproduce."""
    assert commands(paper) == (GOLDEN / f"{paper}.txt").read_text().splitlines()


@pytest.mark.parametrize("paper", PAPERS)
def test_a_grid_has_all_systems_of_its_paper_and_makes_each_thing_once(paper) -> None:
    found = grids.steps(grids.load(paper), Path("data"), Path("work"))
    trained = {option(step.words, "--recipe")[0] for step in found if step.words[0] == "train"}
    assert trained == {n for n in recipes.names() if recipes.load(n).paper == paper} - NOT_IN_TABLES
    assert len({step.name for step in found}) == len({step.makes for step in found}) == len(found)
    assert found[-1].words[0] == "compare" and len(found[-1].words) > 5
    read = {name for step in found for name in step.data}
    assert read == set(grids.load(paper).data), "all data told is read"


@pytest.mark.parametrize("paper", PAPERS)
def test_what_a_command_reads_of_the_workspace_is_made_before(paper) -> None:
    made: list[Path] = []
    for step in grids.steps(grids.load(paper), Path("data"), Path("work")):
        own = option(step.words, "--out") + option(step.words, "--name")
        for word in step.words:
            path = Path(word.rpartition("=")[2])
            if path.is_relative_to("work") and word not in own:
                assert any(path.is_relative_to(each) or each.is_relative_to(path) for each in made), step.name + word
        for run in option(step.words, "--checkpoint"):
            assert Path("work/runs") / run in made, f"{step.name} reads the run {run}"
        made.append(step.makes)


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("toy", [False, True])
def test_the_real_command_line_takes_every_command(paper, toy) -> None:
    wrong = []
    for step in grids.steps(grids.load(paper), Path("data"), Path("work"), toy=toy):
        try:
            options_of([*step.words, "--workspace", "work"])
        except Exception as error:
            wrong.append(f"{step.name}: {error}")
    assert wrong == []


def test_recipes_and_settings_of_every_train_are_known() -> None:
    for paper in PAPERS:
        for step in grids.steps(grids.load(paper), Path("data"), Path("work")):
            if step.words[0] == "train":
                recipe = recipes.load(option(step.words, "--recipe")[0], option(step.words, "--set"))
                recipe.check_needs()
                roles = [pair.partition("=")[0] for pair in option(step.words, "--pairs")]
                assert len(roles) == len(recipe.roles) and (len(roles) < 2 or set(roles) == set(recipe.roles))


def test_missing_data_is_told_before_anything_runs(tmp_path, capsys) -> None:
    with pytest.raises(MissingError, match=r"lacks mpd, music, mtg-jamendo, .*dim-sim, vggish: ") as caught:
        reproduce(tmp_path / "work", "playlists-2023", data=tmp_path / "data")
    assert "\n" not in str(caught.value) and not (tmp_path / "work").exists()
    told = capsys.readouterr().err
    assert "mpd.slice.*.json" in told and "spotify.com/license" in told and "spotify.com/dataset" in told
    (tmp_path / "data" / "mpd" / "data").mkdir(parents=True)
    (tmp_path / "data" / "mpd" / "data" / "mpd.slice.0-999.json").touch()
    report = reproduce(tmp_path / "work", "playlists-2023", data=tmp_path / "data", dry_run=True)
    assert "mpd" not in report.missing and "music" in report.missing
    only = reproduce(tmp_path / "work", "playlists-2023", data=tmp_path / "data", only=["ingest/mpd"], dry_run=True)
    assert only.missing == () and [each.step.name for each in only.steps] == ["ingest/mpd"]


def test_a_dry_run_tells_everything(world) -> None:
    folder, paper = world
    report = reproduce(folder / "elsewhere", paper, data=folder / "nothing", dry_run=True)
    assert report.missing == ("lists",) and not (folder / "elsewhere").exists()
    text = str(report)
    assert "lacks" in text and "1.23 MB" in text and "licence: none; get it: nowhere" in text
    assert "0 of 3 made" in text and "to do  train/tiny" in text
    told = json.loads(json.dumps(report.as_dict(), default=str))
    assert told["data"]["lists"]["there"] is False and [step["state"] for step in told["steps"]] == ["to do"] * 3
    sizes = [each for each in plan("playlists-2023").steps if each.step.name == "features/music"]
    assert sizes[0].step.bytes == pytest.approx(1_779_072 * (30 * 16000 // 188) * 96 * 2, rel=0.01)
    assert "872 GB" in str(plan("playlists-2023"))


def test_what_is_made_is_skipped_and_what_is_lost_is_made_again(world, capfd) -> None:
    folder, paper = world
    report = reproduce(folder / "work", paper, data=folder / "data")
    assert [each.state for each in report.steps] == [State.made] * 3 and report.missing == ()
    assert capfd.readouterr().err.count("made already") == 3
    shutil.rmtree(folder / "work" / "pairs" / "playlists-self")
    report = reproduce(folder / "work", paper, data=folder / "data", dry_run=True)
    assert [each.state for each in report.steps] == ["made", "to do", "made"]
    reproduce(folder / "work", paper, data=folder / "data")
    assert capfd.readouterr().err.count("\n$ pairmine") == 1


def test_what_was_made_of_other_data_or_by_another_recipe_does_not_pass(world) -> None:
    folder, paper = world
    with pytest.raises(UsageError, match=r"was filled from .*data: name another --workspace"):
        reproduce(folder / "work", paper, data=folder / "other", dry_run=True)
    with pytest.raises(UsageError, match="was filled from"):
        reproduce(folder / "work", paper, data=folder / "data", toy=True, dry_run=True)
    with pytest.raises(UsageError, match="runs/tiny was trained with another optimiser"):
        reproduce(folder / "work", paper, data=folder / "data", settings=["optimiser.lr=0.5"], dry_run=True)
    shutil.move(folder / "data", folder / "away")
    try:
        assert reproduce(folder / "work", paper, data=folder / "data", dry_run=True).missing == ("lists",)
    finally:
        shutil.move(folder / "away", folder / "data")


def test_a_step_that_fails_stops_all_with_its_own_exit_code(world) -> None:
    folder, paper = world
    with pytest.raises(StepError, match=r"pairs/self ended with exit code 4: .* `pairmine build-pairs ") as caught:
        reproduce(folder / "failing", paper, data=folder / "data", only=["pairs", "train"])
    assert caught.value.exit_code == 4 and "\n" not in str(caught.value)


def test_ctrl_c_stops_the_command_and_then_all(world) -> None:
    folder, paper = world
    arguments = {"data": str(folder / "data"), "settings": ["steps=1000000", "log_every=1"], "only": ["train"]}
    code = (
        "import sys; from pathlib import Path; from trainer.reproduction.reproduce import reproduce\n"
        f"given = {arguments}\n"
        "try: reproduce(Path(sys.argv[1]), sys.argv[2], **given | {'data': Path(given['data'])})\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    metrics = folder / "work" / "runs" / "tiny" / "metrics.jsonl"
    lines = len(metrics.read_text().splitlines())
    command = [sys.executable, "-c", code, str(folder / "work"), paper]
    running = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True)
    while len(metrics.read_text().splitlines()) < lines + 8:
        assert running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 130 and "interrupted, go on with --resume" in told
    for steps, state in (("steps=1000000", State.begun), ("steps=3", State.made)):
        report = reproduce(folder / "work", paper, data=folder / "data", settings=[steps], dry_run=True)
        assert report.steps[-1].state is state
        assert report.steps[-1].command.count(" --resume ") == (state is State.begun)


def test_a_table_older_than_its_results_is_made_again(tmp_path) -> None:
    grid = tmp_path / "old.toml"
    compare = 'name = "compare"\ncommand = "compare {results} --out {work}/table.md"\nmakes = "table.md"'
    evaluate = 'name = "evaluate"\ncommand = "evaluate x --out {work}/results/a.json"\nmakes = "results/a.json"'
    grid.write_text(f'title = ""\ntables = []\n[[steps]]\n{evaluate}\n[[steps]]\n{compare}\n')
    (tmp_path / "results").mkdir()
    for number, name in enumerate(("results/a.json", "table.md")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (number, number))
    assert [each.state for each in reproduce(tmp_path, str(grid), dry_run=True).steps] == ["made", "made"]
    os.utime(tmp_path / "results/a.json", (2, 2))
    assert [each.state for each in reproduce(tmp_path, str(grid), dry_run=True).steps] == ["made", "to do"]


def test_commands_survive_blanks_in_folders() -> None:
    report = reproduce(Path("my work"), "strategies-2022", data=Path("my data"), dry_run=True)
    words = [shlex.split(each.command) for each in report.steps]
    assert words[0][3] == "my data/msd/audio" and words[0][-1] == "my work"


def test_what_is_wrong_is_told_in_one_line(tmp_path) -> None:
    with pytest.raises(UsageError, match="did you mean 'playlists-2023'"):
        plan("playlist-2023")
    with pytest.raises(UsageError, match="no step of discogs-2022 begins with trian: they begin with ingest, link, "):
        plan("discogs-2022", only=["trian"])
    for text, message in (
        ("title = 3\n", "title is 3"),
        ('title = ""\ntables = []\nstep = []\n', "did you mean 'steps'"),
        ('title = ""\ntables = []\nsteps = [{name = "a", command = "x {data}/b"}]\n', "makes is missing"),
        ('title = ""\ntables = []\nsteps = [{name = "a", command = "x {data}/b", makes = "c"}]\n', "no data .* 'b'"),
        ("title", "no TOML"),
    ):
        (tmp_path / "wrong.toml").write_text(text)
        with pytest.raises(UsageError, match=message):
            plan(str(tmp_path / "wrong.toml"))


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in PAPERS:
        (GOLDEN / f"{each}.txt").write_text("".join(f"{command}\n" for command in commands(each)))
