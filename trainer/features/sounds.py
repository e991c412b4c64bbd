"""What is done to waveforms after they are cut, and the log-mels of what becomes of them; on the device.

The counterpart of `views.change`, for stores that hold waveforms. Random numbers are those of `views.draw`; noise is
computed from whole numbers, so that it is the same on every device.
"""

import math

import torch
from torch import Tensor

from pairmine.seeding import MASK_32
from trainer._torchaudio import torchaudio
from trainer.features.extraction import FULL_SCALE
from trainer.features.waveforms import samples
from trainer.frontends import FrontEnd
from trainer.views import SEEDS, masked

WINDOW, HOP = 1024, 256  # of the phase vocoder [ours]
# semitones as ratios of small numbers, within 0.2 cents, for resampling with small kernels
RATIOS = {-2: (49, 55), -1: (84, 89), 1: (89, 84), 2: (55, 49)}
LONGEST_TAIL_SECONDS = 1.0


def log_mels(wave_B1S: Tensor, front_end: FrontEnd) -> Tensor:
    """Return the single-precision log-mels of 16-bit waveforms as they are cut, `mel_BFT`."""
    return _heard(_samples(wave_B1S), front_end)


def _samples(wave_X1S: Tensor) -> Tensor:
    return wave_X1S[:, 0].float() / FULL_SCALE


def _heard(wave_XS: Tensor, front_end: FrontEnd) -> Tensor:
    return front_end.compress(front_end.mel_of_padded(wave_XS))


def change(
    wave_VB1S: Tensor, other_VB1S: Tensor | None, changes: dict[str, Tensor] | None, front_end: FrontEnd, frames: int
) -> Tensor:
    """Return single-precision log-mels of `frames` frames, (V, B, F, T), of waveforms mixed and augmented as drawn.

    Powers are mixed by the drawn share, as `views.change` does. Stretch and pitch: one phase vocoder, then resampling.
    Reverberation: half of the energy goes into white noise that falls by 60 dB in the time drawn. Noise is white.
    """
    shape = wave_VB1S.shape[:2]
    wave_XS = _samples(wave_VB1S.flatten(0, 1))
    drawn = {name: values.flatten(0, 1) for name, values in (changes or {}).items()}
    if other_VB1S is not None:
        share_X1 = drawn["mix"][:, None]
        wave_XS = share_X1.sqrt() * wave_XS + (1 - share_X1).sqrt() * _samples(other_VB1S.flatten(0, 1))
    if "stretch" in drawn or "pitch" in drawn:
        wave_XS = _warp(wave_XS, drawn, samples(front_end, frames))
    if "reverb" in drawn:
        wave_XS = _reverb(wave_XS, drawn["reverb"], drawn["noise_seed"], front_end.rate)
    if "noise" in drawn:
        level_X = (drawn["noise"] * wave_XS.square().mean(1)).sqrt()
        wave_XS = wave_XS + level_X[:, None] * white(drawn["noise_seed"], wave_XS.shape[1])
    if "polarity" in drawn:
        wave_XS = wave_XS * drawn["polarity"][:, None]
    if "gain" in drawn:
        wave_XS = wave_XS * drawn["gain"].sqrt()[:, None]
    mel_XFT = masked(_heard(wave_XS, front_end), drawn)
    return mel_XFT.reshape(*shape, *mel_XFT.shape[1:])


def white(seed_X: Tensor, count: int) -> Tensor:
    """Return white noise of power 1, uniform, (X, count): a hash of seed and place."""
    place_S = _mix32(torch.arange(count, device=seed_X.device))
    bits_XS = _mix32(place_S ^ _mix32(seed_X.long())[:, None])
    return (bits_XS.double() / (MASK_32 / 2) - 1).float() * math.sqrt(3)


def _mix32(x: Tensor) -> Tensor:
    """As `seeding.mix32`; products stay below 2⁶³."""
    x = ((x ^ (x >> 16)) * 0x21F0AAAD) & MASK_32
    x = ((x ^ (x >> 15)) * 0x735A2D97) & MASK_32
    return x ^ (x >> 15)


def _warp(wave_XS: Tensor, drawn: dict[str, Tensor], wanted: int) -> Tensor:
    """Stretch time and shift pitch: the vocoder changes duration, resampling duration and pitch."""
    stretch_X = drawn.get("stretch", torch.ones(len(wave_XS), device=wave_XS.device))
    if "pitch" not in drawn:
        return vocoder(wave_XS, stretch_X, wanted)
    ratio_X = torch.ones_like(stretch_X)
    for semitones, (above, below) in RATIOS.items():
        ratio_X = torch.where(drawn["pitch"] == semitones, above / below, ratio_X)
    longest = math.ceil(wanted * max(above / below for above, below in RATIOS.values())) + HOP
    longer_XS = vocoder(wave_XS, stretch_X / ratio_X, longest)
    found_XS = longer_XS[:, :wanted].clone()
    for semitones, (above, below) in RATIOS.items():
        rows = (drawn["pitch"] == semitones).nonzero()[:, 0]
        if len(rows):
            needed = math.ceil(wanted * above / below) + HOP
            shifted = torchaudio.functional.resample(longer_XS[rows, :needed], above, below)
            found_XS[rows] = shifted[:, :wanted]
    return found_XS


def vocoder(wave_XS: Tensor, rate_X: Tensor, wanted: int) -> Tensor:
    """Return `wanted` samples of each waveform played at its own rate (2: in half the time), its pitch kept.

    `torchaudio.functional.phase_vocoder` with a rate a row. Behind the end of a waveform there is silence.
    """
    window = torch.hann_window(WINDOW, device=wave_XS.device)
    spectrum_XFT = torch.stft(wave_XS, WINDOW, HOP, window=window, return_complex=True)
    last = spectrum_XFT.shape[2]
    at_XJ = torch.arange(wanted // HOP + 2, device=wave_XS.device) * rate_X[:, None]
    left_XJ = at_XJ.long().clamp(max=last)
    share_X1J = (at_XJ - left_XJ).clamp(0, 1)[:, None]
    padded = torch.nn.functional.pad(spectrum_XFT, (0, 2))
    index = left_XJ[:, None].expand(-1, spectrum_XFT.shape[1], -1)
    before, after = padded.gather(2, index), padded.gather(2, index + 1)
    bins = torch.arange(spectrum_XFT.shape[1], device=wave_XS.device)[:, None]
    expected = bins * (2 * math.pi * HOP / WINDOW)
    turn = after.angle() - before.angle() - expected
    turn = turn - 2 * math.pi * (turn / (2 * math.pi)).round() + expected
    phase = torch.cat([spectrum_XFT[..., :1].angle(), turn[..., :-1]], 2).cumsum(2)
    magnitude = torch.lerp(before.abs(), after.abs(), share_X1J)
    return torch.istft(torch.polar(magnitude, phase), WINDOW, HOP, window=window, length=wanted)


def _reverb(wave_XS: Tensor, seconds_X: Tensor, seed_X: Tensor, rate: int) -> Tensor:
    """Give half of the energy to a tail of noise that has fallen by 60 dB after so many seconds; 0 adds none."""
    count = round(LONGEST_TAIL_SECONDS * rate)
    time_K = torch.arange(count, device=wave_XS.device) / rate
    fall_XK = torch.exp(-math.log(1e3) * time_K / seconds_X.clamp(min=1e-3)[:, None])
    tail_XK = white(seed_X + SEEDS, count) * fall_XK
    tail_XK[:, 0] = 0
    tail_XK = tail_XK / tail_XK.square().sum(1, keepdim=True).sqrt()
    tail_XK[:, 0] = 1
    heard_XS = torchaudio.functional.fftconvolve(wave_XS, tail_XK / math.sqrt(2))[:, : wave_XS.shape[1]]
    return torch.where(seconds_X[:, None] > 0, heard_XS, wave_XS)
