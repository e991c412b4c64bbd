"""What is done to patches after they are cut: mixing and augmentation, a batch at a time, on the device.

Of log-mels, waveform effects are done where they can be done on mel powers: sounds that are mixed add up, reverberation
is a decaying tail, stretched time is read faster or slower, a shifted pitch shifts the bands; a reversed polarity
changes nothing in a mel. Where the store holds waveforms, `sounds` does the same to those. All random numbers are drawn
beforehand, so that devices and ranks agree.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from trainer.frontends import FrontEnd
from trainer.recipe import Views

STRETCH = (0.8, 1.2)
SEMITONES = (-2, -1, 1, 2)
TAIL_FRAMES = 64
QUIETEST = 1e-10
GAIN_DECIBELS = 6.0
STRIPES, WIDEST = 2, 0.15
SEEDS = 1 << 24  # whole numbers that single precision tells apart

Draws = dict[str, npt.NDArray[np.float32]]


def gap_frames(spec: Views, front_end: dict[str, Any]) -> int:
    """Return the gap between adjacent patches in frames."""
    return round(spec.gap_seconds * float(front_end["rate"]) / float(front_end["hop"]))


def gathered_frames(spec: Views, frames: int) -> int:
    """Return the frames that have to be cut for a patch of so many: more where time may be stretched."""
    return math.ceil(frames * STRETCH[1]) + 1 if "stretch" in spec.augment else frames


def least_frames(spec: Views, frames: int, front_end: dict[str, Any]) -> int:
    """Return the frames a track must have."""
    length = gathered_frames(spec, frames)
    return 2 * length + gap_frames(spec, front_end) if spec.pairing == "adjacent" else length


def draw(rng: np.random.Generator, spec: Views, shape: tuple[int, ...]) -> Draws:
    """Draw what `change` needs, here and in `sounds`, for patches of a shape (V, B); powers, not amplitudes.

    strategies-2022, section 3: pitch by -2, -1, 1 or 2 semitones, stretch by 0.8 to 1.2, reverberation and noise with
    probability 0.5 each (tails of 0.1 to 1 s and 5 to 30 dB under the patch [ours]), polarity (reversed in half of the
    patches [ours]). `noise_seed` names the samples of noise and tail.
    playlists-2023: the share of the patch in the mix ~ Beta(5, 2) [ours].
    SpecAugment (arXiv:1904.08779): stripes of bands and of frames, two each of up to 15 % [ours]; gain by up to 6 dB
    either way [ours].
    """
    draws: dict[str, npt.NDArray[Any]] = {}
    if spec.mix:
        draws["mix"] = rng.beta(spec.mix[0], spec.mix[1], shape)
    if "pitch" in spec.augment:
        draws["pitch"] = rng.choice(SEMITONES, shape)
    if "stretch" in spec.augment:
        draws["stretch"] = rng.uniform(*STRETCH, shape)
    if "reverb" in spec.augment:
        draws["reverb"] = np.where(rng.random(shape) < 0.5, rng.uniform(0.1, 1, shape), 0)
    if "noise" in spec.augment:
        draws["noise"] = np.where(rng.random(shape) < 0.5, 10 ** rng.uniform(-3, -0.5, shape), 0)
    if "polarity" in spec.augment:
        draws["polarity"] = rng.choice((-1, 1), shape)
    if "reverb" in spec.augment or "noise" in spec.augment:
        draws["noise_seed"] = rng.integers(0, SEEDS, shape)
    if "gain" in spec.augment:
        draws["gain"] = 10 ** (rng.uniform(-GAIN_DECIBELS, GAIN_DECIBELS, shape) / 10)
    if "mask" in spec.augment:
        draws["mask"] = rng.random((*shape, 2, STRIPES, 2))
    return {name: values.astype(np.float32) for name, values in draws.items()}


def change(
    mel_VBFT: Tensor, other_VBFT: Tensor | None, changes: dict[str, Tensor] | None, front_end: FrontEnd, frames: int
) -> Tensor:
    """Return single-precision log-mels of `frames` frames, (V, B, F, T), mixed and augmented as drawn."""
    # the store hands out views whose bands are innermost
    mel_VBFT = mel_VBFT.float().contiguous()
    if changes is None:
        return mel_VBFT
    power_VBFT = front_end.expand(mel_VBFT)
    if other_VBFT is not None:
        share = changes["mix"][..., None, None]
        power_VBFT = share * power_VBFT + (1 - share) * front_end.expand(other_VBFT.float().contiguous())
    if "stretch" in changes or "pitch" in changes:
        power_VBFT = _warp(power_VBFT, changes, front_end, frames)
    if "reverb" in changes:
        power_VBFT = _reverb(power_VBFT, changes["reverb"], front_end.rate / front_end.hop)
    if "noise" in changes:
        level = changes["noise"] * power_VBFT.mean((2, 3))
        power_VBFT = power_VBFT + level[..., None, None]
    if "gain" in changes:
        power_VBFT = power_VBFT * changes["gain"][..., None, None]
    return masked(front_end.compress(power_VBFT.clamp(min=QUIETEST)), changes)


def masked(mel_VBFT: Tensor, changes: dict[str, Tensor]) -> Tensor:
    """Return log-mels whose stripes, if any are drawn, have the mean of their patch (SpecAugment, section 2)."""
    if "mask" not in changes:
        return mel_VBFT
    bands, frames = mel_VBFT.shape[-2:]
    stripes_VBASP = changes["mask"]
    hidden_VBFT = _inside(stripes_VBASP[..., 0, :, :], bands)[..., None]
    hidden_VBFT = hidden_VBFT | _inside(stripes_VBASP[..., 1, :, :], frames)[..., None, :]
    return torch.where(hidden_VBFT, mel_VBFT.mean((-2, -1), keepdim=True), mel_VBFT)


def _inside(stripes_VBSP: Tensor, size: int) -> Tensor:
    """Return which of so many places lie in a stripe, each drawn as (place, width) in [0, 1)."""
    width_VBS = stripes_VBSP[..., 1] * WIDEST * size
    start_VBS = stripes_VBSP[..., 0] * (size - width_VBS)
    at = torch.arange(size, device=stripes_VBSP.device) + 0.5
    return ((at >= start_VBS[..., None]) & (at < (start_VBS + width_VBS)[..., None])).any(-2)


def _warp(power_VBFT: Tensor, changes: dict[str, Tensor], front_end: FrontEnd, frames: int) -> Tensor:
    """Read time at another speed and bands from another place, linearly between neighbours."""
    power_VBFT = power_VBFT.clamp(min=0)
    if "stretch" in changes:
        at_VBT = torch.arange(frames, device=power_VBFT.device) * changes["stretch"][..., None]
        power_VBFT = _read_at(power_VBFT, at_VBT[..., None, :].expand(*power_VBFT.shape[:3], -1), 3)
    if "pitch" in changes:
        centres = torch.as_tensor(band_centres(front_end), dtype=torch.float32, device=power_VBFT.device)
        wanted_VBF = (centres / torch.exp2(changes["pitch"] / 12)[..., None]).contiguous()
        right = torch.searchsorted(centres, wanted_VBF).clamp(1, len(centres) - 1)
        share = ((wanted_VBF - centres[right - 1]) / (centres[right] - centres[right - 1])).clamp(0, 1)
        at_VBF = right - 1 + share
        power_VBFT = _read_at(power_VBFT, at_VBF[..., None].expand(-1, -1, -1, power_VBFT.shape[3]), 2)
    return power_VBFT


def _read_at(power_VBFT: Tensor, at: Tensor, axis: int) -> Tensor:
    last = power_VBFT.shape[axis] - 1
    left = at.floor().clamp(0, last).long()
    share = (at - left).clamp(0, 1)
    low, high = power_VBFT.gather(axis, left), power_VBFT.gather(axis, (left + 1).clamp(max=last))
    return torch.lerp(low, high, share)


def _reverb(power_VBFT: Tensor, seconds_VB: Tensor, rate: float) -> Tensor:
    """Add a tail that has fallen by 60 dB after so many seconds; 0 adds none."""
    after_K = torch.arange(TAIL_FRAMES, device=power_VBFT.device) / rate
    tail_VBK = torch.exp(-math.log(1e6) * after_K / seconds_VB.clamp(min=1e-3)[..., None])
    tail_VBK = tail_VBK / tail_VBK.sum(2, keepdim=True)
    shape, bands = power_VBFT.shape, power_VBFT.shape[2]
    kernel = tail_VBK.flatten(0, 1).flip(1)[:, None, :].repeat_interleave(bands, 0)
    padded = torch.nn.functional.pad(power_VBFT.reshape(1, -1, shape[3]), (TAIL_FRAMES - 1, 0))
    return torch.nn.functional.conv1d(padded, kernel, groups=len(kernel)).reshape(shape)


def band_centres(front_end: FrontEnd) -> npt.NDArray[np.float64]:
    """Return the centre frequencies of the mel bands in Hz."""
    ends = np.array([front_end.low_hz, front_end.high_hz])
    if front_end.scale == "htk":
        low, high = 2595 * np.log10(1 + ends / 700)
        mels: npt.NDArray[np.float64] = np.linspace(low, high, front_end.bands + 2)[1:-1]
        return 700 * (10 ** (mels / 2595) - 1)
    low, high = np.where(ends < 1000, ends * 3 / 200, 15 + 27 * np.log(np.maximum(ends, 1) / 1000) / np.log(6.4))
    mels = np.linspace(low, high, front_end.bands + 2)[1:-1]
    return np.where(mels < 15, mels * 200 / 3, 1000 * np.exp((mels - 15) * np.log(6.4) / 27))
