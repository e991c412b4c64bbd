"""The loop: every recipe, the golden curve, resuming, ranks, faults, and that something is learnt."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from pairmine import __main__, store
from pairmine.errors import DamagedError, MissingError, UsageError
from tests.trainer import pair_worlds as worlds
from tests.trainer import two_ranks
from trainer import checkpoint, embed, loop, setup
from trainer import recipe as recipes
from trainer.loop import train
from trainer.ranks import Ranks

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = Path(__file__).parent / "golden_loss.json"
TINY = ["batch=16", "log_every=1"]
# where a smaller network, or less of it, has every step of the larger one
TINY_96 = ["encoder.name=tiny", "encoder.options={bands = 96, frames = 188}"]
TOY = {
    "vggish": TINY_96,
    "resnet50": TINY_96,
    "five-block": TINY_96,
    "five-block-multi": [*TINY_96, "tasks.0.loss=info-nce"],
    "resnet18": ["encoder.name=tiny", "encoder.options={bands = 64, frames = 300}"],
    "seven-block": ["encoder.name=tiny", "encoder.options={bands = 48, frames = 256, dim = 128}"],
    "mel-cpc": ["batch=2", "encoder.options={context = 1, steps = 1}", "steps=1"],
}
AS_WRITTEN = {"playlist-tco-resnet50", "scratch-vggish", "hybrid-resnet18", "crossmodal-cf-g", "b-line-cf-g"}
LESS = {"siamese-self-infonce-multi": ["batch=2", "views.frames=160", "steps=1"]}
KINDS = {"triplet": "triplets", "labels": "labels", "genre": "labels", "cf": "vectors"}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A workspace with features of every front end and pair sets of every kind."""
    workspace = tmp_path_factory.mktemp("world")
    for front_end, frames in {"musicnn": 150, "playlists": 260, "vggish": 310, "strategies": 500, "melon": 260}.items():
        worlds.write_features(workspace, front_end, 48, frames, absent=(3,))
    for kind in ("pairs", "triplets", "vectors", "labels"):
        worlds.write_pairs(workspace / "pairs" / kind, kind)
    worlds.write_pairs(workspace / "pairs" / "self", strategy="self")
    return workspace


def run(world: Path, out: Path, name: str = "tiny", kind: str = "pairs", **options):
    """Train in a workspace of its own, with the features and pairs of the world."""
    out.mkdir(exist_ok=True)
    if not (out / "features").exists():
        (out / "features").symlink_to(world / "features")
    recipe = recipes.load(name)
    chosen = {role: KINDS.get(role, kind) for role in recipe.roles}
    pairs = [f"{role}={world / 'pairs' / chosen[role]}" for role in recipe.roles]
    return train(out, pairs, recipe=name, **{"settings": TINY} | options)


def lines(folder: Path, kind: str) -> list[dict]:
    found = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [line for line in found if line["kind"] == kind]


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in lines(folder, "step")]


@pytest.mark.parametrize("name", [name for name in recipes.names() if name != "original-vggish"])
def test_every_recipe_trains(world, tmp_path, name) -> None:
    recipe = recipes.load(name)
    settings = ["steps=2", "accumulate=1", "log_every=1", "batch=4", "needs={}"] if recipe.tasks else []
    if name not in AS_WRITTEN:
        settings += LESS.get(name, TOY.get(recipe.encoder.name, []))
    kind = "vectors" if "w2v" in name else "self" if recipe.default_for == ["self"] else "pairs"
    trained = run(world, tmp_path, name, kind, settings=settings)
    assert (
        trained.steps
        == len(lines(trained.folder, "step"))
        == (0 if not recipe.tasks else 1 if "steps=1" in settings else 2)
    )
    assert all(np.isfinite(losses(trained.folder)))
    assert recipes.of_toml((trained.folder / "recipe.toml").read_text(), "").name == name


def test_the_loss_follows_the_golden_curve(world, tmp_path) -> None:
    trained = run(world, tmp_path, settings=[*TINY, "steps=50", "epochs=0"])
    golden = json.loads(GOLDEN.read_text())
    assert losses(trained.folder) == pytest.approx(golden, rel=5e-3)
    assert golden[-1] < 0.8 * golden[0]


def test_going_on_is_as_if_it_had_never_stopped(world, tmp_path) -> None:
    several = [*TINY, "views.augment=['noise']", "views.mix=[5, 2]", "accumulate=2", "batch=7", "schedule.name=plateau"]
    valid = [str(world / "pairs" / "self")]
    whole = run(world, tmp_path / "whole", settings=[*several, "steps=8"], valid=valid)
    for steps in (1, 3, 5, 8):
        parts = run(world, tmp_path / "parts", settings=[*several, f"steps={steps}"], valid=valid, resume=steps > 1)
    assert losses(whole.folder) == losses(parts.folder) and len(losses(whole.folder)) == 8
    for name in (checkpoint.LAST, checkpoint.BEST):
        a, b = load_file(whole.folder / name), load_file(parts.folder / name)
        assert a.keys() == b.keys()
        if name == checkpoint.LAST:
            assert all(torch.equal(a[tensor], b[tensor]) for tensor in a)


def test_what_was_set_and_read_stays_when_a_run_goes_on(world, tmp_path, capsys) -> None:
    settings = [*TINY, "steps=6", "epochs=9", "optimiser.lr=0.01", "seed=3"]
    valid = [str(world / "pairs" / "self")]
    whole = run(world, tmp_path / "whole", settings=settings, valid=valid)
    parts = run(world, tmp_path / "parts", settings=[*settings, "steps=2"], valid=valid)
    train(tmp_path / "parts", [], name="tiny", settings=["steps=6"], resume=True)
    assert losses(parts.folder) == losses(whole.folder) and len(losses(whole.folder)) == 6
    assert [line["valid/loss"] for line in lines(parts.folder, "epoch")][-1:] == [
        line["valid/loss"] for line in lines(whole.folder, "epoch")
    ][-1:]
    assert recipes.of_toml((parts.folder / "recipe.toml").read_text(), "") == recipes.load("tiny", settings)
    said = capsys.readouterr().err
    assert "goes on from step 2 with steps 2 → 6\n" in said and "epoch 2 (reads pair epoch 0): train/loss" in said
    assert loop._told({"track": 1, "self": 0}) == "1 of track, 0 of self"


def test_what_is_changed_when_a_run_goes_on_is_told_and_logged(world, tmp_path, capsys) -> None:
    run(world, tmp_path, settings=[*TINY, "steps=2", "optimiser.lr=0.01"])
    (tmp_path / "runs" / "tiny" / "metrics.jsonl").unlink()
    done = run(world, tmp_path, settings=["steps=3", "optimiser.lr=0.002"], resume=True)
    assert "goes on from step 2 with steps 2 → 3, optimiser.lr 0.01 → 0.002\n" in capsys.readouterr().err
    assert lines(done.folder, "start")[-1]["changed"] == {"steps": [2, 3], "optimiser.lr": [0.01, 0.002]}
    assert [line["lr"] for line in lines(done.folder, "step")] == [0.002]
    run(world, tmp_path, settings=TINY, resume=True)
    said = capsys.readouterr().err
    assert "goes on" not in said and "as it was begun, not as recipe tiny says: optimiser, steps\n" in said
    train(tmp_path, [], name="tiny", resume=True)
    assert "begun" not in capsys.readouterr().err


def test_a_run_killed_in_the_middle_of_an_epoch_goes_on_from_there(world, tmp_path) -> None:
    settings = [*TINY, "batch=2", "epochs=1", "save_minutes=0.0001"]
    whole = run(world, tmp_path / "whole", settings=settings)
    words = [word for setting in settings for word in ("--set", setting)]
    (tmp_path / "features").symlink_to(world / "features")
    kill = "import os, signal; from trainer.run import Run; save = Run.save\n"
    kill += "def killed(self, *given, **how): save(self, *given, **how); os.kill(os.getpid(), signal.SIGKILL)\n"
    kill += "Run.save = killed; import pairmine.__main__ as it; it.main()"
    command = ["train", "--pairs", str(world / "pairs" / "pairs"), "-w", str(tmp_path), "--recipe", "tiny", *words]
    done = subprocess.run(
        [sys.executable, "-c", kill, *command, "--device", "cpu"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    folder = tmp_path / "runs" / "tiny"
    assert done.returncode == -signal.SIGKILL, done.stderr
    position = checkpoint.load_state(folder / checkpoint.LAST)["position"]
    assert position["epoch"] == 0 and 0 < position["batch"] < len(losses(whole.folder))
    train(tmp_path, [], name="tiny", resume=True)
    assert losses(folder) == pytest.approx(losses(whole.folder), rel=1e-5)


def test_ctrl_c_saves_and_the_run_goes_on(world, tmp_path, monkeypatch) -> None:
    whole = run(world, tmp_path / "whole", settings=[*TINY, "epochs=3"])
    step = loop.Run.step

    def stopped_in_the_second_step(self):
        if self.position.step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(self)

    with monkeypatch.context() as patch:
        patch.setattr(loop.Run, "step", stopped_in_the_second_step)
        parts = run(world, tmp_path / "parts", settings=[*TINY, "epochs=3"])
    assert parts.interrupted and parts.steps == 2 and not whole.interrupted
    parts = run(world, tmp_path / "parts", settings=[*TINY, "epochs=3"], resume=True)
    assert losses(parts.folder) == losses(whole.folder)
    assert threading.active_count() < 5


def test_ctrl_c_ends_the_command_with_130_and_the_run_goes_on(world, tmp_path) -> None:
    (tmp_path / "features").symlink_to(world / "features")
    folder = tmp_path / "runs" / "tiny"
    command = [
        sys.executable,
        "-m",
        "pairmine",
        "train",
        "--pairs",
        str(world / "pairs" / "pairs"),
        "-w",
        str(tmp_path),
    ]
    command += ["--recipe", "tiny", "--device", "cpu"]
    settings = [word for setting in (*TINY, "epochs=0") for word in ("--set", setting)]
    options = {"cwd": ROOT, "text": True}
    endless = subprocess.Popen(
        [*command, *settings, "--set", "steps=1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )
    while not (folder / "metrics.jsonl").exists() or not losses(folder):
        assert endless.poll() is None, endless.stderr.read()
        time.sleep(0.05)
    endless.send_signal(signal.SIGINT)
    told, said = endless.communicate(timeout=60)
    assert (endless.returncode, "interrupted, go on with --resume" in told) == (130, True), said
    assert "Traceback" not in said and "the same command" not in said
    steps = len(losses(folder))
    assert checkpoint.load(folder / checkpoint.LAST)[1]["position"]["step"] == steps
    again = [*command, *settings, "--set", f"steps={steps + 2}", "--resume"]
    done = subprocess.run(again, capture_output=True, check=False, timeout=120, **options)
    assert done.returncode == 0, done.stderr
    (tmp_path / "whole").mkdir()
    whole = run(world, tmp_path / "whole", settings=[*TINY, "epochs=0", f"steps={steps + 2}"])
    assert losses(folder) == pytest.approx(losses(whole.folder), rel=1e-5) and len(losses(folder)) == steps + 2


def test_of_two_runs_of_one_name_one_trains(world, tmp_path) -> None:
    with store.claim(tmp_path / "runs" / "tiny"), pytest.raises(UsageError, match="another run is being trained"):
        run(world, tmp_path, settings=[*TINY, "steps=1"])
    assert run(world, tmp_path, settings=[*TINY, "steps=1"]).steps == 1


def test_where_the_first_rank_finds_it_held_all_refuse(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Ranks, "any", lambda *_: True)
    second = Ranks(1, 2, torch.device("cpu"))
    with pytest.raises(UsageError, match="another run is being trained"), loop._claimed(tmp_path, second):
        pytest.fail("the second rank goes on alone")


def test_a_set_whose_strategy_is_no_role_is_that_of_any_pairs(world) -> None:
    sets = [str(world / "pairs" / name) for name in ("self", "pairs")]
    job = setup.prepare(world, sets, recipe="laptop-with-self")
    assert {roles: [each.folder.name for each in stream.sets] for roles, stream in job.training.items()} == {
        ("pairs",): ["pairs"],
        ("self",): ["self"],
    }


def test_two_ranks_train_as_one(world, tmp_path) -> None:
    settings = [*TINY, "steps=4", "tasks.0.loss_options={negatives = 'global'}", "views.mix=[5, 2]"]
    one = run(world, tmp_path / "one", settings=settings)
    words = [word for setting in settings for word in ("--set", setting)]
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "features").symlink_to(world / "features")
    told = two_ranks.train(
        "--pairs", str(world / "pairs" / "pairs"), "--recipe", "tiny", "-w", str(tmp_path / "two"), *words
    )
    assert told.count("done; 4 steps") == 1
    two = tmp_path / "two" / "runs" / "tiny"
    assert lines(two, "start")[0]["ranks"] == 2
    assert losses(two) == pytest.approx(losses(one.folder), rel=1e-4) and "rows of one rank only" not in told
    a, b = load_file(one.folder / checkpoint.LAST), load_file(two / checkpoint.LAST)
    for name in (name for name in a if name.startswith("encoder.")):
        torch.testing.assert_close(a[name], b[name], rtol=1e-3, atol=1e-4)


def test_several_ranks_with_local_negatives_are_warned(world) -> None:
    pairs = [f"pairs={world / 'pairs' / 'pairs'}"]
    [line] = setup.prepare(world, pairs, recipe="tiny", settings=["batch=16"]).warnings(2)[:1]
    assert line.startswith("nt-xent compares rows of one rank only, 8 of 16")
    together = setup.prepare(world, pairs, recipe="tiny", settings=["tasks.0.loss_options.negatives=global"])
    assert not any("one rank" in line for line in (*together.warnings(2), *together.warnings(1)))


def test_gradients_in_small_pieces_are_those_of_the_whole_batch(world, tmp_path) -> None:
    whole = run(world, tmp_path / "whole", settings=[*TINY, "steps=3"])
    pieces = run(world, tmp_path / "pieces", settings=[*TINY, "steps=3", "cache_chunk=5"])
    assert losses(pieces.folder) == pytest.approx(losses(whole.folder), rel=1e-5)


def test_accumulated_batches_are_one_batch_where_rows_do_not_meet(world, tmp_path) -> None:
    settings = [
        "log_every=1",
        "steps=1",
        "encoder.name=tiny",
        "encoder.options={bands = 64, frames = 300}",
        "views.frames=40",
    ]
    one = run(world, tmp_path / "one", "cf-regression-resnet18", settings=[*settings, "batch=20"])
    two = run(world, tmp_path / "two", "cf-regression-resnet18", settings=[*settings, "batch=10", "accumulate=2"])
    a, b = (load_file(each.folder / checkpoint.LAST) for each in (one, two))
    names = [name for name in a if name.endswith("exp_avg")]
    # crops differ, as they are drawn batch by batch; the gradients of a mean over rows do not differ in size
    sizes = [float(torch.cat([t[name].ravel() for name in names]).norm()) for t in (a, b)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.2)


def test_the_mean_of_the_last_epochs_weights(world, tmp_path) -> None:
    settings = [*TINY, "epochs=4", "schedule.average_last=3", "schedule.average_lr=1e-3"]
    weights = []
    for epochs in (2, 3, 4):
        settings[2] = f"epochs={epochs}"
        trained = run(world, tmp_path / str(epochs), settings=[*settings[:3], "schedule.average_last=0"])
        weights.append(load_file(trained.folder / checkpoint.LAST)["encoder.output.weight"])
    averaged = run(world, tmp_path / "averaged", settings=settings)
    found = load_file(averaged.folder / checkpoint.AVERAGED)["encoder.output.weight"]
    torch.testing.assert_close(found, torch.stack(weights).mean(0))


def test_a_curriculum_goes_on_after_its_steps_or_when_the_loss_levels_off(world, tmp_path) -> None:
    small = ["encoder.name=tiny", "encoder.options={bands = 64, frames = 300}", "views.frames=40", *TINY]
    for phase, steps in (("phases.0.steps=4", 4), ("phases.0.gain=0.99", 3 * 2)):
        settings = [*small, "steps=12", "phases.0.patience=2", phase]
        trained = run(world, tmp_path / phase, "hybrid-resnet18", settings=settings)
        found = [line["step"] for line in lines(trained.folder, "reads") if "labels" in line["pair_epochs"]]
        assert found[0] == (steps if "steps" in phase else pytest.approx(steps, abs=3))


def test_it_learns_what_is_planted_and_hears_it_in_other_tracks(world, tmp_path) -> None:
    worlds.write_features(tmp_path, "musicnn", 192, 150)
    pairs = worlds.write_pairs(tmp_path / "pairs", tracks=144, epochs=4)
    untrained = ["tasks=[]", "epochs=0"]
    precisions = []
    for name, settings in (("trained", ["epochs=45", "optimiser.lr=3e-3", "batch=36"]), ("untrained", untrained)):
        train(tmp_path, [str(pairs)], recipe="tiny", settings=settings, name=name)
        vectors = embed.embed(tmp_path, name).file
        precisions.append(_precision(vectors, first=144))
    assert precisions[0] > 0.8 and precisions[0] > precisions[1] + 0.3


def _precision(file: Path, first: int) -> float:
    """Return how many tracks from `first` on have one of their group as the nearest of these by cosine."""
    table = pq.read_table(file).slice(first)
    groups = np.array([int(key[1:]) % worlds.GROUPS for key in table.column("key").to_pylist()])
    vectors = np.array(table.column("vector").to_pylist())
    vectors = vectors - vectors.mean(0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    return float((groups[likeness.argmax(1)] == groups).mean())


def test_metrics_tell_what_was_read_dropped_and_waited_for(world, tmp_path) -> None:
    trained = run(world, tmp_path, settings=[*TINY, "epochs=3"])
    start = lines(trained.folder, "start")[0]
    assert start["sets"]["pairs"] == {"tracks": 48, "without_features": 1, "too_short": 0, "pair_epochs": 2}
    read = lines(trained.folder, "reads")
    assert [line["pair_epochs"]["pairs"] for line in read] == [0, 1, 0]
    assert all(line["dropped_pairs"]["pairs"] > 0 for line in read)
    for line in lines(trained.folder, "step"):
        assert line["samples_per_s"] > 0 and 0 <= line["waiting"] <= 1


def test_no_number_stops_the_run_and_is_named(world, tmp_path) -> None:
    worlds.write_features(tmp_path, "musicnn", 48, 150)
    shard = tmp_path / "features" / "musicnn" / "shard-00000.npy"
    values = np.load(shard, mmap_mode="r+")
    values[5 * 152 : 5 * 152 + 300] = np.nan
    values.flush()
    pairs = [str(world / "pairs" / "pairs")]
    with pytest.raises(DamagedError, match=r"features of t00000\d in .*musicnn.* no numbers \(batch \d of epoch 0\)"):
        train(tmp_path, pairs, recipe="tiny", settings=["batch=16"])
    with pytest.raises(
        UsageError, match=r"no longer a number in batch \d of epoch \d \(t\d+, .*run the same command .*lr"
    ):
        run(world, tmp_path / "wild", settings=[*TINY, "optimiser.lr=1e30"])
    run(world, tmp_path / "tame", settings=[*TINY, "steps=1"])
    with pytest.raises(UsageError, match="go on from the last checkpoint with --resume and a lower rate"):
        run(world, tmp_path / "tame", settings=["steps=9", "optimiser.lr=1e30"], resume=True)


def test_what_does_not_fit_is_told_before_the_first_step(world, tmp_path) -> None:
    pairs = str(world / "pairs" / "pairs")
    musicnn = world / "features" / "musicnn"
    with pytest.raises(MissingError, match="run `pairmine features DIR --front-end musicnn`"):
        train(tmp_path, [pairs], recipe="tiny")
    with pytest.raises(UsageError, match=r"another front end .* its name is 'musicnn', not 'playlists'"):
        train(world, [pairs], features=musicnn)
    with pytest.raises(UsageError, match=r"triplet learns from triplets, .*pairs holds pairs"):
        train(world, [pairs], recipe="triplet-only-small-cnn")
    with pytest.raises(UsageError, match="did you mean 'artist'"):
        train(world, [f"artits={pairs}"], recipe="multitask", settings=["needs={}"])
    with pytest.raises(UsageError, match="add --pairs release=DIR"):
        train(world, [f"artist={pairs}", f"track={pairs}"], recipe="multitask", settings=["needs={}"])
    with pytest.raises(UsageError, match="given already"):
        train(world, [pairs, pairs], recipe="tiny")
    with pytest.raises(UsageError, match="has no end"):
        train(world, [pairs], recipe="tiny", settings=["epochs=0"])
    with pytest.raises(UsageError, match="name pair sets with --pairs"):
        train(world, [])
    with pytest.raises(MissingError, match="multitask needs a checkpoint of cola-artist"):
        train(world, [pairs], recipe="multitask")
    with pytest.raises(MissingError, match="no checkpoint to go on from"):
        train(world, [pairs], recipe="tiny", resume=True)
    with pytest.raises(UsageError, match="a step takes 9"):
        train(world, [pairs], recipe="tiny", settings=["accumulate=9"], name="nine")
    with pytest.raises(
        UsageError, match=r"nt-xent asks for|option of nt-xent 'temprature'.*did you mean 'temperature'"
    ):
        train(world, [pairs], recipe="tiny", settings=["tasks.0.loss_options.temprature=1"])
    with pytest.raises(UsageError, match="cola asks for bilinear_DD, which this recipe"):
        train(world, [pairs], recipe="tiny", loss="cola", settings=["steps=1"], name="cola")
    with pytest.raises(UsageError, match="no path"):
        train(world, [pairs], recipe="tiny", name="../out")


def test_a_run_is_neither_overwritten_nor_continued_by_another_recipe_or_other_pairs(world, tmp_path) -> None:
    run(world, tmp_path, settings=[*TINY, "epochs=1"])
    with pytest.raises(UsageError, match="go on with --resume, or name another"):
        run(world, tmp_path, settings=[*TINY, "epochs=1"])
    with pytest.raises(
        UsageError, match=r"begun with another batch, seed: on the way only steps, epochs, .* optimiser"
    ):
        run(world, tmp_path, settings=["batch=8", "seed=4"], resume=True)
    with pytest.raises(UsageError, match=r"--loss cola: .* was begun with nt-xent: leave it out"):
        run(world, tmp_path, loss="cola", resume=True)
    with pytest.raises(UsageError, match=r"--recipe multitask: .* was begun with tiny: leave it out"):
        train(tmp_path, [], recipe="multitask", name="tiny", resume=True)
    with pytest.raises(UsageError, match="trained on other data: pairs has changed"):
        run(world, tmp_path, kind="self", settings=TINY, resume=True)


def test_a_warm_start_takes_the_encoder_of_another_run(world, tmp_path) -> None:
    first = run(world, tmp_path / "first", settings=[*TINY, "epochs=1"])
    start = f"start={first.folder / checkpoint.LAST}"
    frozen = run(world, tmp_path / "second", settings=[*TINY, "epochs=1", start, "freeze=true", "seed=5"])
    a, b = (load_file(each.folder / checkpoint.LAST) for each in (first, frozen))
    assert all(torch.equal(a[name], b[name]) for name in a if name.startswith("encoder."))
    assert not torch.equal(a["tasks.0.projector.layers.0.weight"], b["tasks.0.projector.layers.0.weight"])
    with pytest.raises(UsageError, match=r"checkpoint of another network: .* is \(32,\), here \(8,\)"):
        run(world, tmp_path / "third", settings=[*TINY, start, "encoder.options.dim=8"])


def test_the_script_train_is_the_command_train(monkeypatch) -> None:
    called = []
    monkeypatch.setattr(__main__, "main", lambda: called.append(sys.argv[1:]))
    monkeypatch.setattr(sys, "argv", ["train", "--list"])
    __main__.train()
    assert called == [["train", "--list"]]
