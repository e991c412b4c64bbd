"""Parameters, multiplies and maps as the papers state them."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from pairmine.errors import UsageError
from trainer import registry
from trainer.encoders._five_blocks import five_blocks
from trainer.encoders.seven_block import SevenBlock
from trainer.encoders.vggish import VGGish


def built(name: str, **options) -> nn.Module:
    with torch.device("meta"):
        return registry.build("encoders", name, **options).eval()


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def multiplies(network: nn.Module) -> float:
    patch = torch.empty(1, network.bands, network.frames, device="meta")
    with FlopCounterMode(display=False) as counter:
        network(patch)
    return counter.get_total_flops() / 2


@pytest.mark.parametrize(
    ("name", "stated"), [("resnet18", 11.2e6), ("mobilenet", 670e3), ("small-cnn", 537e3)], ids=lambda x: str(x)
)
def test_parameters_are_those_colisten_2020_states(name, stated) -> None:
    assert parameters(built(name)) == pytest.approx(stated, rel=0.05)


@pytest.mark.parametrize(("name", "stated"), [("resnet18", 686e6), ("small-cnn", 22e6)], ids=lambda x: str(x))
def test_multiplies_are_those_colisten_2020_states(name, stated) -> None:
    assert multiplies(built(name)) == pytest.approx(stated, rel=0.05)


def test_standard_networks_have_the_parameters_of_their_publications() -> None:
    colour = 2 * 64 * 7 * 7
    assert parameters(built("resnet50")) == 25_557_032 - (2048 * 1000 + 1000) - colour
    colour = 2 * 32 * 3 * 3
    assert parameters(built("efficientnet-b0")) == 5_288_548 - (1280 * 1000 + 1000) - colour
    original = built("vggish", bands=64, frames=96, first_pool=(2, 2))
    assert parameters(built("vggish")) == parameters(original) == 72_141_184


@pytest.mark.parametrize(("name", "published"), [("resnet50", 4.1e9), ("efficientnet-b0", 0.39e9)])
def test_multiplies_are_those_published_for_pictures(name, published) -> None:
    assert multiplies(built(name, bands=224, frames=224)) == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize(
    "name", sorted(set(registry.names("encoders")) - {"five-block-multi", "mel-cpc", "cf", "genre"})
)
def test_docstrings_state_the_parameters_there_are(name) -> None:
    network = built(name)
    assert f"{parameters(network):,}" in type(network).__doc__


@pytest.mark.parametrize("options", [{}, {"bands": 64, "frames": 96, "first_pool": (2, 2)}], ids=["paper", "original"])
def test_vggish_comes_to_the_map_of_the_original(options) -> None:
    network = built("vggish", **options)
    patch = torch.empty(2, network.bands, network.frames, device="meta")
    assert network.features(network.check(patch).transpose(2, 3)).shape == (2, 512, 6, 4)


def test_vggish_refuses_a_pool_that_misses_the_map() -> None:
    with pytest.raises(UsageError, match="pools of 2 do not bring 96 bands to 4"), torch.device("meta"):
        VGGish(first_pool=(5, 2))


def test_colisten_resnet_begins_as_the_paper_says() -> None:
    network = built("resnet18")
    patch = torch.empty(1, 1, 64, 300, device="meta")
    assert network.stem[0](patch).shape[2:] == (64, 150)
    assert network.stem(patch).shape[2:] == (32, 38)


def test_small_cnn_sees_a_patch_as_one_step() -> None:
    assert built("small-cnn").trunk(torch.empty(1, 1, 64, 300, device="meta")).shape == (1, 80, 46, 1)


def test_maps_of_the_five_and_the_seven_blocks() -> None:
    with torch.device("meta"):
        x, maps = torch.empty(1, 1, 96, 188), []
        for block in five_blocks():
            x = block(x)
            maps.append(tuple(x.shape[1:]))
        seven = SevenBlock().blocks(torch.empty(1, 1, 48, 256))
    assert maps == [(128, 48, 94), (256, 24, 47), (256, 12, 23), (512, 3, 5), (512, 1, 1)]
    assert seven.shape == (1, 512, 1, 2)


def test_widths_of_the_outputs() -> None:
    patch = torch.empty(2, 96, 188, device="meta")
    assert [tuple(level.shape) for level in built("five-block-multi")(patch)] == [(2, 128)] * 5
    cpc = built("mel-cpc")
    prediction_BKD, target_BKD = cpc(torch.empty(2, 96, 8 * 188, device="meta"))
    assert prediction_BKD.shape == target_BKD.shape == (2, 4, 128)
    assert cpc.embed(torch.empty(2, 96, 752, device="meta")).shape == (2, 4, 256)
    dims = {name: built(name).dim for name in registry.names("encoders")}
    assert (dims["vggish"], dims["resnet50"], dims["efficientnet-b0"]) == (128, 2048, 1280)
    assert (dims["five-block"], dims["five-block-multi"], dims["mel-cpc"]) == (128, 640, 256)
    assert {dims[name] for name in ("resnet18", "mobilenet", "small-cnn", "seven-block", "cf", "genre")} == {128}
