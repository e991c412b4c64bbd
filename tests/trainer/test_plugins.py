"""Members of other packages: a small one with entry points is installed, passes the contracts, trains and is found."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import cli
from pairmine.errors import UsageError
from pairmine.testing import check_encoder, check_evaluation, check_front_end, check_loss, check_projector
from tests.trainer import pair_worlds as worlds
from tests.trainer.evaluations import examples
from trainer import recipe as recipes
from trainer import registry
from trainer.frontends.musicnn import Musicnn
from trainer.loop import train

ENTRY_POINTS = """
[pairmine.encoders]
wide = others.members:Wide
[pairmine.projectors]
head = others.members:Head
[pairmine.losses]
alignment = others.members:alignment
[pairmine.frontends]
coarse = others.members:Coarse
[pairmine.evaluations]
neighbours = others.members:neighbours
"""


@pytest.fixture(autouse=True)
def installed(tmp_path, monkeypatch) -> None:
    """Somebody else's package on the path, with the metadata that pip writes."""
    site = tmp_path / "site"
    (site / "others").mkdir(parents=True)
    (site / "others" / "__init__.py").write_text("")
    shutil.copy(Path(__file__).with_name("their_members.py"), site / "others" / "members.py")
    metadata = site / "others-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(site)


def plain_alignment(anchor_BD: list[list[float]], positive_BD: list[list[float]]) -> float:
    rows = zip(anchor_BD, positive_BD, strict=True)
    return sum((a - p) ** 2 for row in rows for a, p in zip(*row, strict=True)) / len(anchor_BD)


def test_they_pass_the_contracts(tmp_path) -> None:
    check_encoder(registry.network("encoders", "wide"))
    check_projector(registry.network("projectors", "head"))
    check_loss(registry.loss("alignment"), plain_alignment)
    check_front_end(registry.network("frontends", "coarse"))
    example = examples.retrieval(tmp_path, np.random.default_rng(7))
    check_evaluation(registry.evaluation("neighbours"), example.data, example.system, k=5)


def test_the_contracts_find_what_is_wrong(monkeypatch) -> None:
    wide, coarse = registry.network("encoders", "wide"), registry.network("frontends", "coarse")
    with pytest.raises(AssertionError):
        check_loss(registry.loss("others.members:broken"))
    with pytest.raises(AssertionError, match="where the reference has"):
        check_loss(registry.loss("alignment"), lambda **given: plain_alignment(**given) + 1e-9)
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match="this should be refused with UsageError"):
        patch.setattr(wide, "check", lambda self, mel_BFT: mel_BFT[:, None])
        check_encoder(wide)
    with monkeypatch.context() as patch, pytest.raises(AssertionError):
        patch.setattr(coarse, "expand", Musicnn.compress)
        check_front_end(coarse)


@pytest.mark.parametrize(
    ("encoder", "loss"), [("wide", "alignment"), ("others.members:Wide", "others.members:alignment")]
)
def test_they_are_trained_and_embed(tmp_path, encoder, loss) -> None:
    worlds.write_features(tmp_path, "musicnn", 24, 90)
    pairs = worlds.write_pairs(tmp_path / "pairs", tracks=24)
    words = ["--pairs", str(pairs), "--recipe", "tiny", "--encoder", encoder, "--loss", loss, "--device", "cpu"]
    words += ["--set", "steps=3", "--set", "batch=8", "--set", "encoder.options.dim=20", "--set", "log_every=1"]
    cli.app(["train", *words, "-w", str(tmp_path)], standalone_mode=False)
    written = recipes.of_toml((tmp_path / "runs" / "tiny" / "recipe.toml").read_text(), "")
    assert (written.encoder.name, written.encoder.options) == (encoder, {"dim": 20})
    assert written.tasks[0].loss == loss and written.tasks[0].projector is not None
    cli.app(["embed", "tiny", "-w", str(tmp_path), "--device", "cpu"], standalone_mode=False)
    table = pq.read_table(tmp_path / "runs" / "tiny" / "embeddings.parquet")
    assert table.num_rows == 24 and len(table.column("vector")[0]) == 20


def test_they_are_listed_behind_ours() -> None:
    for folder, name in {"encoders": "wide", "losses": "alignment", "frontends": "coarse"}.items():
        assert registry.names(folder)[-1] == name and name not in registry.names(folder)[:-1]
    assert isinstance(registry.build("frontends", "coarse"), Musicnn)


def test_one_flag_names_one_loss() -> None:
    with pytest.raises(UsageError, match=r"multitask has \d losses: name one, such as --set tasks\.0\.loss=cola"):
        recipes.load("multitask", loss="cola")
    with pytest.raises(UsageError, match="did you mean 'wide'"):
        registry.network("encoders", recipes.load("tiny", encoder="wid").encoder.name)


def test_a_loss_of_many_numbers_is_refused(tmp_path) -> None:
    worlds.write_features(tmp_path, "musicnn", 24, 90)
    pairs = worlds.write_pairs(tmp_path / "pairs", tracks=24)
    with pytest.raises(UsageError, match="returns no scalar tensor: return the mean"):
        train(tmp_path, [str(pairs)], recipe="tiny", device="cpu", loss="others.members:rows", settings=["batch=8"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"encoder": "torch.nn:Linear"},
            r"Linear is no encoder of audio: subclass AudioEncoder of trainer\.encoders, whose",
        ),
        ({"encoder": "others.members:Bare"}, "has no whole number bands: subclass AudioEncoder"),
        ({"encoder": "others.members:Two"}, r"Two\.forward cannot be called with mel_BFT alone \(missing .* 'gain'\)"),
        ({"encoder": "others.members:Demanding"}, r"without width: .* --set encoder\.options\.width=…, or defaults"),
        ({"loss": "others.members:foreign"}, "asks for x, which no batch has: .* among anchor_BD, positive_BD"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_is_read(tmp_path, options, message) -> None:
    worlds.write_features(tmp_path, "musicnn", 24, 90)
    pairs = worlds.write_pairs(tmp_path / "pairs", tracks=24)
    with pytest.raises(UsageError, match=message):
        train(tmp_path, [str(pairs)], recipe="tiny", device="cpu", **options)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["subprocess:Popen", "os:system", "others.members:alignment"])
def test_nothing_but_a_network_is_built_of_what_a_checkpoint_names(name) -> None:
    with pytest.raises(UsageError, match="is no class of torch modules"):
        registry.build("encoders", name, args=["touch", "pwned"])
