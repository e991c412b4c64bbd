"""Audio files as mono waveforms: decoded by libsndfile (wav, flac, ogg, mp3, …), mixed down, resampled by soxr."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

Wave = npt.NDArray[np.float32]

SILENT_PEAK = 1e-3  # -60 dBFS
RATES = (2_000, 768_000)  # what else a header says is no music
BLOCK_SAMPLES = 1 << 20


class UnusableError(Exception):
    """Audio that nothing can be learned from; says why, and at which sample of the file."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.position = position


def read(path: Path, rate: int, seconds: float | None = None, shortest: float = 0.0) -> Wave:
    """Return a file as mono in [-1, 1] at `rate` samples a second, of shape (samples,).

    With `seconds`, only so much from its middle. Channels are averaged.

    Raises:
        UnusableError: it cannot be decoded, is silent (peak under -60 dBFS), lasts less than `shortest` seconds, or
            holds numbers that are none.
    """
    wave, own_rate = _decode(path, seconds)
    if len(wave) < shortest * own_rate:
        raise UnusableError(f"too short: {len(wave) / own_rate:.2f} s, {shortest:g} s are wanted")
    finite = np.isfinite(wave)
    if not finite.all():
        raise UnusableError("not finite", int(np.argmin(finite)))
    if np.abs(wave).max(initial=0) < SILENT_PEAK:
        raise UnusableError("silent: no sample above -60 dBFS")
    resampled: Wave = soxr.resample(wave, own_rate, rate)
    return resampled


def _decode(path: Path, seconds: float | None) -> tuple[Wave, int]:
    """Return the middle of a file, mixed down, and its own sample rate."""
    try:
        with soundfile.SoundFile(os.fsencode(path)) as file:
            if not RATES[0] <= file.samplerate <= RATES[1]:
                raise UnusableError(f"sample rate of {file.samplerate:,} Hz")
            wanted = file.frames if seconds is None else min(file.frames, round(seconds * file.samplerate))
            if wanted < file.frames:
                file.seek((file.frames - wanted) // 2)
            return _mixed_down(file, wanted), file.samplerate
    except (soundfile.SoundFileRuntimeError, OSError, ValueError) as error:
        raise UnusableError(_reason(error)) from error


def _mixed_down(file: soundfile.SoundFile, wanted: int) -> Wave:
    """Return the mean of the channels of the next samples: as many as there are, whatever the header promised."""
    parts: list[Wave] = []
    frames = max(BLOCK_SAMPLES // file.channels, 1)
    while wanted > 0:
        block: Wave = file.read(min(wanted, frames), dtype="float32", always_2d=True)
        if not len(block):
            break
        parts.append(block[:, 0] if block.shape[1] == 1 else block.mean(axis=1))
        wanted -= len(block)
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _reason(error: Exception) -> str:
    """Return why in words, without the path: rejects must not depend on where the files lie."""
    if isinstance(error, soundfile.LibsndfileError):
        return f"cannot be decoded: {error.error_string}"
    return f"cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}"
