"""What `describe` tells of feature stores and runs is what features and training did."""

import pytest

from pairmine.errors import DamagedError, MissingError
from pairmine.report.describe import describe
from tests.trainer import pair_worlds as worlds
from trainer.loop import train


def test_feature_stores_and_runs_are_described(tmp_path) -> None:
    with pytest.raises(MissingError, match="is empty"):
        describe(tmp_path)
    store = worlds.write_features(tmp_path, "musicnn", 24, 90, absent=(3,))
    pairs = worlds.write_pairs(tmp_path / "elsewhere", tracks=24)
    settings = ["steps=3", "batch=8", "log_every=1"]
    train(tmp_path, [str(pairs)], recipe="tiny", name="mine", settings=settings, device="cpu")
    with (tmp_path / "runs" / "mine" / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"kind": "st')
    told = describe(tmp_path)
    [features], [run] = told.as_dict()["features"], told.as_dict()["runs"]
    assert (features["name"], features["tracks"], features["front_end"]["bands"]) == ("musicnn", 23, 96)
    assert features["bytes"] == sum(path.stat().st_size for path in store.iterdir() if path.name != "manifest.json")
    assert (run["name"], run["recipe"], run["encoder"], run["step"]) == ("mine", "tiny", "tiny", 3)
    assert run["loss"] > 0 and "last.safetensors" in run["checkpoints"]
    assert "features musicnn: 23 tracks by musicnn" in str(told)
    assert "run mine: recipe tiny (no paper), encoder tiny, step 3," in str(told)
    (tmp_path / "runs" / "mine" / "recipe.toml").write_text("name = ")
    told = describe(tmp_path)
    assert [each["name"] for each in told.features] == ["musicnn"] and not told.runs
    with pytest.raises(DamagedError, match=r"recipe\.toml is damaged"):
        told.raise_problems()
