"""The contract of front ends. Every check takes the class."""

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Check = Callable[[type[Any]], None]


def settings_are_json(kind: type[Any]) -> None:
    """Built without arguments, it tells all its parameters as manifests keep them."""
    settings = kind().settings
    assert json.loads(json.dumps(settings)) == settings and settings["name"] == kind.__name__.lower()


def expand_undoes_compress(kind: type[Any]) -> None:
    """Mels behind the logarithm can be brought back, to be mixed."""
    front_end = kind()
    mel_BFT = torch.logspace(-5, 5, 200, dtype=torch.float64)[None, None]
    torch.testing.assert_close(front_end.expand(front_end.compress(mel_BFT)), mel_BFT, rtol=1e-6, atol=1e-9)


def frames_follow_from_the_hop(kind: type[Any]) -> None:
    """S samples give 1 + S // hop frames of `bands` bands, in single precision."""
    if (front_end := _of_audio(kind)) is None:
        return
    for samples in (4_096, 9_001):
        mel_BFT = front_end(_waves(samples))
        assert mel_BFT.shape == (3, front_end.bands, 1 + samples // front_end.hop) and mel_BFT.dtype == torch.float32


def full_scale_and_silence_fit_half_precision_and_rows_do_not_mix(kind: type[Any]) -> None:
    """Full scale, noise and silence give finite halves, each the same alone as beside the others."""
    if (front_end := _of_audio(kind)) is None:
        return
    wave_BS = _waves(9_000)
    mel_BFT = front_end(wave_BS)
    assert mel_BFT.half().isfinite().all()
    for wave_S, mel_FT in zip(wave_BS, mel_BFT, strict=True):
        torch.testing.assert_close(front_end(wave_S[None])[0], mel_FT, rtol=1e-5, atol=1e-5)


def autocast_does_not_coarsen(kind: type[Any]) -> None:
    """Under autocast it computes in single precision all the same."""
    if (front_end := _of_audio(kind)) is None:
        return
    wave_BS = _waves(8_192)
    with torch.autocast("cpu", torch.bfloat16):
        found = front_end(wave_BS)
    torch.testing.assert_close(found, front_end(wave_BS), rtol=0, atol=0)


CHECKS: tuple[Check, ...] = (
    settings_are_json,
    expand_undoes_compress,
    frames_follow_from_the_hop,
    full_scale_and_silence_fit_half_precision_and_rows_do_not_mix,
    autocast_does_not_coarsen,
)


def _of_audio(kind: type[Any]) -> Any:
    """Return the front end, or None if its mels are shipped and cannot be computed."""
    front_end = kind()
    return front_end if front_end.reads == "audio" else None


def _waves(samples: int) -> Tensor:
    noise_S = torch.randn(samples, generator=torch.Generator().manual_seed(0)) / 10
    return torch.stack([noise_S.sign(), noise_S, torch.zeros(samples)])
