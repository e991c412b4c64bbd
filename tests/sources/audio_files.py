"""Small audio files for tests: headers and tags are real, the music is silence or missing."""

import wave
from pathlib import Path
from typing import Any

import mutagen.flac
import mutagen.id3
import mutagen.wave

RATE = 8_000


def write_wav(path: Path, milliseconds: int = 250, **frames: Any) -> Path:
    """Write silence with ID3 frames, e.g. TIT2="title"; several values as a list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, RATE, 0, "NONE", ""))
        file.writeframes(bytes([128]) * (RATE * milliseconds // 1000))
    audio = mutagen.wave.WAVE(path)
    if frames:
        audio.add_tags()
        for name, text in frames.items():
            kind, _, description = name.partition("_")
            more = {"desc": description.replace("_", " ")} if description else {}
            audio.tags.add(getattr(mutagen.id3, kind)(encoding=3, text=text, **more))
        audio.save()
    return path


def write_flac(path: Path, milliseconds: int = 1_500, **comments: Any) -> Path:
    """Write a FLAC header that promises so much music in stereo, and Vorbis comments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = RATE * milliseconds // 1000
    rate_channels_bits_samples = (RATE << 44) | (1 << 41) | (15 << 36) | samples
    info = (4096).to_bytes(2, "big") * 2 + bytes(6) + rate_channels_bits_samples.to_bytes(8, "big") + bytes(16)
    path.write_bytes(b"fLaC\x80" + len(info).to_bytes(3, "big") + info)
    if comments:
        audio = mutagen.flac.FLAC(path)
        audio.update(comments)
        audio.save()
    return path
