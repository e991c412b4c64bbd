import pytest
import torch

from pairmine.errors import UsageError
from trainer import registry
from trainer.encoders.tiny import Tiny
from trainer.losses.nt_xent import nt_xent

THEIRS = """
from torch import nn
class Wide(nn.Linear):
    def __init__(self, *, width: int = 3) -> None:
        super().__init__(width, 2 * width)
def flat(anchor_BD, positive_BD):
    return 0 * anchor_BD.sum()
"""


@pytest.fixture
def theirs(tmp_path, monkeypatch) -> None:
    """A package of somebody else's, installed with entry points."""
    (tmp_path / "theirs.py").write_text(THEIRS)
    metadata = tmp_path / "theirs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    groups = "[pairmine.encoders]\nwide = theirs:Wide\ntiny = theirs:Wide\n[pairmine.losses]\nflat = theirs:flat\n"
    (metadata / "entry_points.txt").write_text(groups)
    monkeypatch.syspath_prepend(tmp_path)


def test_a_name_is_a_file() -> None:
    assert registry.network("encoders", "tiny") is Tiny
    assert registry.loss("nt-xent") is nt_xent
    assert {"vggish", "small-cnn"} <= set(registry.names("encoders")) and "_blocks" not in registry.names("encoders")


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no encoder 'resnet-18': did you mean 'resnet18'"):
        registry.build("encoders", "resnet-18")
    with pytest.raises(UsageError, match="there is no loss 'nt-xend': did you mean 'nt-xent'"):
        registry.loss("nt-xend")
    with pytest.raises(UsageError, match=r"no option of vggish 'first_pol': did you mean 'first_pool'\? known: bands,"):
        registry.build("encoders", "vggish", first_pol=2)


@pytest.mark.parametrize("name", ["wide", "theirs:Wide"])
def test_other_packages_bring_networks(theirs, name) -> None:
    assert registry.build("encoders", name, width=4)(torch.ones(1, 4)).shape == (1, 8)
    with pytest.raises(UsageError, match="did you mean 'width'"):
        registry.build("encoders", name, widht=4)


@pytest.mark.parametrize("name", ["flat", "theirs:flat"])
def test_other_packages_bring_objectives(theirs, name) -> None:
    assert registry.loss(name)(torch.ones(2, 3), torch.ones(2, 3)) == 0


def test_ours_come_first_and_theirs_are_listed(theirs) -> None:
    assert registry.network("encoders", "tiny") is Tiny
    assert registry.names("encoders")[-1] == "wide" and registry.names("encoders").count("tiny") == 1
    with pytest.raises(UsageError, match="did you mean 'wide'"):
        registry.network("encoders", "wid")


def test_what_cannot_be_imported_is_one_line(theirs) -> None:
    for name in ("theirs:Missing", "nowhere:Wide", "theirs:"):
        with pytest.raises(UsageError, match="name it as module:Member"):
            registry.network("encoders", name)
    with pytest.raises(UsageError, match=r"theirs:flat is no class of torch modules"):
        registry.network("encoders", "theirs:flat")
