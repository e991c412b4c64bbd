"""What single networks promise beyond the contract."""

import pytest
import torch

from pairmine.errors import UsageError
from trainer.encoders.efficientnet_b0 import _MBConv
from trainer.encoders.five_block import FiveBlock
from trainer.encoders.genre import Genre
from trainer.encoders.mel_cpc import MelCPC
from trainer.encoders.mobilenet import MobileNet
from trainer.encoders.resnet18 import ResNet18
from trainer.encoders.small_cnn import SmallCNN
from trainer.encoders.vggish import VGGish


@pytest.mark.parametrize("kind", [MobileNet, ResNet18, SmallCNN])
def test_colisten_embeddings_have_unit_length(kind) -> None:
    encoder = kind()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z = encoder(torch.randn(2, 64, 280))
    torch.testing.assert_close(z.norm(dim=1), torch.ones(2))


@pytest.fixture(scope="module")
def cpc() -> MelCPC:
    torch.manual_seed(0)
    return MelCPC(segment=160, context=2, steps=1).eval()


@torch.no_grad()
def test_a_context_predicts_without_seeing_what_comes(cpc) -> None:
    patch = torch.randn(1, 96, 480)
    other = torch.cat([patch[:, :, :320], torch.randn(1, 96, 160)], dim=2)
    (prediction, target), (again, changed) = cpc(patch), cpc(other)
    assert torch.equal(prediction, again) and not torch.equal(target, changed)
    with pytest.raises(UsageError, match=r"takes .* 480 frames"):
        cpc(patch[:, :, :479])


@torch.no_grad()
def test_gru_steps_hear_the_past_only_and_whole_segments_only(cpc) -> None:
    patch = torch.randn(1, 96, 480)
    steps = cpc.embed(patch)
    assert steps.shape == (1, 3, 256)
    torch.testing.assert_close(cpc.embed(patch[:, :, :479]), steps[:, :2])


@torch.no_grad()
def test_segments_are_encoded_one_by_one(cpc) -> None:
    patch = torch.randn(2, 96, 480)
    _, target_BKD = cpc(patch)
    torch.testing.assert_close(target_BKD[:, 0], cpc.encoder(patch[:, :, 320:]))


@torch.no_grad()
def test_five_blocks_average_the_steps_of_a_long_patch() -> None:
    encoder = FiveBlock().eval()
    patch = torch.randn(1, 96, 320)
    x = encoder.check(patch)
    for block in encoder.blocks:
        x = block(x)
    steps = [encoder.output(x[:, :, 0, step]) for step in range(2)]
    torch.testing.assert_close(encoder(patch), sum(steps) / 2)


@torch.no_grad()
def test_vggish_flattens_its_map_as_the_original_does() -> None:
    encoder = VGGish(bands=64, frames=96, first_pool=(2, 2)).eval()
    patch = torch.randn(2, 64, 96)
    # the released model sees frames by bands, and flattens frames, bands, channels
    x = encoder.features(patch.transpose(1, 2)[:, None])
    flat = torch.stack([x[:, :, t, f] for t in range(6) for f in range(4)], dim=1).reshape(2, -1)
    torch.testing.assert_close(encoder(patch), encoder.embeddings(flat))


@torch.no_grad()
def test_genres_are_a_set_and_padding_is_not_read() -> None:
    encoder = Genre().eval()
    words, present = torch.randn(2, 10, 200), torch.arange(10) < torch.tensor([[4], [0]])
    z = encoder(words, present)
    order = torch.randperm(10)
    torch.testing.assert_close(encoder(words[:, order], present[:, order]), z)
    torch.testing.assert_close(encoder(torch.where(present[..., None], words, 1e3), present), z)
    torch.testing.assert_close(encoder(words[:1, :4], present[:1, :4]), z[:1])
    torch.testing.assert_close(z[1], encoder.norm.bias)


@torch.no_grad()
def test_a_skipped_residual_is_made_up_for_by_the_others() -> None:
    block = _MBConv(8, 8, expansion=6, kernel=3, stride=1, skip=0.25).eval()
    x = torch.randn(200, 8, 3, 4)
    residual = block(x) - x
    block.training = True
    trained = block(x)
    kept = [torch.allclose(row, part / 0.75, atol=1e-5) for row, part in zip(trained - x, residual, strict=True)]
    skipped = [torch.equal(row, part) for row, part in zip(trained, x, strict=True)]
    assert sum(kept) + sum(skipped) == 200 and 20 < sum(skipped) < 80
