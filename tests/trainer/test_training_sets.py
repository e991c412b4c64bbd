import json
import shutil
import tomllib
from pathlib import Path

import pytest
import tomli_w

from pairmine.errors import DamagedError, MissingError
from tests.trainer.pair_worlds import write_features, write_pairs
from trainer import checkpoint, embed, loop, setup, training_sets
from trainer.data import Streams


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train one step on a set outside the workspace; return the workspace."""
    workspace = tmp_path_factory.mktemp("w")
    write_features(workspace, "musicnn", frames=80)
    pairs = write_pairs(workspace / "elsewhere" / "set")
    loop.train(workspace, [str(pairs)], recipe="tiny", settings=["steps=1", "batch=8"], name="run", device="cpu")
    return workspace


@pytest.fixture
def workspace(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "w")
    reads = tmp_path / "w" / "runs" / "run" / training_sets.READS
    reads.write_text(reads.read_text().replace(str(trained), str(tmp_path / "w")))
    return tmp_path / "w"


def _best(workspace: Path) -> Path:
    return workspace / "runs" / "run" / checkpoint.LAST


def test_a_run_remembers_where_its_pairs_lie(workspace: Path) -> None:
    found = training_sets.find(workspace, _best(workspace))
    assert found.folders == (workspace / "elsewhere" / "set",)
    assert found.lost == ()


def test_sets_moved_into_the_workspace_or_named_are_known_again(workspace: Path) -> None:
    (workspace / "pairs").mkdir()
    (workspace / "elsewhere" / "set").rename(workspace / "pairs" / "moved")
    assert training_sets.find(workspace, _best(workspace)).folders == (workspace / "pairs" / "moved",)
    (workspace / "pairs" / "moved").rename(workspace / "given")
    assert training_sets.find(workspace, _best(workspace), [workspace / "given"]).folders == (workspace / "given",)


def test_sets_to_train_on_go_by_folder_or_name_with_a_role_or_without(workspace: Path) -> None:
    elsewhere, named = workspace / "elsewhere" / "set", workspace / "pairs" / "set"
    shutil.copytree(elsewhere, named)
    assert setup.located(workspace, [f"a={elsewhere}", "b=set", "set"]) == [f"a={elsewhere}", f"b={named}", str(named)]
    seeded = str(shutil.copytree(elsewhere, workspace / "seed=1"))
    assert setup.located(workspace, [f"a={seeded}", seeded]) == [f"a={seeded}", seeded]
    with pytest.raises(MissingError, match=r"no pair set sets, .*did you mean 'set'"):
        loop.train(workspace, ["a=sets"], recipe="tiny", name="new")


def test_sets_that_are_gone_or_built_anew_are_told(workspace: Path) -> None:
    shutil.rmtree(workspace / "elsewhere")
    found = training_sets.find(workspace, _best(workspace))
    assert found.folders == ()
    assert "gone, or was built anew" in found.lost[0]
    write_pairs(workspace / "elsewhere" / "set", epochs=1)
    assert training_sets.find(workspace, _best(workspace)) == found


def test_a_warm_start_brings_its_sets_along(workspace: Path) -> None:
    first = _best(workspace)
    tensors, state = checkpoint.load(first)
    lines = state["recipe"].splitlines()
    state["recipe"] = "\n".join([f'start = "{first}"', *(line for line in lines if not line.startswith("start ="))])
    state["reads"] = {"co": "0" * 64}
    second = workspace / "runs" / "second" / checkpoint.LAST
    second.parent.mkdir()
    checkpoint.save(second, tensors, state)
    found = training_sets.find(workspace, second)
    assert found.folders == (workspace / "elsewhere" / "set",)
    assert len(found.lost) == 1
    first.unlink()
    assert [line for line in training_sets.find(workspace, second).lost if "started from" in line]


def test_weights_from_elsewhere_are_of_unknown_training(workspace: Path) -> None:
    tensors, state = checkpoint.load(_best(workspace))
    recipe = tomllib.loads(state["recipe"])
    recipe["encoder"]["options"]["weights"] = "/somewhere/vggish.safetensors"
    checkpoint.save(_best(workspace), tensors, state | {"recipe": tomli_w.dumps(recipe)})
    found = training_sets.find(workspace, _best(workspace))
    assert found.folders == (workspace / "elsewhere" / "set",)
    assert ["weights vggish.safetensors" in line for line in found.lost] == [True]


def test_a_damaged_list_is_said(workspace: Path) -> None:
    (workspace / "runs" / "run" / training_sets.READS).write_text("{")
    with pytest.raises(DamagedError, match=r"reads\.json"):
        training_sets.find(workspace, _best(workspace))
    with pytest.raises(MissingError):
        training_sets.find(workspace, workspace / "gone.safetensors")


def test_joined_roles_are_remembered_one_by_one(tmp_path: Path) -> None:
    class Set:
        def __init__(self, folder: str):
            self.folder = tmp_path / folder

    class Stream:
        sets = (Set("one"), Set("two"))

    training: Streams = {("g", "cf"): Stream()}  # type: ignore[dict-item]
    training_sets.remember(tmp_path, training, None, None)
    written = json.loads((tmp_path / training_sets.READS).read_text())
    assert written["pairs"] == {"g": str(tmp_path / "one"), "cf": str(tmp_path / "two")}
    assert list(training_sets._digests({"g+cf": "a" * 64 + "b" * 64, "features": "c" * 64})) == [
        ("g", "a" * 64), ("cf", "b" * 64),
    ]  # fmt: skip


def test_embeddings_lead_to_the_checkpoint_that_made_them(workspace: Path) -> None:
    made = embed.embed(workspace, "run", out=workspace / "mine.parquet", device="cpu").file
    known = training_sets.TrainingSets((workspace / "elsewhere" / "set",), ())
    assert training_sets.of_embeddings(workspace, made) == known
    (workspace / "alone").mkdir()
    beside = shutil.copy(made, workspace / "runs" / "run" / "embeddings.parquet")
    assert training_sets.of_embeddings(workspace / "alone", Path(beside)) == known
    assert "not known: name its pair sets" in training_sets.of_embeddings(workspace / "alone", made).lost[0]
    given = [workspace / "elsewhere" / "set"]
    assert training_sets.of_embeddings(workspace / "alone", made, given) == training_sets.TrainingSets((), ())


def test_other_peoples_embeddings_are_of_unknown_training(tmp_path: Path) -> None:
    for content in (b"", b"PAR1"):
        (tmp_path / "x.parquet").write_bytes(content)
        assert len(training_sets.of_embeddings(tmp_path, tmp_path / "x.parquet").lost) == 1
