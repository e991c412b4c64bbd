"""Front ends: filter banks and whole log-mels against formulas written down anew, closed forms of tones and silence."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pairmine import registry as folders
from pairmine.errors import UsageError
from trainer import registry
from trainer.features import extraction as features
from trainer.frontends import FrontEnd

ROOT = Path(__file__).resolve().parents[2]
NAMES = folders.names("frontends", "trainer")
OF_AUDIO = [name for name in NAMES if registry.network("frontends", name).reads == "audio"]
RATE = 16_000


def build(name: str) -> FrontEnd:
    return registry.build("frontends", name)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def slaney_mel(hertz: float) -> float:
    """Linear below 1 kHz, 15 to the kHz; then 27 steps to a factor of 6.4 (Slaney's Auditory Toolbox)."""
    return hertz * 3 / 200 if hertz < 1_000 else 15 + 27 * math.log(hertz / 1_000) / math.log(6.4)


def slaney_hertz(mel: float) -> float:
    return mel * 200 / 3 if mel < 15 else 1_000 * 6.4 ** ((mel - 15) / 27)


def htk_mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def htk_hertz(mel: float) -> float:
    return 700 * (10 ** (mel / 2595) - 1)


def triangles(to_mel, to_hertz, bands: int, low: float, high: float, *, area_one: bool) -> np.ndarray:
    """Return triangles over Hz, band by band and bin by bin."""
    first, last = to_mel(low), to_mel(high)
    edges = [to_hertz(first + (last - first) * i / (bands + 1)) for i in range(bands + 2)]
    bank = np.zeros((257, bands))
    for band, (left, centre, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        for bin_ in range(257):
            hertz = bin_ * RATE / 512
            height = max(0.0, min((hertz - left) / (centre - left), (right - hertz) / (right - centre)))
            bank[bin_, band] = height * (2 / (right - left) if area_one else 1)
    return bank


def vggish_bank() -> np.ndarray:
    """Return triangles over mel, as published with the weights of VGGish."""
    bank = np.zeros((257, 64))
    edges = np.linspace(htk_mel(125), htk_mel(7_500), 66)
    for band in range(64):
        for bin_ in range(1, 257):
            mel = htk_mel(bin_ * RATE / 512)
            rising = (mel - edges[band]) / (edges[band + 1] - edges[band])
            falling = (edges[band + 2] - mel) / (edges[band + 2] - edges[band + 1])
            bank[bin_, band] = max(0.0, min(rising, falling))
    return bank


BANKS = {
    "musicnn": lambda: triangles(slaney_mel, slaney_hertz, 96, 0, 8_000, area_one=True),
    "playlists": lambda: triangles(slaney_mel, slaney_hertz, 96, 0, 8_000, area_one=True),
    "strategies": lambda: triangles(htk_mel, htk_hertz, 96, 0, 8_000, area_one=False),
    "vggish": vggish_bank,
}
# window, hop, power, logarithm
REFERENCES = {
    "musicnn": (512, 256, 2, lambda x: np.log10(1 + 10_000 * x)),
    "playlists": (512, 188, 2, lambda x: np.log10(1 + 10_000 * x)),
    "strategies": (512, 256, 2, lambda x: np.log(x + 1e-6)),
    "vggish": (400, 160, 1, lambda x: np.log(x + 0.01)),
}


def reference(name: str, wave: np.ndarray) -> np.ndarray:
    """Return log-mels (bands, frames), frame by frame in double precision."""
    window, hop, power, log = REFERENCES[name]
    padded = np.pad(wave.astype(np.float64), 256, mode="reflect")
    hann = np.zeros(512)
    begin = (512 - window) // 2
    hann[begin : begin + window] = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(window) / window)
    bank = BANKS[name]()
    frames = range(0, len(wave) + 1, hop)
    columns = [np.abs(np.fft.rfft(padded[at : at + 512] * hann)) ** power @ bank for at in frames]
    return log(np.stack(columns, axis=1))


@pytest.mark.parametrize("name", BANKS)
def test_the_filter_bank_is_that_of_the_formula(name: str) -> None:
    bank, expected = build(name).filter_bank().numpy(), BANKS[name]()
    assert bank.shape == expected.shape
    np.testing.assert_allclose(bank, expected, rtol=0, atol=2e-5 * expected.max())


@pytest.mark.parametrize("name", BANKS)
@pytest.mark.parametrize("samples", [5_120, 12_345])
def test_log_mels_are_those_of_a_plain_reference(name: str, samples: int) -> None:
    wave = noise(samples)
    wave[samples // 2 :] *= 0.001
    found = build(name)(torch.from_numpy(wave)[None])[0].numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, reference(name, wave), rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "frames"), [("musicnn", 188), ("playlists", 256), ("strategies", 188), ("vggish", 301)]
)
def test_three_seconds_are_the_frames_of_the_papers(name: str, frames: int) -> None:
    model = build(name)
    assert model(torch.zeros(2, 3 * RATE)).shape == (2, model.bands, frames)


@pytest.mark.parametrize("name", ["musicnn", "playlists", "strategies"])
def test_a_tone_at_the_middle_of_a_bin_has_its_closed_form(name: str) -> None:
    """Hann spreads amplitude A at bin k to (A·N/4)² there and a quarter of it in both neighbours."""
    model, amplitude, k = build(name), 0.5, 40
    tone = amplitude * torch.sin(2 * math.pi * k / 512 * torch.arange(RATE, dtype=torch.float64))
    middle = model.mel(tone.float()[None])[0, :, 20]
    peak = (amplitude * 512 / 4) ** 2
    bank = torch.from_numpy(BANKS[name]())
    expected = peak * (bank[k] + (bank[k - 1] + bank[k + 1]) / 4)
    torch.testing.assert_close(middle.double(), expected, rtol=1e-4, atol=1e-4 * peak * float(bank.max()))


@pytest.mark.parametrize(
    ("name", "value"),
    [("musicnn", 0.0), ("playlists", 0.0), ("strategies", math.log(1e-6)), ("vggish", math.log(0.01))],
)
def test_silence_has_its_closed_form(name: str, value: float) -> None:
    mel = build(name)(torch.zeros(1, 4_096))
    torch.testing.assert_close(mel, torch.full_like(mel, value))


@pytest.mark.parametrize("name", OF_AUDIO)
def test_mel_bands_grow_with_the_power_of_the_paper(name: str) -> None:
    model, wave = build(name), torch.from_numpy(noise(8_192))[None]
    torch.testing.assert_close(model.mel(3 * wave), 3**model.power * model.mel(wave))


@pytest.mark.parametrize("name", NAMES)
@given(value=st.floats(0, 1e5, width=32))
def test_expand_undoes_compress(name: str, value: float) -> None:
    model = build(name)
    mel = torch.full((1, 1, 1), value + (1e-6 if name == "melon" else 0), dtype=torch.float64)
    torch.testing.assert_close(model.expand(model.compress(mel)), mel, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", OF_AUDIO)
@pytest.mark.parametrize("samples", [300, 4_096, 30_001])
def test_a_long_waveform_cut_in_chunks_gives_the_same(name: str, samples: int, monkeypatch) -> None:
    model, wave = build(name), noise(samples)
    monkeypatch.setattr(features, "CHUNK_FRAMES", 7)
    whole = model(torch.from_numpy(wave)[None])[0].T.numpy()
    np.testing.assert_allclose(features.log_mels(model, wave), whole, rtol=1e-5, atol=1e-5)


def test_settings_tell_front_ends_apart_and_are_json() -> None:
    settings = [json.dumps(build(name).settings | {"name": ""}, sort_keys=True) for name in NAMES]
    assert len(set(settings)) == len(NAMES)
    assert [build(name).settings["name"] for name in NAMES] == NAMES


def test_melon_takes_no_audio() -> None:
    with pytest.raises(UsageError, match="not audio"):
        build("melon")(torch.zeros(1, 9_000))


def run(code: str, path: Path = ROOT) -> str:
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": f"{path}:{ROOT}", "PATH": ""}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()


@pytest.mark.parametrize("error", ["OSError('undefined symbol')", "RuntimeError('other CUDA')", ""])
def test_torchaudio_is_used_without_a_compiled_part_that_does_not_fit(error: str, tmp_path: Path) -> None:
    made_up = {
        "__init__.py": "from . import _extension\nfrom ._extension import HAS_LIBRARY",
        "_extension/__init__.py": "from .utils import load\nHAS_LIBRARY = load()",
        "_extension/utils.py": (
            "from pathlib import Path\n_LIB_DIR = Path(__file__).parent.parent / 'lib'\n"
            f"def load():\n    found = list(_LIB_DIR.glob('*.so'))\n    if found and {error!r}: raise {error or None}\n"
            "    return bool(found)"
        ),
        "lib/_torchaudio.so": "",
    }
    for name, text in made_up.items():
        path = tmp_path / "torchaudio" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    used = run("from trainer._torchaudio import torchaudio as t; print(t.HAS_LIBRARY, t.__file__)", tmp_path)
    assert used == f"{not error} {tmp_path / 'torchaudio' / '__init__.py'}"


def test_a_missing_torchaudio_is_named() -> None:
    code = (
        "import sys; sys.modules['torchaudio'] = None\n"
        "from pairmine.failures import translate\n"
        "try: import trainer._torchaudio\n"
        "except ModuleNotFoundError as error: print(translate(error))"
    )
    assert "needs torchaudio: run `pip install" in run(code)
