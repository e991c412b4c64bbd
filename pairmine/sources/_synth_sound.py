"""What a track of the synthetic world sounds like: a few bars of melody, chords, bass and drums from its factors.

Taste is timbre: eight numbers set the slope of the harmonics, their odd and even ones, attack, decay, how loud and how
dark the drums are, the beating of two oscillators, and the bass. Tempo, keynote, minor and register are what they say.
Melody, loudness, equalisation and hiss are the track's own and tell nothing of its taste.

Only sums, products and quotients touch the samples, so no machine's sine or exponential can change a bit of them.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pairmine import seeding

Floats = npt.NDArray[np.float64]

RATE = 16_000
TABLE = 2048  # samples of a period
HARMONICS = 24
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
PROGRESSIONS = {False: (0, 4, 5, 3), True: (0, 5, 2, 6)}  # steps of the scale, one a bar
TURN = 1 << 32  # a period in the units of phases


class Sound(NamedTuple):
    """A track's factors (`truth_tracks`), and the stream of what is its own."""

    taste: tuple[float, ...]
    tempo: float
    tonic: int
    minor: bool
    register: float
    stream: int


class Timbre(NamedTuple):
    """What taste decides; times in samples."""

    wave: Floats
    attack: float
    decay: float
    drums: float
    hold: int
    beating: float
    bass: float


def timbre(taste: tuple[float, ...]) -> Timbre:
    """Return the timbre of a taste: every number of it sets one thing, between its bounds."""
    share = [round(1 / (1 + math.exp(-value)), 4) for value in taste]
    return Timbre(
        wave=_period(slope=2.4 - 2.0 * share[0], even=share[1]),
        attack=RATE * (0.004 + 0.15 * share[2] ** 2),
        decay=RATE * (0.08 + 1.2 * share[3] ** 2),
        drums=0.9 * share[4] ** 2,
        hold=1 + int(11 * share[5]),
        beating=0.012 * share[6],
        bass=0.2 + 0.9 * share[7],
    )


def _period(slope: float, even: float) -> Floats:
    """Return one period of a tone whose harmonics fall by `slope`, the even ones `even` times as loud."""
    angles = np.arange(TABLE) * (2 * math.pi / TABLE)
    wave = np.zeros(TABLE)
    for harmonic in range(1, HARMONICS + 1):
        level = round(harmonic**-slope, 6) * (1 if harmonic % 2 else even)
        wave += level * np.round(np.sin(harmonic * angles), 6)
    period: Floats = wave / np.abs(wave).max()
    return period


def render(sound: Sound, seconds: float) -> npt.NDArray[np.int16]:
    """Return a track as 16-bit samples, `RATE` a second."""
    tone = timbre(sound.taste)
    own = np.random.Generator(np.random.PCG64(sound.stream))
    mix = np.zeros(round(seconds * RATE))
    beat = 60 * RATE / sound.tempo
    bars = math.ceil(len(mix) / (4 * beat))
    scale = MINOR if sound.minor else MAJOR
    first = int(own.integers(4))
    for bar in range(bars):
        root = PROGRESSIONS[sound.minor][(bar + first) % 4]
        begin = 4 * bar * beat
        for step in (root, root + 2, root + 4):
            _play(mix, tone, begin, 4 * beat, _pitch(sound, scale, step, -12), 0.35)
        for half in (0, 2):
            _play(mix, tone, begin + half * beat, 2 * beat, _pitch(sound, scale, root, -24), tone.bass)
        for eighth in range(8):
            step = root + int(own.integers(-3, 7))
            if own.random() < 0.75:
                _play(mix, tone, begin + eighth * beat / 2, beat, _pitch(sound, scale, step, 0), 0.7)
        for quarter in range(4):
            _hit(mix, tone, begin + quarter * beat, own)
    return _mastered(mix, own)


def _pitch(sound: Sound, scale: tuple[int, ...], step: int, shift: int) -> float:
    """Return the note of a step of the scale, its keynote being the nearest to the track's register."""
    keynote = sound.tonic + 12 * round((sound.register - sound.tonic) / 12)
    octave, degree = divmod(step, len(scale))
    return keynote + shift + 12 * octave + scale[degree]


def _play(mix: Floats, tone: Timbre, begin: float, length: float, pitch: float, level: float) -> None:
    """Add a note: two oscillators, the second a little sharp."""
    start = int(begin)
    time = np.arange(max(min(int(length), len(mix) - start), 0))
    period = 440 * 2 ** ((pitch - 69) / 12) / RATE * TURN
    envelope = np.minimum(time / tone.attack, 1) * np.minimum((length - time) / 200, 1)
    envelope /= (1 + time / tone.decay) * (1 + time / tone.decay)
    for sharp in (1.0, 1 + tone.beating):
        phase = time * round(period * sharp) & (TURN - 1)
        mix[start : start + len(time)] += (level / 2) * envelope * tone.wave[phase * TABLE // TURN]


def _hit(mix: Floats, tone: Timbre, begin: float, own: np.random.Generator) -> None:
    """Add a drum: noise that dies away, darker the longer each value is held."""
    start, length = int(begin), RATE // 5
    noise = np.repeat(own.integers(-32768, 32768, length // tone.hold + 1) / 32768, tone.hold)[:length]
    time = np.arange(max(min(length, len(mix) - start), 0))
    fade = 1 / (1 + time / 300)
    mix[start : start + len(time)] += tone.drums * noise[: len(time)] * fade * fade


def _mastered(mix: Floats, own: np.random.Generator) -> npt.NDArray[np.int16]:
    """Return the mix with an equalisation, a hiss and a loudness of its own."""
    tilt, hiss, peak = 1.2 * own.random() - 0.6, 0.01 * own.random(), 0.3 + 0.6 * own.random()
    mix[1:] += tilt * mix[:-1]
    mix += hiss * own.integers(-32768, 32768, len(mix)) / 32768
    samples: npt.NDArray[np.int16] = np.round(mix * (peak * 32767 / np.abs(mix).max())).astype(np.int16)
    return samples


def own_stream(seed: int, key: str) -> int:
    """Return the stream of what is a track's own."""
    return seeding.stream(seed, "synth", "sound", key)
