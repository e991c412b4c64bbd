"""The one function behind every figure: what it checks first, whom it scores, what it writes."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import cli
from pairmine.errors import InputError, MissingError, UsageError
from tests.trainer import pair_worlds as worlds
from trainer.evaluations import Evaluation, genre, retrieval
from trainer.loop import train
from trainer.reporting import compare, results
from trainer.scoring import opening
from trainer.scoring.evaluate import Evaluated, evaluate
from trainer.scoring.request import Request

TRACKS, TESTED = 24, tuple(worlds.key(track) for track in range(12))
RUNS = {
    "run": ["views.frames=30", "steps=1", "batch=6"],
    "other": ["views.frames=30", "steps=0", "epochs=0", "tasks=[]"],
}
Vectors = dict[str, list[float]]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs over features of 24 tracks, of six groups that can be heard; one trained, on all of them."""
    workspace = tmp_path_factory.mktemp("evaluate")
    worlds.write_features(workspace, "musicnn", TRACKS, 58)
    pairs = worlds.write_pairs(workspace / "pairs" / "toy", tracks=TRACKS)
    for name, settings in RUNS.items():
        train(workspace, [str(pairs)], recipe="tiny", name=name, settings=settings)
    return workspace


def _labels(folder: Path, keys=TESTED, artists: bool = True) -> Evaluation:
    """Return retrieval by group, of tracks whose artists are named, and nobody's of the pair set."""
    header = ["key\tlabel", *(["artist"] * artists)]
    rows = [[key, str(int(key[1:]) % 6), *([f"somebody {key}"] * artists)] for key in keys]
    file = folder / "labels.tsv"
    file.write_text("\n".join(["\t".join(header), *("\t".join(row) for row in rows), ""]))
    return retrieval.prepare(file, label_column=["label"])


def _vectors(keys=TESTED) -> Vectors:
    rng = np.random.default_rng(0)
    return {key: (np.eye(6)[int(key[1:]) % 6] + rng.normal(size=6)).tolist() for key in keys}


def _file(file: Path, vectors: Vectors) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"key": list(vectors), "vector": list(vectors.values())}), file)
    return str(file)


def _names(found: Evaluated) -> list[str]:
    return [each.name for each in found.result.systems]


def test_given_systems_stand_before_baselines_and_chance_is_in_every_result(workspace: Path, tmp_path: Path) -> None:
    mine = _file(tmp_path / "mine.parquet", _vectors())
    evaluation = _labels(tmp_path)
    request = Request([mine], ["run"], out=tmp_path / "r.json")
    found = evaluate(workspace, "retrieval", evaluation, request)
    assert _names(found) == ["mine", "run", "MFCC", "random weights", "chance"]
    assert [each.baseline for each in found.result.systems] == [False, False, True, True, True]
    chance = found.result.systems[-1]
    assert [score.value for score in chance.scores] == [score.value for score in evaluation.chance()]
    assert found.result.systems[0].what.keys() == {"embeddings"}
    assert {"checkpoint", "features"} <= found.result.systems[1].what.keys()
    assert results.read(tmp_path / "r.json").as_dict() == found.result.as_dict()
    alone = evaluate(workspace, "retrieval", evaluation, Request([mine], out=tmp_path / "s.json", baselines=False))
    assert _names(alone) == ["mine", "chance"]


def test_figures_are_those_of_the_systems_by_themselves(workspace: Path, tmp_path: Path) -> None:
    files = [_file(tmp_path / f"{name}.parquet", _vectors()) for name in "ab"]
    evaluation = _labels(tmp_path)
    found = evaluate(workspace, "retrieval", evaluation, Request(files, out=tmp_path / "r.json"))
    one, two, _ = found.result.systems
    wanted = evaluation.scores(opening.find_systems(workspace, evaluation, Request(files[:1]))[0])
    assert [score.value for score in one.scores] == [score.value for score in two.scores]
    assert [score.value for score in one.scores] == [score.value for score in wanted]
    assert {each.value for each in found.result.differences if each.other == "b"} == {0.0}


def test_baselines_take_their_statistics_from_tracks_that_are_not_tested(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    real = opening.untrained.encoder
    monkeypatch.setattr(
        opening.untrained,
        "encoder",
        lambda model, features, rows: taken.append((features, rows)) or real(model, features, rows),
    )
    opening.find_systems(workspace, _labels(tmp_path), Request(checkpoints=["run"]))
    [(features, rows)] = taken
    keys = [features.keys[int(row)].as_py() for row in rows]
    assert keys == [worlds.key(track) for track in range(12, TRACKS)]


def test_encoders_of_one_form_share_the_baseline_of_random_weights(workspace: Path, tmp_path: Path) -> None:
    systems = opening.find_systems(workspace, _labels(tmp_path), Request(checkpoints=["run", "other"]))
    assert [each.name for each in systems] == ["run", "other", "MFCC", "random weights"]


def test_the_same_evaluation_gives_the_same_bytes(workspace: Path, tmp_path: Path, capsys) -> None:
    mine = _file(tmp_path / "mine.parquet", _vectors())
    for name in ("one.json", "two.json"):
        evaluate(workspace, "retrieval", _labels(tmp_path), Request([mine], ["run"], out=tmp_path / name))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert str(tmp_path) not in (tmp_path / "one.json").read_text()
    evaluate(workspace, "retrieval", _labels(tmp_path), Request([mine], ["run"], out=tmp_path / "one.json"))
    assert "replaced" not in capsys.readouterr().err
    evaluate(workspace, "retrieval", _labels(tmp_path), Request([mine], out=tmp_path / "one.json"))
    assert "one.json held a result of other content: replaced" in capsys.readouterr().err


def test_results_of_different_questions_lie_side_by_side(tmp_path: Path) -> None:
    """Runs a and b, each with its embeddings.parquet, alone and together, and on fewer labels: four files."""
    a, b = (_file(tmp_path / "runs" / name / "embeddings.parquet", _vectors()) for name in "ab")
    asked = [([a], TESTED), ([b], TESTED), ([a, b], TESTED), ([a], TESTED[:10])]
    places = []
    for files, keys in asked:
        found = evaluate(tmp_path, "retrieval", _labels(tmp_path, keys), Request(files))
        assert _names(found)[:-1] == [Path(file).parent.name for file in files]
        assert found.file.parent == tmp_path / results.FOLDER
        assert results.find(tmp_path, found.file.stem) == found.file
        places.append(found.file)
    assert len(set(places)) == 4 == len(list((tmp_path / results.FOLDER).iterdir()))
    assert "-a-b-" in places[2].name
    long = {f"{'long name ' * 9}{number}": _file(tmp_path / f"{number}.parquet", _vectors()) for number in range(9)}
    many = evaluate(
        tmp_path, "retrieval", _labels(tmp_path), Request([f"{name}={file}" for name, file in long.items()])
    )
    assert len(many.file.name) < 120
    assert len(compare.compare(tmp_path, [str(place) for place in places]).merged) == 2
    other = retrieval.prepare(tmp_path / "labels.tsv", label_column=["label"], k=3)
    assert evaluate(tmp_path, "retrieval", other, Request([a])).file not in places


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["x=", "x="], r"two systems are called 'x': give one another name \(--embeddings NAME=FILE"),
        (["", ""], "two systems are called 'mine'"),
        (["Chance="], "'Chance' is the name of a baseline"),
        (["MFCC="], "'MFCC' is the name of a baseline"),
        (["random weights="], "is the name of a baseline"),
        ([], "nothing to evaluate: name --embeddings FILE or --checkpoint RUN"),
    ],
)
def test_names_are_checked_before_anything_is_read(tmp_path: Path, names: list[str], message: str) -> None:
    files = [f"{name}{tmp_path / str(number) / 'mine.parquet'}" for number, name in enumerate(names)]  # none is there
    with pytest.raises(UsageError, match=message):
        evaluate(tmp_path, "retrieval", _labels(tmp_path), Request(files))


@pytest.mark.parametrize("option", ["out", "html", "write_exclude"])
def test_outputs_that_cannot_be_written_are_refused_first_and_leave_nothing(tmp_path: Path, option: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    gone, there = str(tmp_path / "gone.parquet"), {path.name for path in tmp_path.iterdir()} | {"labels.tsv"}
    flag = f"--{option.replace('_', '-')}"
    for place, message in (("folder", "is a folder: name a file in it"), ("file/deep", "cannot be made")):
        with pytest.raises(UsageError, match=f"{flag}.*{message}"):
            evaluate(tmp_path, "retrieval", _labels(tmp_path), Request([gone], **{option: tmp_path / place}))
    assert {path.name for path in tmp_path.iterdir()} == there
    assert list((tmp_path / "folder").iterdir()) == []
    assert (tmp_path / "file").read_text() == "mine"


def test_two_outputs_need_two_files(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--html .*r is also --out"):
        Request(["x"], out=tmp_path / "r", html=tmp_path / "." / "r").check(tmp_path)


def test_folders_of_outputs_are_made(tmp_path: Path) -> None:
    mine = _file(tmp_path / "mine.parquet", _vectors())
    places = {name: tmp_path / name / "deep" / "file" for name in ("out", "html")}
    evaluate(tmp_path, "retrieval", _labels(tmp_path), Request([mine], **places))
    assert all([path.name for path in place.parent.iterdir()] == ["file"] for place in places.values())
    assert "<svg" in places["html"].read_text()


def test_missing_vectors_are_refused_and_left_out_of_all_systems_where_that_is_allowed(tmp_path: Path) -> None:
    whole = _file(tmp_path / "whole.parquet", _vectors())
    part = _file(tmp_path / "part.parquet", _vectors(TESTED[:9]))
    evaluation = _labels(tmp_path)
    with pytest.raises(InputError, match=r"part has no vector of 3 of 12 tracks.*--allow-missing"):
        evaluate(tmp_path, "retrieval", evaluation, Request([whole, part]))
    assert list((tmp_path / results.FOLDER).iterdir()) == []
    found = evaluate(tmp_path, "retrieval", evaluation, Request([whole, part], allow_missing=True))
    assert found.result.missing == {"part": 3}
    assert found.result.tested == 9
    assert found.result.unlike_published == ["only 9 of 12 test tracks"]
    alone = evaluate(tmp_path, "retrieval", _labels(tmp_path, TESTED[:9]), Request([whole]))
    assert [score.value for score in alone.result.systems[0].scores] == [
        score.value for score in found.result.systems[0].scores
    ]
    text = str(found)
    assert "missing: 3 tracks without embedding in part" in text
    assert "only 9 of 12 test tracks" in text


def test_vectors_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    vectors = _vectors()
    vectors[TESTED[4]][2] = float("nan")
    with pytest.raises(InputError, match=f"that of {TESTED[4]} holds what is no number"):
        evaluate(tmp_path, "retrieval", _labels(tmp_path), Request([_file(tmp_path / "m.parquet", vectors)]))
    with pytest.raises(MissingError, match="gone"):
        evaluate(tmp_path, "retrieval", _labels(tmp_path), Request([str(tmp_path / "gone.parquet")]))


def test_what_trained_a_run_is_found_and_refused_by_strict(workspace: Path, tmp_path: Path) -> None:
    asked = {"checkpoints": ["run"], "baselines": False, "out": tmp_path / "r.json"}
    found = evaluate(workspace, "retrieval", _labels(tmp_path), Request(**asked))
    assert found.result.leakage["tracks"] == 12
    assert "12 of 12 tested tracks are in toy" in str(found)
    (tmp_path / "r.json").unlink()
    exclude = tmp_path / "keys.txt"
    with pytest.raises(UsageError, match="12 of 12 tested tracks were trained on"):
        evaluate(workspace, "retrieval", _labels(tmp_path), Request(**asked, strict=True, write_exclude=exclude))
    assert exclude.read_text().split() == list(TESTED)  # written all the same: it is what mends it
    assert not (tmp_path / "r.json").exists()


def test_strict_lets_clean_sets_pass_and_not_what_is_not_known(workspace: Path, tmp_path: Path) -> None:
    clean = [f"u{key}" for key in TESTED]
    mine = _file(tmp_path / "mine.parquet", {f"u{key}": vector for key, vector in _vectors().items()})
    asked = {"out": tmp_path / "r.json", "strict": True}
    evaluation = _labels_of(tmp_path, clean)
    with pytest.raises(UsageError, match="--strict: leakage not checked"):
        evaluate(workspace, "retrieval", evaluation, Request([mine], **asked))
    pairs = [Path("toy")]  # by its name in the workspace
    evaluate(workspace, "retrieval", evaluation, Request([mine], pairs=pairs, **asked))
    nameless = _labels_of(tmp_path, clean, artists=False)
    with pytest.raises(UsageError, match=r"--strict: artists not compared with toy.*column `artist`"):
        evaluate(workspace, "retrieval", nameless, Request([mine], pairs=pairs, **asked))


def _labels_of(folder: Path, keys: list[str], artists: bool = True) -> Evaluation:
    rows = [f"{key}\t{place % 6}" + f"\tsomebody {key}" * artists for place, key in enumerate(keys)]
    file = folder / "others.tsv"
    file.write_text("\n".join(["key\tlabel" + "\tartist" * artists, *rows, ""]))
    return retrieval.prepare(file, label_column=["label"])


GENRES = ("Hip-Hop", "Pop", "Folk", "Rock")


def _fma(folder: Path) -> Evaluation:
    """Return a part of FMA-small as published: tracks.csv with its three lines of header."""
    lines = [",set,set,track,track,artist,artist", ",split,subset,genre_top,title,id,name", "track_id,,,,,,"]
    splits = ("training", "validation", "test")
    lines += [f"{n},{splits[n % 3]},small,{GENRES[n // 3 % 4]},T{n},{n},Artist {n}" for n in range(48)]
    (folder / "tracks.csv").write_text("\n".join([*lines, ""]))
    return genre.prepare(folder, allow_other_counts=True)


def test_published_rows_stand_below_and_are_marked_where_only_a_part_was_scored(tmp_path: Path) -> None:
    evaluation = _fma(tmp_path)
    rng = np.random.default_rng(0)
    mine = _file(tmp_path / "mine.parquet", {key: rng.normal(size=4).tolist() for key in evaluation.keys})
    found = evaluate(tmp_path, "genre", evaluation, Request([mine], out=tmp_path / "r.json"))
    text = str(found)
    assert "† (not comparable)" in text
    assert "† published in strategies-2022" in text
    [counts] = [line for line in found.result.unlike_published if "counts other than published" in line]
    assert "test 16, not 800" in counts
    assert f"not comparable with the published rows: {counts}" in text
    told = found.as_dict()
    assert told["published"][0]["paper"] == "strategies-2022"
    assert "replicates" not in json.dumps(told)
    assert str(compare.compare(tmp_path, [str(tmp_path / "r.json")])) in text


def _run(*words: str) -> tuple[int, str]:
    """Run a command as `pairmine` does; return its exit code and what it printed on either stream."""
    try:
        done = CliRunner().invoke(cli.app, list(words), standalone_mode=False, catch_exceptions=False)
    except Exception as error:
        return cli._explain(error)
    return done.exit_code, done.output


def test_the_command_prints_tables_or_json_and_every_fault_has_its_exit_code(tmp_path: Path) -> None:
    _labels(tmp_path)
    mine = _file(tmp_path / "mine.parquet", _vectors())
    part = _file(tmp_path / "part.parquet", _vectors(TESTED[:9]))
    asked = ["evaluate", "retrieval", "--data", str(tmp_path / "labels.tsv"), "--label-column", "label"]
    asked += ["-w", str(tmp_path)]
    code, printed = _run(*asked, "--embeddings", mine)
    assert code == 0 and "mine − chance" in printed
    code, printed = _run(*asked, "--embeddings", mine, "--json")
    file = json.loads(printed)["file"]
    assert code == 0 and Path(file).is_file()
    code, printed = _run("compare", file, "-w", str(tmp_path), "--json")
    assert code == 0 and [each["name"] for each in json.loads(printed)["tables"][0]["systems"]] == ["mine", "chance"]
    assert _run(*asked)[0] == 2
    assert _run(*asked, "--embeddings", f"chance={mine}")[0] == 2
    assert _run(*asked, "--embeddings", mine, "--strict")[0] == 2
    assert _run(*asked, "--embeddings", mine, "--out", str(tmp_path))[0] == 2
    assert _run(*asked, "--embeddings", part)[0] == 3
    assert _run(*asked, "--embeddings", part, "--allow-missing")[0] == 0
    assert _run(*asked, "--embeddings", str(tmp_path / "gone.parquet"))[0] == 4
    assert not list(tmp_path.rglob("*.tmp"))
