"""Augmentation of waveforms against torchaudio, row by row, and against what it means to a listener."""

import math

import numpy as np
import pytest
import torch

from pairmine import seeding
from trainer import registry, views
from trainer._torchaudio import torchaudio
from trainer.features import sounds
from trainer.features.waveforms import samples
from trainer.recipe import Views

RATE = 16_000
FRONT_END = registry.build("frontends", "musicnn")
FRAMES = 120


def cut(wave: torch.Tensor) -> torch.Tensor:
    """Return waveforms as the store has them."""
    return (wave * 32_768).round().clamp(-32_768, 32_767).short()


def tone(hertz: float, count: int) -> torch.Tensor:
    return 0.3 * torch.sin(2 * math.pi * hertz * torch.arange(count) / RATE)


def noise(rows: int, count: int) -> torch.Tensor:
    return 0.1 * torch.randn(rows, count, generator=torch.Generator().manual_seed(3))


def changed(wave_XS: torch.Tensor, other_XS: torch.Tensor | None = None, frames: int = FRAMES, **drawn) -> torch.Tensor:
    """Return mel powers (X, F, T) of changed waveforms, each drawn figure given row by row."""
    changes = {name: torch.as_tensor(values, dtype=torch.float32)[None] for name, values in drawn.items()}
    other = None if other_XS is None else cut(other_XS)[None, :, None]
    return FRONT_END.expand(sounds.change(cut(wave_XS)[None, :, None], other, changes, FRONT_END, frames)[0])


def test_the_vocoder_is_torchaudios_with_a_rate_a_row() -> None:
    wave_XS, wanted = noise(4, 20_000), 16_000
    rates = [0.8, 1.0, 1.13, 1.2]
    found = sounds.vocoder(wave_XS, torch.tensor(rates), wanted)
    window = torch.hann_window(sounds.WINDOW)
    for row, rate in enumerate(rates):
        spectrum = torch.stft(wave_XS[row], sounds.WINDOW, sounds.HOP, window=window, return_complex=True)
        advance = torch.linspace(0, math.pi * sounds.HOP, sounds.WINDOW // 2 + 1)[:, None]
        stretched = torchaudio.functional.phase_vocoder(spectrum, rate, advance)
        expected = torch.istft(stretched, sounds.WINDOW, sounds.HOP, window=window)
        sure = min(len(expected), wanted) - sounds.WINDOW
        torch.testing.assert_close(found[row, :sure], expected[:sure], atol=2e-3, rtol=1e-2)


@pytest.mark.parametrize("semitones", sorted(sounds.RATIOS))
@pytest.mark.parametrize("stretch", [0.8, 1.0, 1.2])
def test_pitch_moves_by_semitones_whatever_the_speed(semitones, stretch) -> None:
    wave = tone(1000, 40_000)[None]
    drawn = {"pitch": torch.tensor([float(semitones)]), "stretch": torch.tensor([stretch])}
    found = sounds._warp(wave, drawn, 24_000)[0, 4000:20_000]
    assert found.shape == (16_000,)
    spectrum = torch.fft.rfft(found * torch.hann_window(16_000)).abs()
    assert abs(int(spectrum.argmax()) - 1000 * 2 ** (semitones / 12)) <= 1.5


def test_stretched_time_is_heard_sooner_and_pitch_stays() -> None:
    wave = torch.cat([torch.zeros(12_000), tone(1000, 28_000)])[None]
    for stretch in (0.8, 1.0, 1.25):
        found = sounds.vocoder(wave, torch.tensor([stretch]), 30_000)[0]
        begins = int((found.abs() > 0.1).nonzero()[0])
        assert abs(begins - 12_000 / stretch) < sounds.WINDOW
        spectrum = torch.fft.rfft(found[16_000:24_000] * torch.hann_window(8_000)).abs()
        assert abs(2 * int(spectrum.argmax()) - 1000) <= 2


def test_ratios_are_semitones() -> None:
    assert sorted(sounds.RATIOS) == sorted(views.SEMITONES)
    for semitones, (above, below) in sounds.RATIOS.items():
        assert abs(1200 * math.log2(above / below) - 100 * semitones) < 0.7


def test_mixed_sounds_add_their_powers() -> None:
    one, other = noise(64, samples(FRONT_END, FRAMES)), 3 * noise(64, samples(FRONT_END, FRAMES)).flip(0)
    powers = [changed(each).mean() for each in (one, other)]
    found = changed(one, other, mix=[0.3] * 64).mean()
    assert found.item() == pytest.approx(0.3 * powers[0].item() + 0.7 * powers[1].item(), rel=0.02)


def test_noise_is_as_loud_as_drawn() -> None:
    wave = tone(1000, samples(FRONT_END, FRAMES)).expand(8, -1)
    levels = [0.0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.03, 0.003]
    found = changed(wave, noise=levels, noise_seed=np.arange(8.0))
    clean = changed(wave)
    torch.testing.assert_close(found[0], clean[0])
    silent = sounds._heard(sounds.white(torch.zeros(1), 200_000), FRONT_END)
    of_one = FRONT_END.expand(silent)[0].mean()  # what white noise of power 1 is in mels
    for row, level in enumerate(levels):
        added = (found[row] - clean[row])[60:].mean()  # far from the tone
        expected = level * wave[0].square().mean() * of_one
        assert added.item() == pytest.approx(expected.item() * (silent_share(silent)), rel=0.15, abs=1e-6)


def silent_share(silent: torch.Tensor) -> float:
    """Return how the upper bands of white noise relate to all of them."""
    power = FRONT_END.expand(silent)[0]
    return (power[60:].mean() / power.mean()).item()


def test_gain_and_stripes_are_those_of_mels() -> None:
    wave, mask = (
        noise(2, samples(FRONT_END, FRAMES)),
        torch.rand(2, 2, 2, 2, generator=torch.Generator().manual_seed(1)),
    )
    torch.testing.assert_close(changed(wave, gain=[4.0, 0.5])[0], 4 * changed(wave)[0], rtol=1e-3, atol=1e-6)
    expected = views.masked(FRONT_END.compress(changed(wave)), {"mask": mask})
    torch.testing.assert_close(FRONT_END.compress(changed(wave, mask=mask)), expected, rtol=1e-3, atol=1e-3)


def test_reverberation_is_a_causal_tail_that_keeps_energy() -> None:
    wave = torch.zeros(2, 32_000)
    wave[:, 8_000] = 1
    found = sounds._reverb(wave, torch.tensor([0.5, 0.0]), torch.tensor([7.0, 8.0]), RATE)
    assert torch.equal(found[1], wave[1])
    assert found[0, :7_999].abs().max() < 1e-5 and found[0, 8_000].item() == pytest.approx(2**-0.5, rel=1e-3)
    assert found[0].square().sum().item() == pytest.approx(1, rel=1e-2)
    energy = found[0, 8_001:].square().reshape(-1, 1)[:16_000].reshape(20, -1).sum(1)
    decibels = 10 * energy.log10()
    assert (decibels[8] - decibels[0]).item() == pytest.approx(-60 * (8 * 800) / (0.5 * RATE), abs=2)


def test_a_reversed_polarity_cannot_be_heard() -> None:
    wave = noise(2, samples(FRONT_END, FRAMES))
    torch.testing.assert_close(changed(wave, polarity=[-1, 1]), changed(wave))


def test_white_noise_is_white_and_named_by_its_seed() -> None:
    one, two = sounds.white(torch.tensor([1.0, 2.0]), 50_000).double()
    assert torch.equal(sounds.white(torch.tensor([2.0]), 50_000)[0].double(), two)
    for each in (one, two):
        assert abs(each.mean()) < 0.02 and abs(each.square().mean() - 1) < 0.02
        assert abs((each[1:] * each[:-1]).mean()) < 0.02
    assert abs((one * two).mean()) < 0.02
    words = seeding.mix32(seeding.mix32(np.arange(9, dtype=np.uint64)) ^ seeding.mix32(np.array([2], np.uint64)))
    np.testing.assert_allclose(two[:9], (words.astype(np.float64) / (2**32 - 1) * 2 - 1) * 3**0.5, rtol=1e-6)


def test_all_changes_together_leave_a_batch_of_finite_mels() -> None:
    spec = Views(mix=[5, 2], augment=["pitch", "stretch", "reverb", "noise", "polarity", "gain", "mask"])
    length = samples(FRONT_END, views.gathered_frames(spec, FRAMES))
    wave = cut(noise(6, length)).reshape(2, 3, 1, length)
    drawn = views.draw(seeding.rng(0, "test"), spec, (2, 3))
    changes = {name: torch.from_numpy(values) for name, values in drawn.items()}
    found = sounds.change(wave, wave.flip(1), changes, FRONT_END, FRAMES)
    assert found.shape == (2, 3, 96, FRAMES) and torch.isfinite(found).all()
    again = sounds.change(
        wave[:, 1:2], wave.flip(1)[:, 1:2], {n: v[:, 1:2] for n, v in changes.items()}, FRONT_END, FRAMES
    )
    torch.testing.assert_close(found[:, 1:2], again, atol=1e-3, rtol=1e-3)
