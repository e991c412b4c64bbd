"""Mixing and augmentation against what they mean on mel powers."""

import numpy as np
import pytest
import torch

from pairmine import seeding
from trainer import registry, views
from trainer.recipe import Views

FRONT_ENDS = [name for name in registry.names("frontends") if name != "melon"]


@pytest.fixture
def mel() -> torch.Tensor:
    return torch.rand(2, 3, 96, 40, generator=torch.Generator().manual_seed(1)).half() * 3


def filled(value: float) -> torch.Tensor:
    return torch.full((2, 3), value)


def test_mixing_adds_powers_before_the_log(mel) -> None:
    front_end, other = registry.build("frontends", "musicnn"), mel.flip(1)
    share = torch.rand(2, 3, generator=torch.Generator().manual_seed(2))
    found = views.change(mel, other, {"mix": share}, front_end, 40)
    power, more = ((10 ** x.double() - 1) / 10_000 for x in (mel, other))
    weight = share.double()[..., None, None]
    expected = torch.log10(1 + 10_000 * (weight * power + (1 - weight) * more))
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_changes_of_nothing_change_nothing(name) -> None:
    front_end = registry.build("frontends", name)
    mel = torch.rand(2, 3, front_end.bands, 40, generator=torch.Generator().manual_seed(1)) * 3
    still = {"stretch": filled(1.0), "pitch": filled(0.0), "reverb": filled(0.0), "noise": filled(0.0)}
    found = views.change(mel, mel, still | {"mix": filled(0.3), "gain": filled(1.0)}, front_end, 30)
    torch.testing.assert_close(found, mel[..., :30], rtol=1e-3, atol=2e-3)
    torch.testing.assert_close(views.change(mel, None, None, front_end, 40), mel)


def test_stretched_time_is_read_faster() -> None:
    front_end = registry.build("frontends", "musicnn")
    power = torch.arange(50.0).expand(1, 1, 96, 50) / 1000
    changes = {"stretch": torch.full((1, 1), 1.2)}
    found = front_end.expand(views.change(front_end.compress(power), None, changes, front_end, 40))
    torch.testing.assert_close(found[0, 0, 0], torch.arange(40) * 1.2 / 1000, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", FRONT_ENDS)
@pytest.mark.parametrize("semitones", [-2.0, 2.0])
def test_a_shifted_pitch_moves_a_tone_by_as_many_semitones(name, semitones) -> None:
    front_end = registry.build("frontends", name)
    centres = views.band_centres(front_end)
    tone = len(centres) * 2 // 3
    power = torch.zeros(1, 1, len(centres), 8)
    power[0, 0, tone] = 1
    changes = {"pitch": torch.full((1, 1), semitones)}
    found = front_end.expand(views.change(front_end.compress(power), None, changes, front_end, 8))[0, 0, :, 0].numpy()
    found[found < 1e-3] = 0
    width = centres[tone + 1] - centres[tone]
    assert abs(found @ centres / found.sum() - centres[tone] * 2 ** (semitones / 12)) < width


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_band_centres_are_where_the_filters_are(name) -> None:
    front_end = registry.build("frontends", name)
    hertz = np.linspace(0, front_end.rate / 2, front_end.fft // 2 + 1)
    bank = front_end.filter_bank().double().numpy()
    wide = (bank > 0).sum(0) > 6  # a filter over few bins has no clear middle
    middle = (bank * hertz[:, None]).sum(0) / bank.sum(0)
    assert wide.sum() >= 5
    np.testing.assert_allclose(views.band_centres(front_end)[wide], middle[wide], rtol=0.02)


def test_reverberation_is_a_causal_tail_that_keeps_energy() -> None:
    front_end = registry.build("frontends", "musicnn")
    power = torch.zeros(1, 1, 96, 100)
    power[..., 30] = 1
    changes = {"reverb": torch.full((1, 1), 0.5)}
    found = front_end.expand(views.change(front_end.compress(power), None, changes, front_end, 100))[0, 0, 0]
    assert found[:30].abs().max() < 1e-5 and found[30] == found.max()
    assert found.sum().item() == pytest.approx(1, rel=1e-3)
    decay = 10 ** (-6 / (0.5 * front_end.rate / front_end.hop))  # 60 dB in half a second, a frame at a time
    assert (found[40] / found[39]).item() == pytest.approx(decay, rel=1e-3)


def test_draws_are_the_papers() -> None:
    spec = Views(mix=[5, 2], augment=["pitch", "stretch", "reverb", "noise", "gain", "mask"])
    draws = views.draw(seeding.rng(0, "test"), spec, (2, 20_000))
    assert set(np.unique(draws["pitch"])) == {-2, -1, 1, 2}
    assert draws["stretch"].min() >= 0.8 and draws["stretch"].max() <= 1.2
    assert abs((draws["reverb"] > 0).mean() - 0.5) < 0.02 and abs((draws["noise"] > 0).mean() - 0.5) < 0.02
    assert abs(draws["mix"].mean() - 5 / 7) < 0.01
    decibels = 10 * np.log10(draws["gain"])
    assert abs(decibels.mean()) < 0.1 and decibels.min() >= -6 and decibels.max() <= 6
    assert draws["mask"].shape == (2, 20_000, 2, 2, 2)


def test_gain_is_one_figure_for_the_whole_patch(mel) -> None:
    front_end = registry.build("frontends", "musicnn")
    gain = torch.tensor([[0.25, 1, 2], [4, 0.5, 3]])
    found = front_end.expand(views.change(mel, None, {"gain": gain}, front_end, 40))
    torch.testing.assert_close(
        found, gain[..., None, None] * front_end.expand(mel.float()).clamp(min=0), rtol=1e-2, atol=1e-6
    )


def test_stripes_are_where_they_are_drawn_and_have_the_mean_of_the_patch() -> None:
    mel = torch.arange(200 * 100.0).reshape(1, 1, 200, 100)
    none, first, last = [0.3, 0.0], [0.0, 0.5], [1 - 1e-6, 1 - 1e-6]
    found = views.masked(mel, {"mask": torch.tensor([[[[first, none], [none, last]]]])})[0, 0]
    hidden = torch.zeros(200, 100, dtype=torch.bool)
    hidden[:15] = True  # half of 15 % of 200 bands
    hidden[:, -15:] = True
    assert (found[hidden] == mel.mean()).all() and torch.equal(found[~hidden], mel[0, 0][~hidden])


def test_every_patch_has_stripes_of_its_own() -> None:
    spec = Views(augment=["mask"])
    drawn = {"mask": torch.from_numpy(views.draw(seeding.rng(0, "test"), spec, (2, 500))["mask"])}
    mel = torch.rand(2, 500, 64, 100, generator=torch.Generator().manual_seed(1))
    hidden = views.masked(mel, drawn) != mel
    assert len({tuple(patch.flatten().tolist()) for patch in hidden.flatten(0, 1)}) == 1000
    for share in (hidden.all(3).float().mean(), hidden.all(2).float().mean()):
        assert share.item() == pytest.approx(
            0.15 * (1 - 0.15 / 4), rel=0.05
        )  # two stripes of 7.5 % on the mean, that may overlap
