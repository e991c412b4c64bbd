"""TensorBoard is told what metrics.jsonl is told, once, also by a resumed run; without TensorBoard all goes on."""

import json
import sys
from pathlib import Path

import pytest

from tests.trainer import pair_worlds as worlds
from trainer.loop import train


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("board")
    worlds.write_features(workspace, "musicnn", 24, 90)
    worlds.write_pairs(workspace / "set", tracks=24)
    return workspace


def run(world: Path, name: str, *settings: str, **options) -> Path:
    settings = ["batch=6", "log_every=1", *settings]
    trained = train(world, [str(world / "set")], recipe="tiny", name=name, settings=settings, device="cpu", **options)
    return trained.folder


def metrics(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Return the curve of every number."""
    found: dict[str, list[tuple[int, float]]] = {}
    for line in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()):
        for name, value in line.items():
            if isinstance(value, (int, float)) and name not in ("kind", "step"):
                found.setdefault(f"{line['kind']}/{name}", []).append((line["step"], value))
    return found


def test_tensorboard_shows_every_curve_once(world) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: pip install 'pairmine[tensorboard]'")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(world, "board", "steps=3")
    folder = run(world, "board", "steps=7", resume=True)
    board = EventAccumulator(str(folder)).Reload()
    expected = metrics(folder)
    assert sorted(board.Tags()["scalars"]) == sorted(expected) and len(expected["step/loss"]) == 7
    for name, curve in expected.items():
        shown = board.Scalars(name)
        assert [each.step for each in shown] == [step for step, _ in curve], name
        assert [each.value for each in shown] == pytest.approx([value for _, value in curve], rel=1e-6)


def test_without_tensorboard_metrics_are_written_all_the_same(world, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    folder = run(world, "plain", "steps=2")
    assert len(metrics(folder)["step/loss"]) == 2 and not list(folder.glob("events*"))
